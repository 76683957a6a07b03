// What several writers say in the same words.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/human.h"
#include "report/writers.h"

namespace saiph::report {

std::unique_ptr<ReportWriter> make_writer(Format format, Sink& sink, const WriterOptions& options) {
  switch (format) {
    case Format::kJson:
      return make_json_writer(sink);
    case Format::kJsonl:
      return make_jsonl_writer(sink);
    case Format::kSarif:
      return make_sarif_writer(sink);
    case Format::kJunit:
      return make_junit_writer(sink);
    case Format::kHtml:
      return make_html_writer(sink);
    case Format::kText:
      break;
  }
  return make_text_writer(sink, options);
}

std::vector<std::string_view> references_of(const Finding& finding) {
  std::vector<std::string_view> out(finding.rule->references.begin(),
                                    finding.rule->references.end());
  for (const std::string& reference : finding.references) {
    if (std::find(out.begin(), out.end(), reference) == out.end()) out.emplace_back(reference);
  }
  return out;
}

bool fails_gate(const Finding& finding, Severity fail_on) {
  return finding.severity >= fail_on && finding.suppressed_by.empty() &&
         finding.rule->maturity == Maturity::kStable;
}

std::string place_of(const Location& location) {
  std::string out;
  const auto add = [&](std::string_view text) {
    if (!out.empty()) out += ", ";
    out += text;
  };
  if (location.line) add(fmt::format("line {}", *location.line));
  if (location.offset) add(fmt::format("offset {0} (0x{0:x})", *location.offset));
  if (!location.part.empty()) add(location.part);
  return out;
}

std::string_view member_of(const Location& location, std::string_view file_path) {
  std::string_view path = location.path;
  if (!path.starts_with(file_path)) return path;
  path.remove_prefix(file_path.size());
  if (path.starts_with('!')) path.remove_prefix(1);
  return path;
}

std::string_view exit_meaning(int exit_code) {
  switch (exit_code) {
    case 0:
      return "nothing found at or over the threshold, and everything was examined or "
             "incompleteness was allowed";
    case 1:
      return "findings at or over the threshold";
    case 2:
      return "usage or configuration error";
    case 3:
      return "not everything could be examined";
    default:
      return "internal error of the program";
  }
}

std::string severities_text(const ScanSummary& summary) {
  std::string out;
  for (std::size_t i = summary.by_severity.size(); i-- > 0;) {
    const std::uint64_t count = summary.by_severity[i];
    if (count == 0) continue;
    if (!out.empty()) out += ", ";
    out += fmt::format("{} {}", format_count(count), name_of(static_cast<Severity>(i)));
  }
  return out.empty() ? "nothing" : out;
}

std::string_view mode_text(bool full) {
  return full
             ? "full scan: structure, checksums of container members, and a search of all bytes "
               "outside tensor data"
             : "fast scan: structure only; checksums and the search of payload bytes were left out";
}

std::string_view reason_text(std::string_view code) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kReasons = {{
      {"truncated", "the file ends before its own structure does"},
      {"malformed", "the file breaks the rules of its format"},
      {"limit", "a limit of this scan was reached"},
      {"unreadable", "the file could not be read"},
      {"unsupported", "a variant that this version does not read"},
      {"unrecognised-format", "the format is not recognised"},
      {"encrypted", "the content is encrypted"},
      {"empty", "there is nothing in the file"},
      {"not-downloaded", "the real content was not downloaded"},
      {"missing-file", "a file that belongs to it is not there"},
      {"external", "it refers to content that was not part of the scan"},
      {"undecided", "what happens on load could not be worked out"},
      {"not-found", "it does not exist"},
      {"internal", "a defect of the scanner"},
  }};
  for (const auto& [known, text] : kReasons) {
    if (known == code) return text;
  }
  return code;
}

std::string_view limits_of_a_scan() {
  return "A scan can show that something is wrong, never that nothing is. It looks for what its "
         "rules describe in the bytes it was given; it does not run the artefact, and it does not "
         "judge how a model behaves.";
}

std::vector<RuleGroup> group_by_rule(const std::vector<Finding>& findings) {
  std::vector<RuleGroup> groups;
  for (const Finding& finding : findings) {
    auto it = std::find_if(groups.begin(), groups.end(),
                           [&](const RuleGroup& group) { return group.rule == finding.rule; });
    if (it == groups.end()) {
      groups.push_back({finding.rule, finding.severity, {}});
      it = groups.end() - 1;
    }
    it->worst = std::max(it->worst, finding.severity);
    it->findings.push_back(&finding);
  }
  std::stable_sort(groups.begin(), groups.end(),
                   [](const RuleGroup& a, const RuleGroup& b) { return a.worst > b.worst; });
  return groups;
}

Status Later::flush(Sink& sink) {
  if (spool_.size() == 0) return {};
  SAIPH_TRY(const auto source, spool_.finish());
  Bytes chunk(64U << 10);
  for (std::uint64_t offset = 0; offset < source->size();) {
    SAIPH_TRY(const std::size_t count, source->read_at(offset, chunk));
    SAIPH_CHECK(sink.write(as_text(ByteView(chunk).first(count))));
    offset += count;
  }
  return {};
}

}  // namespace saiph::report
