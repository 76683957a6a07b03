// ReportWriter: the rows of a scan, as they come, in one of the report formats.
//
// docs/formats/scan-report.md describes every key and code. Texts of a report's nouns are raw bytes
// of hostile input; each writer escapes them for its own format.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "domain/finding.h"
#include "domain/severity.h"
#include "report/format.h"
#include "report/sink.h"

namespace saiph::report {

/// What is known before the first file: who scans, with which rules and settings.
struct RunInfo {
  std::string program = "saiph";
  std::string version;
  std::string rules_version;  ///< of the rule catalogue
  std::size_t rule_count = 0;
  std::vector<std::string> arguments;  ///< as typed
  std::string started_at;              ///< RFC 3339, UTC
  bool full = true;                    ///< false: --fast
  Severity fail_on = Severity::kHigh;
  bool allow_incomplete = false;
  std::string digest_mode = "auto";  ///< "auto", "always", "never"
  Limits limits;
  std::string policy;        ///< name of the policy file; empty: none
  std::string suppressions;  ///< name of the suppressions file; empty: none
  std::string baseline;      ///< name of the baseline report; empty: none
  /// Rules that the policy switched off (their findings stay visible, suppressed) or graded anew.
  std::vector<std::string> rules_off;
  std::vector<std::pair<std::string, Severity>> severities;
  /// What the reader of the report must know: expired suppressions and the like.
  std::vector<std::string> warnings;
};

struct WriterOptions {
  bool colour = false;   ///< text: ANSI colours
  unsigned width = 100;  ///< text: columns, at least 40
  bool verbose = false;  ///< text: also files without findings, meaning and references
};

/// Call begin once, file for every file in order, end once; what was written so far is not a valid
/// report before end. Memory does not grow with the number of files (html and junit keep theirs in
/// a temporary file until end). Errors: those of the sink; kUnavailable when a temporary file
/// cannot be made. After an error the writer must not be used. One thread at a time.
class ReportWriter {
 public:
  virtual ~ReportWriter() = default;
  virtual Status begin(const RunInfo& run) = 0;
  virtual Status file(const FileReport& report) = 0;
  virtual Status end(const ScanSummary& summary) = 0;
};

/// The sink must outlive the writer.
std::unique_ptr<ReportWriter> make_writer(Format format, Sink& sink,
                                          const WriterOptions& options = {});

}  // namespace saiph::report
