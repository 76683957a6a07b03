// One self-contained page for people who were not there: no script, no request to anywhere, light
// and dark, on paper and at 390 pixels. Every text of input goes through escape_markup.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/escape.h"
#include "base/human.h"
#include "report/html_style.h"
#include "report/writers.h"

namespace saiph::report {

namespace {

// Rows of the list of files in which nothing was found; a browser has to hold the page. The json
// and jsonl reports list all.
constexpr std::uint64_t kFilesListed = 2000;

std::string_view initial_upper(Severity severity) {
  constexpr std::string_view kNames[] = {"Info", "Low", "Medium", "High", "Critical"};
  return kNames[static_cast<std::size_t>(severity)];
}

/// A name or sentence on one line: line ends and doubtful characters become visible.
std::string one_line(std::string_view text) {
  return escape_markup(escape_terminal(text));
}

/// "2026-11-23 12:00:00 UTC" of an RFC 3339 time.
std::string readable_time(std::string_view time) {
  std::string out(time);
  if (out.size() > 10 && out[10] == 'T') out[10] = ' ';
  if (out.ends_with('Z')) out.replace(out.size() - 1, 1, " UTC");
  return out;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

class HtmlReport final : public ReportWriter {
 public:
  explicit HtmlReport(Sink& sink) : sink_(&sink) {}

  Status begin(const RunInfo& run) override {
    run_ = run;
    return {};
  }

  Status file(const FileReport& report) override {
    if (!report.reasons.empty()) SAIPH_CHECK(keep_incomplete(report));
    if (!report.findings.empty()) return keep_findings(report);
    if (report.reasons.empty()) return keep_nothing_found(report);
    return {};
  }

  Status end(const ScanSummary& summary) override {
    SAIPH_CHECK(write_head(summary));
    if (files_with_findings_ > 0) {
      SAIPH_CHECK(sink_->write("<section><h2 id=\"findings\">Findings</h2>\n"));
      SAIPH_CHECK(write_rule_table());
      SAIPH_CHECK(findings_.flush(*sink_));
      SAIPH_CHECK(sink_->write("</section>\n"));
    }
    SAIPH_CHECK(sink_->write("<section><h2 id=\"not-checked\">What was not checked</h2>\n"));
    if (incomplete_files_ > 0) {
      SAIPH_CHECK(sink_->write(
          fmt::format("<p>{} could not be examined to the end. Nothing is known about the parts "
                      "named here.</p>\n<ul class=\"reasons\">\n",
                      counted(incomplete_files_, "file"))));
      SAIPH_CHECK(incomplete_.flush(*sink_));
      SAIPH_CHECK(sink_->write("</ul>\n"));
    }
    SAIPH_CHECK(write_limits());
    SAIPH_CHECK(sink_->write("</section>\n"));
    if (nothing_found_ > 0) {
      SAIPH_CHECK(sink_->write(fmt::format(
          "<section><h2 id=\"nothing-found\">Files in which nothing was found</h2>\n"
          "<p>{} examined to the end with {} rules. That is what was checked, not a promise about "
          "the files.</p>\n<details><summary>Show the list</summary>\n<ul class=\"files\">\n",
          nothing_found_ == 1 ? "1 file was" : counted(nothing_found_, "file") + " were",
          run_.rule_count)));
      SAIPH_CHECK(clean_.flush(*sink_));
      SAIPH_CHECK(sink_->write("</ul>\n"));
      if (nothing_found_ > kFilesListed) {
        SAIPH_CHECK(
            sink_->write(fmt::format("<p>and {}; the json and jsonl reports list all.</p>\n",
                                     counted(nothing_found_ - kFilesListed, "more file"))));
      }
      SAIPH_CHECK(sink_->write("</details></section>\n"));
    }
    return write_foot(summary);
  }

 private:
  static std::string where_of(const Location& location, std::string_view path) {
    std::string where(member_of(location, path));
    if (const std::string place = place_of(location); !place.empty()) {
      where += where.empty() ? place : ", " + place;
    }
    return where;
  }

  static std::string facts_of(const FileReport& report) {
    std::string facts;
    for (const std::string& type : report.types) facts += type + ", ";
    facts += format_size(report.size);
    if (report.artefacts > 1) facts += ", " + counted(report.artefacts - 1, "artefact") + " inside";
    return facts;
  }

  static std::string badge(Severity severity) {
    return fmt::format("<span class=\"badge {}\">{}</span>", name_of(severity),
                       initial_upper(severity));
  }

  Status keep_findings(const FileReport& report) {
    ++files_with_findings_;
    std::string text =
        fmt::format("<article><h3>{}</h3>\n<p class=\"facts\">{}{}</p>\n", one_line(report.path),
                    one_line(facts_of(report)),
                    report.digest ? "<br><code>" + report.digest->text() + "</code>" : "");
    for (const RuleGroup& group : group_by_rule(report.findings)) {
      const Rule& rule = *group.rule;
      RuleCount& count = rules_[&rule];
      count.files += 1;
      std::size_t suppressed = 0;
      for (const Finding* finding : group.findings) {
        suppressed += finding->suppressed_by.empty() ? 0 : 1;
        failing_findings_ += fails_gate(*finding, run_.fail_on) ? 1 : 0;
      }
      count.findings += group.findings.size() - suppressed;
      count.suppressed += suppressed;
      count.worst = std::max(count.worst, group.worst);
      const bool muted = suppressed == group.findings.size();
      text += fmt::format(
          "<div class=\"finding {}{}\"><h4>{} {} <span class=\"rule\">{}</span></h4>\n"
          "<p>{}</p>\n<p><strong>What to do.</strong> {}</p>\n<ul class=\"places\">\n",
          name_of(group.worst), muted ? " muted" : "", badge(group.worst),
          escape_markup(rule.title), escape_markup(rule.id), escape_markup(rule.meaning),
          escape_markup(rule.remedy));
      for (const Finding* finding : group.findings) append_place(text, *finding, report);
      text += "</ul>\n<p class=\"references\">";
      for (const std::string_view reference : references_of(*group.findings.front())) {
        text += fmt::format("<span>{}</span> ", escape_markup(reference));
      }
      if (rule.maturity == Maturity::kBeta) text += "<span>beta rule: fails no gate</span>";
      text += "</p></div>\n";
    }
    if (report.findings_dropped > 0) {
      text += fmt::format("<p>and {} of these rules, counted but not kept.</p>\n",
                          counted(report.findings_dropped, "more finding"));
    }
    return findings_.append(text + "</article>\n");
  }

  static void append_place(std::string& text, const Finding& finding, const FileReport& report) {
    text += "<li>";
    const std::string where = where_of(finding.location, report.path);
    if (!where.empty()) text += fmt::format("<span class=\"where\">{}</span> ", one_line(where));
    text += one_line(finding.detail);
    if (finding.severity != finding.rule->severity) {
      text += fmt::format(" <em>(graded {} here)</em>", name_of(finding.severity));
    }
    if (finding.confidence == Confidence::kLow) text += " <em>(low confidence)</em>";
    if (!finding.excerpt.empty()) {
      text += fmt::format("<pre>{}</pre>", escape_markup(finding.excerpt));
    }
    if (!finding.suppressed_by.empty()) {
      text += fmt::format("<p class=\"suppressed\">Suppressed: {}</p>",
                          one_line(finding.suppressed_by));
    }
    text += "</li>\n";
  }

  Status keep_incomplete(const FileReport& report) {
    ++incomplete_files_;
    std::string text = fmt::format("<li><strong>{}</strong><ul>\n", one_line(report.path));
    for (const IncompleteReason& reason : report.reasons) {
      text += fmt::format("<li>{}: ", one_line(reason_text(reason.code)));
      const std::string where = where_of(reason.location, report.path);
      if (!where.empty()) {
        text += fmt::format("<span class=\"where\">{}</span> ", one_line(where));
      }
      text += one_line(reason.message) + "</li>\n";
    }
    return incomplete_.append(text + "</ul></li>\n");
  }

  Status keep_nothing_found(const FileReport& report) {
    if (++nothing_found_ > kFilesListed) return {};
    return clean_.append(fmt::format("<li>{} <span class=\"facts\">{}</span></li>\n",
                                     one_line(report.path), one_line(facts_of(report))));
  }

  struct Headline {
    std::string_view tone;  ///< a class of the style sheet
    std::string text;
  };

  Headline headline(const ScanSummary& summary) const {
    if (summary.exit_code == 1) {
      return {"bad", fmt::format("{} at or over \u201c{}\u201d",
                                 counted(failing_findings_, "finding"), name_of(run_.fail_on))};
    }
    if (summary.exit_code == 0 && summary.with_findings == 0 && incomplete_files_ == 0) {
      return {"none", fmt::format("Nothing found in {}", counted(summary.files, "file"))};
    }
    if (summary.exit_code == 0) {
      return {"none",
              fmt::format("Nothing found at or over \u201c{}\u201d", name_of(run_.fail_on))};
    }
    if (summary.exit_code == 3) return {"open", "Not everything could be examined"};
    return {"open", "The scan did not end as it should"};
  }

  Status write_head(const ScanSummary& summary) {
    const Headline head = headline(summary);
    std::string text = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "style-src 'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<title>Scan report: {}</title>\n<style>{}</style></head>\n<body><main>\n"
        "<header class=\"{}\"><p class=\"kicker\">Scan of AI artefacts</p><h1>{}</h1>\n",
        escape_markup(head.text), kHtmlStyle, head.tone, escape_markup(head.text));
    text += fmt::format(
        "<p>{} and everything inside ({}, {}) were read on {} with {} {}, rule set {}. {}.</p>\n"
        "</header>\n",
        counted(summary.files, "file"), counted(summary.artefacts, "artefact"),
        format_size(summary.bytes), escape_markup(readable_time(summary.started_at)),
        escape_markup(run_.program), escape_markup(run_.version), escape_markup(run_.rules_version),
        escape_markup(first_upper(mode_text(run_.full))));
    text += "<dl class=\"numbers\">\n";
    for (std::size_t i = summary.by_severity.size(); i-- > 0;) {
      const auto severity = static_cast<Severity>(i);
      text += fmt::format("<div class=\"{}{}\"><dt>{}</dt><dd>{}</dd></div>\n", name_of(severity),
                          summary.by_severity[i] == 0 ? " zero" : "", initial_upper(severity),
                          format_count(summary.by_severity[i]));
    }
    text += fmt::format(
        "<div class=\"open{}\"><dt>Not fully checked</dt><dd>{}</dd></div>\n"
        "<div class=\"plain{}\"><dt>Suppressed</dt><dd>{}</dd></div>\n</dl>\n",
        incomplete_files_ == 0 ? " zero" : "", format_count(incomplete_files_),
        summary.suppressed == 0 ? " zero" : "", format_count(summary.suppressed));
    for (const std::string& warning : run_.warnings) {
      text += fmt::format("<p class=\"warning\">{}</p>\n", one_line(warning));
    }
    return sink_->write(text);
  }

  static std::string first_upper(std::string_view text) {
    std::string out(text);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
    return out;
  }

  Status write_rule_table() {
    std::vector<std::pair<const Rule*, RuleCount>> rows(rules_.begin(), rules_.end());
    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
      if (a.second.worst != b.second.worst) return a.second.worst > b.second.worst;
      if (a.second.findings != b.second.findings) return a.second.findings > b.second.findings;
      return a.first->id < b.first->id;
    });
    std::string text =
        "<table><thead><tr><th>What</th><th class=\"n\">Findings</th><th class=\"n\">Files</th>"
        "</tr></thead><tbody>\n";
    for (const auto& [rule, count] : rows) {
      text += fmt::format(
          "<tr><td>{} {}{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
          badge(count.worst), escape_markup(rule->title),
          count.suppressed == 0
              ? ""
              : fmt::format(" <em>(and {} suppressed)</em>", format_count(count.suppressed)),
          format_count(count.findings), format_count(count.files));
    }
    return sink_->write(text + "</tbody></table>\n");
  }

  Status write_limits() {
    std::string text = fmt::format("<p>{}</p>\n<ul>\n", limits_of_a_scan());
    if (!run_.full) {
      text +=
          "<li>This was a fast scan: checksums were not verified and payload bytes were not "
          "searched.</li>\n";
    }
    for (const std::string& rule : run_.rules_off) {
      text += fmt::format("<li>The policy {} switches the rule {} off.</li>\n",
                          one_line(run_.policy), escape_markup(rule));
    }
    text += fmt::format(
        "<li>At most {} levels of containers, {} unpacked and {} seconds were spent on a file; "
        "a file that needs more is listed above.</li>\n</ul>\n",
        run_.limits.depth, format_size(run_.limits.inflated_bytes),
        run_.limits.wall_time.count() / 1000);
    return sink_->write(text);
  }

  Status write_foot(const ScanSummary& summary) {
    std::string text = "<footer><h2>How this report was made</h2>\n<dl class=\"settings\">\n";
    const auto row = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      text += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, one_line(value));
    };
    row("Program", fmt::format("{} {}", run_.program, run_.version));
    row("Rule set", fmt::format("{} ({} rules)", run_.rules_version, run_.rule_count));
    row("Started", readable_time(summary.started_at));
    row("Duration", fmt::format("{:.2f} s", summary.seconds));
    row("Fails at", name_of(run_.fail_on));
    row("Incomplete files", run_.allow_incomplete ? "allowed" : "fail the scan");
    row("Policy", run_.policy);
    row("Suppressions", run_.suppressions);
    row("Baseline", run_.baseline);
    std::string command = run_.program;
    for (const std::string& argument : run_.arguments) command += " " + argument;
    row("Command", command);
    row("Exit code", fmt::format("{}: {}", summary.exit_code, exit_meaning(summary.exit_code)));
    return sink_->write(text + "</dl></footer>\n</main></body></html>\n");
  }

  struct RuleCount {
    std::uint64_t findings = 0;
    std::uint64_t suppressed = 0;
    std::uint64_t files = 0;
    Severity worst = Severity::kInfo;
  };

  Sink* sink_;
  RunInfo run_;
  Later findings_;
  Later incomplete_;
  Later clean_;
  std::map<const Rule*, RuleCount> rules_;
  std::uint64_t files_with_findings_ = 0;
  std::uint64_t failing_findings_ = 0;
  std::uint64_t incomplete_files_ = 0;
  std::uint64_t nothing_found_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_html_writer(Sink& sink) {
  return std::make_unique<HtmlReport>(sink);
}

}  // namespace saiph::report
