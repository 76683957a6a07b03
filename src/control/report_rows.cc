#include "control/report_rows.h"

#include <array>
#include <charconv>
#include <string_view>

#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/limits.h"
#include "codec/json/json.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxText = 2048;
constexpr std::size_t kMaxShortText = 128;
constexpr std::size_t kMaxTypes = 32;
constexpr std::size_t kMaxReferences = 32;
/// What a finding takes besides its texts.
constexpr std::size_t kFindingFrame = 512;

/// Depths: 1 the row, 2 its arrays, 3 an element, 4 an element's location or references.
class Rows final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t /*offset*/) override { return enter(); }
  bool on_array_begin(std::uint64_t /*offset*/) override { return enter(); }
  bool on_object_end() override { return leave(); }
  bool on_array_end() override { return leave(); }
  bool on_key(std::string_view key, std::uint64_t /*offset*/) override {
    if (depth_ <= kDepth) keys_[depth_] = key.substr(0, kMaxShortText);
    if (depth_ == 1 && key == "summary") summary_ = true;
    return true;
  }
  bool on_duplicate_key(std::string_view /*key*/, std::uint64_t offset) override {
    error_ = Error(ErrorCode::kMalformed, "a key stands twice in the report", offset);
    return false;
  }
  bool on_string(std::string_view value, std::uint64_t /*offset*/) override {
    if (!summary_) text(value);
    return true;
  }
  bool on_number(std::string_view value, std::uint64_t /*offset*/) override {
    if (!summary_) number(value);
    return true;
  }

  void begin_row() {
    file_ = ReportedFile();
    bytes_ = 0;
    depth_ = 0;
    for (std::string& key : keys_) key.clear();
    verdict_ = path_ = false;
  }
  ReportedFile& file() { return file_; }
  bool is_summary() const { return summary_; }
  bool is_file() const { return verdict_ && path_; }
  const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr std::size_t kDepth = 4;

  bool enter() {
    ++depth_;
    if (depth_ <= kDepth) keys_[depth_].clear();
    if (depth_ == 3 && in("findings")) finding_ = ReportedFinding();
    if (depth_ == 3 && in("reasons")) ++file_.reasons;
    return true;
  }
  bool leave() {
    if (depth_ == 3 && in("findings")) end_finding();
    --depth_;
    return true;
  }
  bool in(std::string_view array) const { return keys_[1] == array && !summary_; }

  static std::string cut(std::string_view value, std::size_t max) {
    return shorten(to_valid_utf8(value.substr(0, 4 * max)), max);
  }

  void text(std::string_view value) {
    if (depth_ == 1) return row_text(value);
    if (depth_ == 2 && in("types") && file_.types.size() < kMaxTypes) {
      file_.types.push_back(cut(value, kMaxShortText));
    }
    if (!in("findings")) return;
    if (depth_ == 3) return finding_text(value);
    if (depth_ != 4) return;
    if (keys_[3] == "references" && finding_.references.size() < kMaxReferences) {
      finding_.references.push_back(cut(value, kMaxShortText));
    }
    if (keys_[3] != "location") return;
    if (keys_[4] == "path") finding_.path = cut(value, kMaxPath);
    if (keys_[4] == "part") finding_.part = cut(value, kMaxText);
  }
  void row_text(std::string_view value) {
    const std::string& key = keys_[1];
    if (key == "path") {
      file_.path = cut(value, kMaxPath);
      path_ = true;
    } else if (key == "digest") {
      file_.digest = Digest::parse(value);
    } else if (key == "verdict") {
      const auto verdict = parse_verdict(value);
      file_.verdict = verdict.value_or(Verdict::kIncomplete);
      verdict_ = verdict.has_value();
    }
  }
  void finding_text(std::string_view value) {
    const std::string& key = keys_[3];
    if (key == "rule") {
      finding_.rule = cut(value, kMaxShortText);
    } else if (key == "title") {
      finding_.title = cut(value, kMaxText);
    } else if (key == "severity") {
      finding_.severity = parse_severity(value).value_or(Severity::kCritical);
    } else if (key == "detail") {
      finding_.detail = cut(value, kMaxText);
    } else if (key == "excerpt") {
      finding_.excerpt = cut(value, kMaxText);
    } else if (key == "fingerprint") {
      finding_.fingerprint = cut(value, kMaxShortText);
    } else if (key == "suppressed_by") {
      finding_.suppressed_by = cut(value, kMaxText);
    }
  }
  void number(std::string_view value) {
    std::uint64_t parsed = 0;
    const auto result = std::from_chars(value.begin(), value.end(), parsed);
    if (result.ec != std::errc() || result.ptr != value.end() || parsed > INT64_MAX) return;
    if (depth_ == 1 && keys_[1] == "size") file_.size = parsed;
    if (depth_ == 1 && keys_[1] == "findings_dropped") file_.findings_dropped = parsed;
    if (depth_ == 4 && in("findings") && keys_[3] == "location") {
      if (keys_[4] == "offset") finding_.offset = parsed;
      if (keys_[4] == "line") finding_.line = parsed;
    }
  }
  void end_finding() {
    std::size_t bytes = kFindingFrame + finding_.rule.size() + finding_.title.size() +
                        finding_.path.size() + finding_.part.size() + finding_.detail.size() +
                        finding_.excerpt.size() + finding_.suppressed_by.size();
    for (const std::string& reference : finding_.references) bytes += reference.size() + 32;
    bytes_ += bytes;
    if (bytes_ > kMaxRowBytes || finding_.rule.empty()) {
      file_.cut = true;
    } else {
      file_.findings.push_back(std::move(finding_));
    }
    finding_ = ReportedFinding();
  }

  std::size_t depth_ = 0;
  std::array<std::string, kDepth + 1> keys_;
  ReportedFile file_;
  ReportedFinding finding_;
  std::size_t bytes_ = 0;
  bool summary_ = false;
  bool verdict_ = false;
  bool path_ = false;
  std::optional<Error> error_;
};

}  // namespace

Status read_report(const ByteSource& report, const std::function<Status(ReportedFile&)>& take) {
  if (report.size() > kMaxReportBytes) {
    return Error(ErrorCode::kLimit, "the report is longer than 1 GiB");
  }
  SourceReader reader(report);
  Rows rows;
  while (!reader.at_end()) {
    // A budget for each row: the number of files is not limited.
    Budget budget{Limits::strict()};
    const std::uint64_t begin = reader.offset();
    rows.begin_row();
    SAIPH_TRY(const bool whole, codec::parse_json(reader, rows, budget, {.allow_trailing = true}));
    if (!whole) {
      return rows.error().value_or(Error(ErrorCode::kInternal, "a row stopped without a reason"));
    }
    ByteView end;
    if (!reader.take(1, end) || end[0] != '\n') {
      return Error(ErrorCode::kMalformed, "the report is cut off", begin);
    }
    if (rows.is_summary()) {
      if (reader.at_end()) return {};
      return Error(ErrorCode::kMalformed, "the report goes on after its end", reader.offset());
    }
    if (!rows.is_file()) {
      return Error(ErrorCode::kMalformed, "a row has no path or verdict", begin);
    }
    SAIPH_CHECK(take(rows.file()));
  }
  return Error(ErrorCode::kMalformed, "the report has no summary: it was cut off");
}

}  // namespace saiph::control
