#include "app/scan_recorder.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "app/ledger_access.h"
#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "crypto/key_file.h"
#include "ledger/content_store.h"
#include "ledger/format/statement.h"

namespace saiph::app {

namespace {

constexpr int kExitDone = 0;
constexpr int kExitFindings = 1;
constexpr int kExitUsage = 2;
constexpr int kExitIncomplete = 3;
constexpr int kExitInternal = 4;
/// Subjects beyond this, as JSON, stand in the report only, whose digest is then the subject: an
/// envelope holds 60 KiB of base64.
constexpr std::size_t kSubjectBytes = 24U << 10;
/// What a subject takes besides its name: a digest, keys, punctuation.
constexpr std::size_t kSubjectFrameBytes = 120;
/// Another scan may be recording: its turn is short.
constexpr std::chrono::seconds kLockPatience{10};

struct CloseFile {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): this is the owner's deleter
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

/// The child's copy of the report.
class FileSink final : public report::Sink {
 public:
  explicit FileSink(std::FILE* file) : file_(file) {}
  Status write(std::string_view bytes) override {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
      return Error(ErrorCode::kUnavailable, "the copy of the report cannot be written");
    }
    return {};
  }

 private:
  std::FILE* file_;
};

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
                               std::uint64_t size, int exit_code) {
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
  for (const char* name : {"critical", "high", "medium", "low", "info"}) {
    json.member(name, rows.number(std::string("by_severity/") + name));
  }
  json.end_object();
  json.member("subjects", each ? "files" : "report");
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

Result<LedgerAccess> open_patiently(const RecordOptions& options) {
  const auto end = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    auto access = open_ledger(options.ledger, options.passphrase_file);
    if (access || access.error().code() != ErrorCode::kDenied ||
        std::chrono::steady_clock::now() > end) {
      return access;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

/// Whether the ledger is there and its key can be had, before time is spent on a scan.
Status check_ledger(const RecordOptions& options) {
  ledger::DiskFolder folder(options.ledger);
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(folder));
  if (settings.key.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a copy of a ledger cannot be written to");
  }
  const std::string place = key_place(options.ledger, settings.key);
  if (place.starts_with("pkcs11:")) return {};
  SAIPH_TRY(const bool sealed, crypto::key_file_at_is_sealed(place));
  if (sealed && options.passphrase_file.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the ledger's key is sealed: --passphrase-file FILE unseals it");
  }
  return {};
}

struct Recorded {
  ledger::Receipt receipt;
  Status closed;  ///< what failed after the entry was on disk
};

Result<Recorded> record_report(const RecordOptions& options, std::FILE* report, int exit_code) {
  // The descriptor is the parent's own; what the child wrote is read by position.
  const int copy = ::dup(::fileno(report));
  if (copy < 0) return Error(ErrorCode::kUnavailable, "the report cannot be read");
  FileHandle handle(copy);
  const ::off_t size = ::lseek(handle.get(), 0, SEEK_END);
  if (size < 0) return Error(ErrorCode::kUnavailable, "the report cannot be read");
  const FileSource source(std::move(handle), static_cast<std::uint64_t>(size));
  ReportRows rows;
  SAIPH_CHECK(read_rows(source, rows));
  SAIPH_TRY(LedgerAccess access, open_patiently(options));
  SAIPH_TRY(const Digest body, ledger::put_content(*access.folder, source));
  const bool each = rows.all_subjects() && rows.files() != 0;
  auto receipt = record(access, statement_of(rows, each, body, source.size(), exit_code));
  // Names of files come from whoever made them: none may keep a scan from being recorded.
  if (!receipt && each &&
      (receipt.error().code() == ErrorCode::kLimit ||
       receipt.error().code() == ErrorCode::kInvalidArgument)) {
    receipt = record(access, statement_of(rows, false, body, source.size(), exit_code));
  }
  if (!receipt) return receipt.error();
  return Recorded{*receipt, access.ledger->close()};
}

}  // namespace

int record_scan(const RecordOptions& options, std::ostream& out, std::ostream& err,
                const std::function<int(report::Sink&)>& scan) {
  if (const Status ready = check_ledger(options); !ready) {
    err << "saiph: --record: " << escape_terminal(ready.error().describe()) << "\n";
    return kExitUsage;
  }
  const TemporaryFile report(std::tmpfile());
  if (!report) {
    err << "saiph: --record: no temporary file can be made\n";
    return kExitUsage;
  }
  out.flush();
  err.flush();
  const ::pid_t child = ::fork();
  if (child < 0) {
    err << "saiph: --record: no process can be started: " << system_message(errno) << "\n";
    return kExitInternal;
  }
  if (child == 0) {
    FileSink sink(report.get());
    int code = scan(sink);
    out.flush();
    err.flush();
    if (std::fflush(report.get()) != 0 && code == kExitDone) code = kExitIncomplete;
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) {
    err << fmt::format("saiph: the scan ended by signal {}; nothing was recorded\n",
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return kExitInternal;
  }
  const int code = WEXITSTATUS(status);
  if (code == kExitUsage) return code;
  const auto recorded = record_report(options, report.get(), code);
  if (!recorded) {
    err << "saiph: the report was not recorded: " << escape_terminal(recorded.error().describe())
        << "\n";
    return code == kExitDone ? kExitIncomplete : code;
  }
  if (!options.quiet) {
    err << fmt::format("saiph: recorded as entry {} of {}\n", recorded->receipt.index,
                       escape_terminal(options.ledger));
  }
  if (!recorded->closed) {
    err << "saiph: warning: recorded, but the ledger could not be closed: "
        << escape_terminal(recorded->closed.error().describe()) << "\n";
  }
  return code;
}

}  // namespace saiph::app
