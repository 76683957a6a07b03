#include "detect/text/output/output_checks.h"

#include <algorithm>

#include "detect/rules/output.h"
#include "detect/text/output/checks.h"

namespace saiph::detect {

void OutputFindings::add(const Rule& rule, double score, std::size_t begin, std::size_t end) {
  if (report_.findings.size() >= most_) {
    ++report_.unlisted;
    return;
  }
  TextFinding finding;
  finding.rule = rule.id;
  finding.title = rule.title;
  finding.severity = rule.severity;
  finding.score = score;
  finding.span = {begin, end - begin};
  finding.references.assign(rule.references.begin(), rule.references.end());
  report_.findings.push_back(std::move(finding));
}

OutputReport check_output(std::string_view answer, const OutputContext& context,
                          const OutputLimits& limits) {
  OutputReport report;
  OutputFindings out(report, limits.findings);
  // What weighs most first: the list is limited.
  for (const std::string& canary : context.canaries) {
    if (canary.empty()) continue;
    for (std::size_t at = 0; (at = answer.find(canary, at)) != std::string_view::npos;
         at += canary.size())
      out.add(rules::kOutputCanary, 90, at, at + canary.size());
  }
  check_echoes(answer, context, report, out);
  check_links(answer, context, out);
  check_code(answer, context, out);
  check_claims(answer, context, report, out);
  std::stable_sort(
      report.findings.begin(), report.findings.end(),
      [](const TextFinding& a, const TextFinding& b) { return a.span.offset < b.span.offset; });
  return report;
}

}  // namespace saiph::detect
