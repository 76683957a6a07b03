// The writers behind make_writer, and the pieces that several of them share. For this room only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "codec/json/json_writer.h"
#include "report/report_writer.h"

namespace saiph::report {

std::unique_ptr<ReportWriter> make_text_writer(Sink& sink, const WriterOptions& options);
std::unique_ptr<ReportWriter> make_json_writer(Sink& sink);
std::unique_ptr<ReportWriter> make_jsonl_writer(Sink& sink);
std::unique_ptr<ReportWriter> make_sarif_writer(Sink& sink);
std::unique_ptr<ReportWriter> make_junit_writer(Sink& sink);
std::unique_ptr<ReportWriter> make_html_writer(Sink& sink);

/// The rule's references and then the occurrence's own, without repetition.
std::vector<std::string_view> references_of(const Finding& finding);

/// Findings that a gate would count: stable rule, not suppressed, at or over the threshold.
bool fails_gate(const Finding& finding, Severity fail_on);

/// "offset 42 (0x2a)", "line 7", "layers/3", joined by ", "; empty for a whole file. Not escaped.
std::string place_of(const Location& location);
/// The part of location.path behind the file's own path: "archive/data.pkl"; empty for the file
/// itself. Not escaped.
std::string_view member_of(const Location& location, std::string_view file_path);

/// What the exit code says, one sentence.
std::string_view exit_meaning(int exit_code);
/// "3 critical, 1 high"; "nothing" when all are zero.
std::string severities_text(const ScanSummary& summary);
/// What a scan of this mode looks at, one clause.
std::string_view mode_text(bool full);
/// Plain words for a stable incomplete code; the code itself when it is not known.
std::string_view reason_text(std::string_view code);
/// The sentence that stands below every human report.
std::string_view limits_of_a_scan();
/// The rules of a file's findings, each once, worst first, in the order of their first finding.
struct RuleGroup {
  const Rule* rule;
  Severity worst;
  std::vector<const Finding*> findings;
};
std::vector<RuleGroup> group_by_rule(const std::vector<Finding>& findings);

// JSON shared by json and jsonl (and the location by sarif's properties).
void write_run(codec::JsonWriter& json, const RunInfo& run);         ///< members of an open object
void write_file(codec::JsonWriter& json, const FileReport& report);  ///< one object
void write_summary(codec::JsonWriter& json, const ScanSummary& summary);  ///< members, as write_run

/// Text collected until the end of the report, in memory and then in a temporary file.
class Later {
 public:
  Status append(std::string_view text) { return spool_.append(as_bytes(text)); }
  /// Copies everything to the sink; the object is empty afterwards.
  Status flush(Sink& sink);

 private:
  Spool spool_;
};

}  // namespace saiph::report
