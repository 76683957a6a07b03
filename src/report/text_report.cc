// The report for a terminal. Every text of input goes through escape_terminal; the only escape
// sequences in the output are the colours below.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/escape.h"
#include "base/human.h"
#include "report/writers.h"

namespace saiph::report {

namespace {

// Places shown per rule and file; the rest is counted. --verbose shows all.
constexpr std::size_t kPlacesShown = 5;

/// Columns that the text takes: code points, near enough for a layout.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

class TextReport final : public ReportWriter {
 public:
  TextReport(Sink& sink, const WriterOptions& options) : sink_(&sink), options_(options) {
    options_.width = std::max(options_.width, 40U);
  }

  Status begin(const RunInfo& run) override {
    run_ = run;
    out_.clear();
    for (const std::string& warning : run_.warnings) {
      out_ += paint(kYellow, "warning: ") + escape_terminal(warning) + "\n";
    }
    if (!out_.empty()) out_ += "\n";
    return hand_over();
  }

  Status file(const FileReport& report) override {
    if (report.findings.empty() && report.reasons.empty() && !options_.verbose) return {};
    const bool counts = std::any_of(report.findings.begin(), report.findings.end(),
                                    [](const Finding& f) { return f.suppressed_by.empty(); });
    files_with_findings_ += counts ? 1 : 0;
    out_ += paint(kBold, escape_terminal(report.path)) + "\n";
    std::string facts = report.types.empty() ? "unknown type" : "";
    for (const std::string& type : report.types) {
      facts += (facts.empty() ? "" : ", ") + escape_terminal(type);
    }
    facts += ", " + format_size(report.size);
    if (report.artefacts > 1)
      facts += fmt::format(", {} inside", format_count(report.artefacts - 1));
    out_ += "  " + paint(kDim, facts) + "\n";
    if (report.digest) out_ += "  " + paint(kDim, report.digest->text()) + "\n";
    for (const RuleGroup& group : group_by_rule(report.findings)) rule_group(group, report);
    if (report.findings_dropped > 0) {
      out_ += fmt::format("  and {} more findings of these rules, not kept (findings_per_rule)\n",
                          format_count(report.findings_dropped));
    }
    if (!report.reasons.empty()) incomplete(report);
    if (report.findings.empty() && report.reasons.empty()) out_ += "  nothing found\n";
    out_ += "\n";
    return hand_over();
  }

  Status end(const ScanSummary& summary) override {
    out_ += std::string(std::min(options_.width, 100U), '-') + "\n";
    row("Checked",
        fmt::format("{} file{}, {} artefact{} in all with what is inside, {}, in {:.2f} s",
                    format_count(summary.files), summary.files == 1 ? "" : "s",
                    format_count(summary.artefacts), summary.artefacts == 1 ? "" : "s",
                    format_size(summary.bytes), summary.seconds));
    row("How", fmt::format("{}", mode_text(run_.full)));
    row("With", fmt::format("{} {}, rule set {} ({} rules)", run_.program, run_.version,
                            run_.rules_version, run_.rule_count));
    std::string found = severities_text(summary);
    if (files_with_findings_ > 0) {
      found += fmt::format(" in {} file{}", format_count(files_with_findings_),
                           files_with_findings_ == 1 ? "" : "s");
    }
    row("Found", found, summary.failed ? kRed : kNone);
    if (summary.suppressed > 0) {
      row("Suppressed",
          fmt::format("{} finding{}, shown above with the reason, counted nowhere else",
                      format_count(summary.suppressed), summary.suppressed == 1 ? "" : "s"));
    }
    for (const std::string& rule : run_.rules_off) {
      row("Rule off", fmt::format("{} (by {})", rule, escape_terminal(run_.policy)));
    }
    if (incomplete_files_ > 0) {
      row("Not checked",
          fmt::format("{} file{} not examined to the end; the reasons stand above{}",
                      format_count(incomplete_files_), incomplete_files_ == 1 ? " was" : "s were",
                      run_.allow_incomplete ? " (allowed by the settings)" : ""),
          kYellow);
    }
    const Colour colour = summary.exit_code == 0 ? kNone : summary.exit_code == 1 ? kRed : kYellow;
    row("Result", result_text(summary), colour);
    if (summary.exit_code == 0) row("", limits_of_a_scan(), kDim);
    return hand_over();
  }

 private:
  using Colour = std::string_view;
  static constexpr Colour kNone{};
  static constexpr Colour kBold = "1";
  static constexpr Colour kDim = "2";
  static constexpr Colour kRed = "1;31";
  static constexpr Colour kYellow = "33";
  static constexpr std::array<Colour, 5> kSeverities = {"2", "36", "33", "31", "1;97;41"};

  std::string paint(Colour colour, std::string_view text) const {
    if (!options_.colour || colour.empty()) return std::string(text);
    return fmt::format("\x1b[{}m{}\x1b[0m", colour, text);
  }

  Status hand_over() {
    SAIPH_CHECK(sink_->write(out_));
    out_.clear();
    return {};
  }

  /// Words of `text` in lines of the report's width, each line behind `indent` spaces; the first
  /// line continues what stands on it already.
  void wrap(std::string_view text, std::size_t indent, Colour colour = kNone) {
    std::string line;
    bool first = true;
    const auto flush = [&] {
      if (!first) out_.append(indent, ' ');
      out_ += paint(colour, line) + "\n";
      first = false;
      line.clear();
    };
    for (std::size_t i = 0; i < text.size();) {
      std::size_t end = text.find(' ', i);
      if (end == std::string_view::npos) end = text.size();
      const std::string_view word = text.substr(i, end - i);
      if (!line.empty() && indent + columns(line) + 1 + columns(word) > options_.width) flush();
      if (!line.empty()) line += ' ';
      line += word;
      i = end + 1;
    }
    flush();
  }

  void labelled(std::string_view label, std::string_view text) {
    constexpr std::size_t kIndent = 13;
    out_ += "    " + paint(kDim, fmt::format("{:<9}", label));
    wrap(text, kIndent);
  }

  void row(std::string_view label, std::string_view text, Colour colour = kNone) {
    out_ += paint(kDim, fmt::format("{:<12}", label));
    wrap(text, 12, colour);
  }

  void rule_group(const RuleGroup& group, const FileReport& report) {
    const Rule& rule = *group.rule;
    std::string name(name_of(group.worst));
    for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
    out_ += "\n  " + paint(kSeverities[static_cast<std::size_t>(group.worst)], name) + "  " +
            paint(kBold, rule.title) + "  " + paint(kDim, fmt::format("[{}]", rule.id));
    if (rule.maturity == Maturity::kBeta) out_ += paint(kDim, " beta: fails no gate");
    out_ += "\n";
    std::size_t shown = 0;
    for (const Finding* finding : group.findings) {
      if (shown++ == kPlacesShown && !options_.verbose) {
        out_ += fmt::format("    and {} more places\n", group.findings.size() - kPlacesShown);
        break;
      }
      place(*finding, report, finding->severity != group.worst);
    }
    if (seen_.insert(&rule).second || options_.verbose) {
      labelled("Meaning", rule.meaning);
      labelled("Do", rule.remedy);
      std::string references;
      for (const std::string_view reference : references_of(*group.findings.front())) {
        references += (references.empty() ? "" : ", ") + escape_terminal(reference);
      }
      if (!references.empty()) labelled("See", references);
    }
  }

  void place(const Finding& finding, const FileReport& report, bool name_severity) {
    std::string where(member_of(finding.location, report.path));
    if (const std::string place = place_of(finding.location); !place.empty()) {
      where += where.empty() ? place : ", " + place;
    }
    std::string text = name_severity ? fmt::format("{}: ", name_of(finding.severity)) : "";
    if (!where.empty()) text += escape_terminal(where) + ": ";
    text += finding.detail.empty() ? "found here" : escape_terminal(finding.detail);
    if (finding.confidence == Confidence::kLow) text += " (low confidence)";
    out_ += "    ";
    wrap(text, 6);
    if (!finding.excerpt.empty()) {
      out_ += "      " +
              paint(kDim, "| " + shorten(escape_terminal(finding.excerpt), options_.width - 8)) +
              "\n";
    }
    if (!finding.suppressed_by.empty()) {
      out_ += "      ";
      wrap("suppressed: " + escape_terminal(finding.suppressed_by), 8, kDim);
    }
  }

  void incomplete(const FileReport& report) {
    ++incomplete_files_;
    std::string_view code;
    for (const IncompleteReason& reason : report.reasons) {
      if (reason.code != code) {
        code = reason.code;
        out_ += "\n  " + paint(kYellow, "NOT FULLY CHECKED") + "  " +
                paint(kBold, escape_terminal(reason_text(code))) + "  " +
                paint(kDim, "[" + escape_terminal(code) + "]") + "\n";
      }
      std::string where(member_of(reason.location, report.path));
      if (const std::string place = place_of(reason.location); !place.empty()) {
        where += where.empty() ? place : ", " + place;
      }
      out_ += "    ";
      wrap((where.empty() ? "" : escape_terminal(where) + ": ") + escape_terminal(reason.message),
           6);
    }
  }

  std::string result_text(const ScanSummary& summary) const {
    switch (summary.exit_code) {
      case 0:
        return fmt::format("nothing found at or over \"{}\" (exit 0)", name_of(run_.fail_on));
      case 1:
        return fmt::format("FAILED: findings at or over \"{}\" (exit 1)", name_of(run_.fail_on));
      case 3:
        return "INCOMPLETE: not everything could be examined, so nothing can be said about the "
               "rest (exit 3)";
      default:
        return fmt::format("{} (exit {})", exit_meaning(summary.exit_code), summary.exit_code);
    }
  }

  Sink* sink_;
  WriterOptions options_;
  RunInfo run_;
  std::string out_;
  std::set<const Rule*> seen_;
  std::uint64_t incomplete_files_ = 0;
  std::uint64_t files_with_findings_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_text_writer(Sink& sink, const WriterOptions& options) {
  return std::make_unique<TextReport>(sink, options);
}

}  // namespace saiph::report
