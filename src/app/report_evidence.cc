#include "app/report_evidence.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "ledger/content_store.h"

namespace saiph::app {

namespace {

/// Subjects beyond this, as JSON, stand in the report only, whose digest is then the subject: an
/// envelope holds 60 KiB of base64.
constexpr std::size_t kSubjectBytes = 24U << 10;
/// What a subject takes besides its name: a digest, keys, punctuation.
constexpr std::size_t kSubjectFrameBytes = 120;
constexpr std::array<std::string_view, 5> kSeverities = {"critical", "high", "medium", "low",
                                                         "info"};

/// What a statement needs of a report's rows: names and digests of files, scalars of the summary by
/// their path ("summary/files"). The rows come from a process that read hostile bytes.
class ReportRows final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t /*offset*/) override { return enter(); }
  bool on_array_begin(std::uint64_t /*offset*/) override { return enter(); }
  bool on_object_end() override { return leave(); }
  bool on_array_end() override { return leave(); }
  bool on_key(std::string_view key, std::uint64_t /*offset*/) override {
    if (depth_ <= kDepth) keys_[depth_] = shorten(key, kMaxText);
    return true;
  }
  bool on_string(std::string_view value, std::uint64_t /*offset*/) override {
    return scalar(value, true);
  }
  bool on_number(std::string_view text, std::uint64_t /*offset*/) override {
    return scalar(text, false);
  }
  bool on_bool(bool value, std::uint64_t /*offset*/) override {
    return scalar(value ? "true" : "false", false);
  }

  const std::vector<ledger::Subject>& subjects() const { return subjects_; }
  std::uint64_t files() const { return files_; }
  bool all_subjects() const { return subjects_.size() == files_; }
  bool complete() const { return !summary_.empty(); }
  /// Text of a scalar of the summary, or "".
  std::string_view text(const std::string& path) const {
    const auto it = summary_.find(path);
    return it == summary_.end() ? std::string_view() : std::string_view(it->second);
  }
  std::uint64_t number(const std::string& path) const {
    std::uint64_t value = 0;
    for (const char c : text(path)) {
      if (c < '0' || c > '9' || value > (UINT64_MAX - 9) / 10) break;
      value = value * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return value;
  }

 private:
  static constexpr std::size_t kDepth = 3;
  static constexpr std::size_t kMaxText = 4096;        // of a name
  static constexpr std::size_t kMaxSummaryText = 256;  // of a scalar of the summary

  bool enter() {
    ++depth_;
    if (depth_ <= kDepth) keys_[depth_].clear();
    return true;
  }
  bool leave() {
    if (--depth_ == 0) end_row();
    return true;
  }
  bool scalar(std::string_view value, bool is_string) {
    if (depth_ == 1 && keys_[1] == "path") path_ = shorten(value, kMaxText);
    if (depth_ == 1 && keys_[1] == "digest" && is_string) digest_ = Digest::parse(value);
    if (depth_ >= 2 && depth_ <= kDepth && keys_[1] == "summary") {
      std::string place = keys_[2];
      if (depth_ == 3) place += "/" + keys_[3];
      summary_[place] = shorten(value, kMaxSummaryText);
    }
    return true;
  }
  void end_row() {
    if (keys_[1] == "summary") return;
    ++files_;
    if (digest_ && bytes_ < kSubjectBytes) {
      // A name is longer in JSON than here, up to six times.
      std::string escaped;
      append_json(escaped, path_);
      bytes_ += escaped.size() + kSubjectFrameBytes;
      if (bytes_ <= kSubjectBytes) subjects_.push_back(ledger::Subject::of(path_, *digest_));
    }
    path_.clear();
    digest_.reset();
  }

  std::size_t depth_ = 0;
  std::array<std::string, kDepth + 1> keys_;
  std::string path_;
  std::optional<Digest> digest_;
  std::vector<ledger::Subject> subjects_;
  std::size_t bytes_ = 0;
  std::uint64_t files_ = 0;
  std::map<std::string, std::string> summary_;
};

Status read_rows(const ByteSource& report, ReportRows& rows) {
  SourceReader reader(report);
  while (!reader.at_end()) {
    // A budget for each row: the number of files is not limited.
    Budget budget{Limits::strict()};
    SAIPH_TRY(const bool whole, codec::parse_json(reader, rows, budget, {.allow_trailing = true}));
    ByteView end;
    if (!whole || !reader.take(1, end) || end[0] != '\n') {
      return Error(ErrorCode::kMalformed, "the report is cut off");
    }
  }
  if (!rows.complete()) return Error(ErrorCode::kMalformed, "the report has no summary");
  return {};
}

/// About each file (`each`), or about the report alone.
ledger::Statement statement_of(const ReportRows& rows, bool each, const Digest& body,
                               std::uint64_t size, int exit_code, const ReportOrigin& origin) {
  ledger::Statement statement;
  statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kScanReport);
  if (each) {
    statement.subjects = rows.subjects();
  } else {
    statement.subjects.push_back(ledger::Subject::of("scan report", body));
  }
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("tool", rows.text("program/name"));
  json.member("version", rows.text("program/version"));
  json.member("rules", rows.text("rules/version"));
  json.member("started_at", rows.text("started_at"));
  json.member("mode", rows.text("settings/mode"));
  json.member("fail_on", rows.text("settings/fail_on"));
  json.member("exit_code", exit_code);
  for (const char* name :
       {"files", "files_clean", "files_with_findings", "files_incomplete", "suppressed", "bytes"}) {
    json.member(name, rows.number(name));
  }
  json.object("by_severity");
  for (const std::string_view name : kSeverities) {
    json.member(name, rows.number("by_severity/" + std::string(name)));
  }
  json.end_object();
  json.member("subjects", each ? "files" : "report");
  if (!origin.job.empty()) json.member("job", origin.job);
  if (!origin.actor.empty()) json.member("actor", origin.actor);
  if (origin.upload) json.member("source", "upload");
  json.array("content");
  json.begin_object();
  json.member("name", "report.jsonl");
  json.member("mediaType", "application/jsonl");
  json.object("digest");
  const std::string text = body.text();
  json.member("sha256", std::string_view(text).substr(text.find(':') + 1));
  json.end_object();
  json.object("annotations");
  json.member("size", size);
  json.end_object();
  json.end_object();
  json.end_array();
  json.end_object();
  return statement;
}

ReportFigures figures_of(const ReportRows& rows) {
  ReportFigures figures;
  figures.files = rows.number("files");
  figures.bytes = rows.number("bytes");
  figures.clean = rows.number("files_clean");
  figures.with_findings = rows.number("files_with_findings");
  figures.incomplete = rows.number("files_incomplete");
  for (const std::string_view name : kSeverities) {
    if (const auto severity = parse_severity(name)) {
      figures.by_severity.at(static_cast<std::size_t>(*severity)) =
          rows.number("by_severity/" + std::string(name));
    }
  }
  return figures;
}

}  // namespace

Verdict ReportFigures::verdict() const {
  if (with_findings != 0) return Verdict::kFindings;
  return incomplete != 0 || files == 0 ? Verdict::kIncomplete : Verdict::kClean;
}

Result<RecordedReport> record_report(ledger::Folder& folder, const ByteSource& report,
                                     int exit_code, const ReportOrigin& origin,
                                     const RecordStatement& record) {
  ReportRows rows;
  SAIPH_CHECK(read_rows(report, rows));
  SAIPH_TRY(const Digest body, ledger::put_content(folder, report));
  const bool each = rows.all_subjects() && rows.files() != 0;
  auto receipt = record(statement_of(rows, each, body, report.size(), exit_code, origin));
  // Names of files come from whoever made them: none may keep a scan from being recorded.
  if (!receipt && each &&
      (receipt.error().code() == ErrorCode::kLimit ||
       receipt.error().code() == ErrorCode::kInvalidArgument)) {
    receipt = record(statement_of(rows, false, body, report.size(), exit_code, origin));
  }
  if (!receipt) return receipt.error();
  return RecordedReport{*receipt, body, figures_of(rows)};
}

}  // namespace saiph::app
