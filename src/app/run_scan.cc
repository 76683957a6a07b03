#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include "app/progress_display.h"
#include "app/scan_recorder.h"
#include "app/scan_request.h"
#include "base/byte_reader.h"
#include "base/escape.h"
#include "base/file.h"
#include "detect/rules.h"
#include "policy/baseline.h"
#include "policy/fingerprint.h"
#include "policy/scan_policy.h"
#include "policy/suppressions.h"
#include "report/report_writer.h"
#include "sandbox/confine.h"
#include "scan/service.h"

namespace saiph::app {

namespace {

constexpr int kExitNothingFound = 0;
constexpr int kExitFindings = 1;
constexpr int kExitUsage = 2;
constexpr int kExitIncomplete = 3;
constexpr int kExitInternal = 4;

// The leak checker of a sanitised build traces its own process at exit, which the confinement
// kills.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitised = true;
#else
constexpr bool kSanitised = false;
#endif

/// Policies and suppressions are written by people; a larger file is a mistake.
constexpr std::uint64_t kSettingsBytes = 4U << 20;

struct Settings {
  scan::ServiceOptions service;
  policy::ScanPolicy policy;
  std::optional<policy::Suppressions> suppressions;
  std::optional<policy::Baseline> baseline;
  Severity fail_on = Severity::kHigh;
  bool allow_incomplete = false;
};

Result<Bytes> read_settings(const std::string& path) {
  auto file = FileSource::open(path);
  if (!file) return file.error().wrap(path);
  auto bytes = read_all(**file, kSettingsBytes);
  if (!bytes) return bytes.error().wrap(path);
  return std::move(*bytes);
}

std::chrono::year_month_day today() {
  return std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

scan::DigestMode digest_mode(DigestMode mode) {
  switch (mode) {
    case DigestMode::kAlways:
      return scan::DigestMode::kAlways;
    case DigestMode::kNever:
      return scan::DigestMode::kNever;
    case DigestMode::kAuto:
      break;
  }
  return scan::DigestMode::kAuto;
}

std::string digest_mode_name(DigestMode mode) {
  switch (mode) {
    case DigestMode::kAlways:
      return "always";
    case DigestMode::kNever:
      return "never";
    case DigestMode::kAuto:
      break;
  }
  return "auto";
}

/// Everything that can be wrong with what the user gave, before a file is opened.
Result<Settings> read_all_settings(const ScanRequest& request) {
  Settings settings;
  if (request.paths.empty())
    return Error(ErrorCode::kInvalidArgument,
                 "nothing to scan: name at least one file or folder, or - for standard input");
  for (const std::string& path : request.paths) {
    struct stat status{};
    if (path != "-" && ::lstat(path.c_str(), &status) != 0) {
      return Error(ErrorCode::kInvalidArgument, "no such file or folder: " + escape_terminal(path));
    }
  }
  if (!request.policy_file.empty()) {
    SAIPH_TRY(const Bytes bytes, read_settings(request.policy_file));
    SAIPH_TRY(settings.policy, policy::parse_policy(bytes, request.policy_file, rules::all()));
  }
  Limits limits = Limits::strict();
  for (const LimitSetting& setting : settings.policy.limits)
    SAIPH_CHECK(set_limit(limits, setting));
  for (const LimitSetting& setting : request.limits) SAIPH_CHECK(set_limit(limits, setting));
  if (!request.suppress_file.empty()) {
    SAIPH_TRY(const Bytes bytes, read_settings(request.suppress_file));
    SAIPH_TRY(settings.suppressions,
              policy::parse_suppressions(bytes, request.suppress_file, rules::all(), today()));
    if (settings.suppressions->needs_digests() && request.digest == DigestMode::kNever) {
      return Error(
          ErrorCode::kInvalidArgument,
          request.suppress_file +
              " has rows by digest, which --digest never leaves without effect: use --digest auto");
    }
  }
  if (!request.baseline_file.empty()) {
    auto file = FileSource::open(request.baseline_file);
    if (!file) return file.error().wrap(request.baseline_file);
    Budget budget(limits);
    SAIPH_TRY(settings.baseline, policy::load_baseline(**file, request.baseline_file, budget));
  }
  settings.fail_on = request.fail_on.value_or(settings.policy.fail_on.value_or(Severity::kHigh));
  settings.allow_incomplete =
      request.allow_incomplete.value_or(settings.policy.allow_incomplete.value_or(false));
  settings.service.engine.limits = limits;
  settings.service.engine.trust = {settings.policy.trusted_modules,
                                   settings.policy.trusted_classes};
  settings.service.engine.full = !request.fast;
  if (request.record && request.digest == DigestMode::kNever) {
    return Error(ErrorCode::kInvalidArgument,
                 "--record needs digests: evidence names the bytes that it is about");
  }
  // Evidence is about exact bytes, of clean files too.
  settings.service.engine.digest =
      digest_mode(request.record ? DigestMode::kAlways : request.digest);
  settings.service.walk = {request.include, request.exclude};
  settings.service.jobs =
      request.jobs != 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
  return settings;
}

report::RunInfo run_info(const ScanRequest& request, const Settings& settings) {
  report::RunInfo run;
  run.version = SAIPH_VERSION;
  run.rules_version = std::string(rules::catalogue_version());
  run.rule_count = rules::all().size();
  run.arguments = request.arguments;
  run.started_at = utc_now();
  run.full = !request.fast;
  run.fail_on = settings.fail_on;
  run.allow_incomplete = settings.allow_incomplete;
  run.digest_mode = digest_mode_name(request.record ? DigestMode::kAlways : request.digest);
  run.limits = settings.service.engine.limits;
  run.policy = request.policy_file;
  run.suppressions = request.suppress_file;
  run.baseline = request.baseline_file;
  for (const auto& grade : settings.policy.grades) {
    if (grade.severity) {
      run.severities.emplace_back(grade.rule->id, *grade.severity);
    } else {
      run.rules_off.emplace_back(grade.rule->id);
    }
  }
  if (settings.suppressions) run.warnings = settings.suppressions->expired();
  return run;
}

report::WriterOptions writer_options(const ScanRequest& request, bool to_stdout) {
  report::WriterOptions options;
  options.verbose = request.verbose;
  const bool terminal = to_stdout && ::isatty(STDOUT_FILENO) == 1;
  const char* no_colour =
      std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): before any thread
  options.colour =
      request.colour == ColourMode::kAlways || (request.colour == ColourMode::kAuto && terminal &&
                                                (no_colour == nullptr || *no_colour == '\0'));
  struct winsize size{};
  if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
    options.width = size.ws_col;
  return options;
}

/// Rows come in, are judged by the policy, counted and written.
class Delivery {
 public:
  Delivery(Settings& settings, report::ReportWriter& writer)
      : settings_(settings), writer_(writer) {}

  /// False when the report cannot be written any more.
  bool take(FileReport report) {
    settings_.policy.apply(report);
    if (Status stamped = policy::stamp_fingerprints(report); !stamped) {
      report.reasons.push_back({"internal", stamped.error().describe(), {report.path, {}, {}, {}}});
    }
    if (settings_.baseline) settings_.baseline->apply(report);
    if (settings_.suppressions) settings_.suppressions->apply(report);
    report.verdict = verdict_of(report);
    count(report);
    status_ = writer_.file(report);
    return status_.has_value();
  }

  ScanSummary& summary() { return summary_; }
  const Status& status() const { return status_; }

 private:
  void count(const FileReport& report) {
    ++summary_.files;
    summary_.artefacts += report.artefacts;
    summary_.bytes += report.size;
    if (report.verdict == Verdict::kClean) ++summary_.clean;
    if (report.verdict == Verdict::kFindings) ++summary_.with_findings;
    if (!report.reasons.empty()) ++summary_.incomplete;
    for (const Finding& finding : report.findings) {
      if (!finding.suppressed_by.empty()) {
        ++summary_.suppressed;
        continue;
      }
      ++summary_.by_severity[static_cast<std::size_t>(finding.severity)];
      const bool stable = finding.rule->maturity == Maturity::kStable;
      summary_.failed = summary_.failed || (stable && finding.severity >= settings_.fail_on);
    }
  }

  Settings& settings_;
  report::ReportWriter& writer_;
  ScanSummary summary_;
  Status status_;
};

/// Every row to two writers: the report that was asked for, and the copy that is recorded.
class TwoWriters final : public report::ReportWriter {
 public:
  TwoWriters(std::unique_ptr<report::ReportWriter> first,
             std::unique_ptr<report::ReportWriter> second)
      : first_(std::move(first)), second_(std::move(second)) {}
  Status begin(const report::RunInfo& run) override {
    SAIPH_CHECK(first_->begin(run));
    return second_->begin(run);
  }
  Status file(const FileReport& report) override {
    SAIPH_CHECK(first_->file(report));
    return second_->file(report);
  }
  Status end(const ScanSummary& summary) override {
    SAIPH_CHECK(first_->end(summary));
    return second_->end(summary);
  }

 private:
  std::unique_ptr<report::ReportWriter> first_;
  std::unique_ptr<report::ReportWriter> second_;
};

/// A file that standard input was redirected from, when nothing of it was read yet: it can be read
/// by position where it is.
std::shared_ptr<const ByteSource> standard_input_file() {
  struct stat status{};
  if (::fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  if (::lseek(STDIN_FILENO, 0, SEEK_CUR) != 0) return nullptr;
  FileHandle copy(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (copy.get() < 0) return nullptr;
  return std::make_shared<FileSource>(std::move(copy), static_cast<std::uint64_t>(status.st_size));
}

/// A pipe has no length and no second reading: it is spooled under the byte limit first.
FileReport scan_standard_input(const ScanRequest& request, const Settings& settings) {
  if (const auto file = standard_input_file()) {
    return scan::scan_source(file, request.stdin_name, settings.service.engine);
  }
  Spool spool;
  Bytes block(SourceReader::kWindowBytes);
  while (true) {
    const ::ssize_t n = ::read(STDIN_FILENO, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return scan::unreadable(request.stdin_name,
                              Error(ErrorCode::kUnavailable, "cannot read standard input"));
    if (n == 0) break;
    if (spool.size() + static_cast<std::uint64_t>(n) >
        settings.service.engine.limits.inflated_bytes) {
      return scan::unreadable(
          request.stdin_name,
          Error(ErrorCode::kLimit, "standard input is over the limit of --max-inflated"));
    }
    if (Status kept = spool.append(ByteView(block).first(static_cast<std::size_t>(n))); !kept) {
      return scan::unreadable(request.stdin_name, kept.error());
    }
  }
  auto source = spool.finish();
  if (!source) return scan::unreadable(request.stdin_name, source.error());
  return scan::scan_source(*source, request.stdin_name, settings.service.engine);
}

int exit_code(const ScanSummary& summary, bool allow_incomplete) {
  if (summary.failed) return kExitFindings;
  if (summary.incomplete != 0 && !allow_incomplete) return kExitIncomplete;
  return kExitNothingFound;
}

void confine_process(const ScanRequest& request, std::ostream& err) {
  const char* spool = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): before any thread
  // Standard input is open already: then no file has to be.
  const bool only_input = std::all_of(request.paths.begin(), request.paths.end(),
                                      [](const std::string& path) { return path == "-"; });
  const auto confinement =
      sandbox::confine({.writable_folders = {spool != nullptr && *spool != '\0' ? spool : "/tmp"},
                        .read_nothing_else = only_input});
  if (request.quiet) return;
  if (!confinement) {
    err << "saiph: warning: the process could not be confined ("
        << escape_terminal(confinement.error().describe()) << ")\n";
  } else if (!confinement->system_calls) {
    err << "saiph: warning: this kernel does not confine system calls; scanning without\n";
  }
}

/// `copy` (may be null) gets the report as JSON Lines too.
int scan_and_report(const ScanRequest& request, Settings& settings, std::ostream& out,
                    std::ostream& err, report::Sink* copy) {
  const bool to_stdout = request.output.empty() || request.output == "-";
  std::ofstream file;
  if (!to_stdout) {
    file.open(request.output, std::ios::binary | std::ios::trunc);
    if (!file) {
      err << "saiph: cannot write the report to " << escape_terminal(request.output)
          << "; does the folder exist?\n";
      return kExitUsage;
    }
  }
  std::ostream& stream = to_stdout ? out : file;
  report::StreamSink sink(stream);
  auto writer = report::make_writer(request.format, sink, writer_options(request, to_stdout));
  if (copy != nullptr) {
    writer = std::make_unique<TwoWriters>(std::move(writer),
                                          report::make_writer(report::Format::kJsonl, *copy));
  }
  const report::RunInfo run = run_info(request, settings);
  // The text report on standard output says it itself.
  if (!request.quiet && !(to_stdout && request.format == report::Format::kText)) {
    for (const std::string& warning : run.warnings)
      err << "saiph: warning: " << escape_terminal(warning) << "\n";
  }
  // A reader that closes the pipe early must end in a message and an exit code, not in a signal.
  (void)std::signal(SIGPIPE, SIG_IGN);  // cannot fail for this signal
  if (request.confine && !kSanitised) confine_process(request, err);

  const auto started = std::chrono::steady_clock::now();
  Delivery delivery(settings, *writer);
  Status written = writer->begin(run);
  if (written) {
    scan::Progress progress;
    std::optional<ProgressDisplay> display;
    if (!request.quiet && ::isatty(STDERR_FILENO) == 1) display.emplace(progress, err);
    std::vector<std::string> paths;
    bool going = true;
    for (const std::string& path : request.paths) {
      if (path != "-") {
        paths.push_back(path);
      } else {
        going = going && delivery.take(scan_standard_input(request, settings));
      }
    }
    if (going) {
      scan::scan_paths(paths, settings.service, progress,
                       [&](FileReport report) { return delivery.take(std::move(report)); });
    }
    written = delivery.status();
  }
  ScanSummary& summary = delivery.summary();
  summary.started_at = run.started_at;
  summary.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  summary.full = !request.fast;
  summary.fail_on = settings.fail_on;
  summary.exit_code =
      summary.files == 0 ? kExitIncomplete : exit_code(summary, settings.allow_incomplete);
  if (written) written = writer->end(summary);
  stream.flush();
  if (written && !stream)
    written =
        Error(ErrorCode::kUnavailable, "the output cannot be written (disk full, pipe closed)");
  if (!written) {
    err << "saiph: the report is not complete: " << escape_terminal(written.error().describe())
        << "\n";
    return summary.failed ? kExitFindings : kExitIncomplete;
  }
  if (summary.files == 0 && !request.quiet) {
    err << "saiph: no file matched; nothing was scanned\n";
  }
  if (settings.suppressions && !request.quiet) {
    for (const std::string& warning : settings.suppressions->unused())
      err << "saiph: warning: " << warning << "\n";
  }
  return summary.exit_code;
}

}  // namespace

int run_scan(const ScanRequest& request, std::ostream& out, std::ostream& err) {
  try {
    auto settings = read_all_settings(request);
    if (!settings) {
      err << "saiph: " << settings.error().describe() << "\n";
      return kExitUsage;
    }
    if (!request.record) return scan_and_report(request, *settings, out, err, nullptr);
    return record_scan(
        {request.ledger, request.passphrase_file, request.quiet}, out, err,
        [&](report::Sink& copy) { return scan_and_report(request, *settings, out, err, &copy); });
  } catch (const std::exception& thrown) {
    err << "saiph: internal error: " << escape_terminal(thrown.what()) << "\n";
    return kExitInternal;
  }
}

}  // namespace saiph::app
