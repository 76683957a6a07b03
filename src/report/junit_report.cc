// JUnit XML as continuous-integration servers read it: one test case a file.
#include <fmt/format.h>

#include "base/escape.h"
#include "report/writers.h"

namespace saiph::report {

namespace {

/// Inside a double-quoted attribute: line ends would be normalised away, so they are made visible.
std::string attribute(std::string_view text) {
  std::string out;
  for (const char c : escape_markup(text)) {
    if (c == '\n') {
      out += "&#10;";
    } else if (c == '\t') {
      out += "&#9;";
    } else {
      out += c;
    }
  }
  return out;
}

class JunitReport final : public ReportWriter {
 public:
  explicit JunitReport(Sink& sink) : sink_(&sink) {}

  Status begin(const RunInfo& run) override {
    run_ = run;
    return {};
  }

  Status file(const FileReport& report) override {
    ++tests_;
    std::uint64_t over = 0;
    for (const Finding& finding : report.findings)
      over += fails_gate(finding, run_.fail_on) ? 1 : 0;
    const bool incomplete = !report.reasons.empty();
    std::string text =
        fmt::format("  <testcase name=\"{0}\" classname=\"saiph.scan\" file=\"{0}\" time=\"0\"",
                    attribute(report.path));
    if (report.findings.empty() && !incomplete) return cases_.append(text + "/>\n");
    text += ">\n";
    // One child that decides, as the readers of this format expect; the rest stands in system-out.
    if (over > 0) {
      ++failures_;
      text += fmt::format("    <failure type=\"findings\" message=\"{} at or over {}\">",
                          over == 1 ? "1 finding" : fmt::format("{} findings", over),
                          name_of(run_.fail_on));
      append_findings(text, report, true);
      append_reasons(text, report);
      text += "</failure>\n";
    } else if (incomplete && !run_.allow_incomplete) {
      ++errors_;
      text += fmt::format("    <error type=\"{}\" message=\"{}\">",
                          attribute(report.reasons.front().code),
                          attribute("not fully examined: " + report.reasons.front().message));
      append_reasons(text, report);
      text += "</error>\n";
    }
    std::string rest;
    append_findings(rest, report, false);
    if (over == 0 && run_.allow_incomplete) append_reasons(rest, report);
    if (!rest.empty()) text += "    <system-out>" + rest + "</system-out>\n";
    text += "  </testcase>\n";
    return cases_.append(text);
  }

  Status end(const ScanSummary& summary) override {
    const std::string counts =
        fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\"", tests_, failures_,
                    errors_, summary.seconds);
    // The readers' schema wants a local date and time without a zone.
    std::string timestamp = summary.started_at;
    if (timestamp.ends_with('Z')) timestamp.pop_back();
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    text += fmt::format("<testsuites name=\"saiph scan\" {}>\n", counts);
    text += fmt::format(" <testsuite name=\"saiph scan\" {} skipped=\"0\" timestamp=\"{}\">\n",
                        counts, attribute(timestamp));
    text += "  <properties>\n";
    const auto property = [&](std::string_view name, std::string_view value) {
      text += fmt::format("   <property name=\"{}\" value=\"{}\"/>\n", name, attribute(value));
    };
    property("program", run_.program + " " + run_.version);
    property("rules_version", run_.rules_version);
    property("mode", run_.full ? "full" : "fast");
    property("fail_on", name_of(run_.fail_on));
    property("allow_incomplete", run_.allow_incomplete ? "true" : "false");
    property("exit_code", std::to_string(summary.exit_code));
    property("exit_meaning", exit_meaning(summary.exit_code));
    for (const std::string& warning : run_.warnings) property("warning", warning);
    text += "  </properties>\n";
    SAIPH_CHECK(sink_->write(text));
    SAIPH_CHECK(cases_.flush(*sink_));
    return sink_->write(" </testsuite>\n</testsuites>\n");
  }

 private:
  void append_findings(std::string& text, const FileReport& report, bool over) const {
    for (const Finding& finding : report.findings) {
      if (fails_gate(finding, run_.fail_on) != over) continue;
      std::string line = fmt::format("{} {}: {}", name_of(finding.severity), finding.rule->id,
                                     finding.rule->title);
      if (!finding.detail.empty()) line += ": " + finding.detail;
      line += " [" + finding.location.path;
      if (const std::string place = place_of(finding.location); !place.empty())
        line += ", " + place;
      line += "]";
      if (!finding.suppressed_by.empty()) line += " (suppressed: " + finding.suppressed_by + ")";
      text += escape_markup(escape_terminal(line)) + "\n";
      if (over) {
        text += escape_markup(fmt::format("  what to do: {}\n", finding.rule->remedy));
      }
    }
    if (over && report.findings_dropped > 0) {
      text += fmt::format("and {} further findings of the same rules\n", report.findings_dropped);
    }
  }

  static void append_reasons(std::string& text, const FileReport& report) {
    for (const IncompleteReason& reason : report.reasons) {
      std::string line = fmt::format("not fully examined: {}: {} [{}", reason.code, reason.message,
                                     reason.location.path);
      if (const std::string place = place_of(reason.location); !place.empty()) line += ", " + place;
      text += escape_markup(escape_terminal(line + "]")) + "\n";
    }
  }

  Sink* sink_;
  RunInfo run_;
  Later cases_;
  std::uint64_t tests_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t errors_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_junit_writer(Sink& sink) {
  return std::make_unique<JunitReport>(sink);
}

}  // namespace saiph::report
