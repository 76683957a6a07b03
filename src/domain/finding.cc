#include "domain/finding.h"

#include <algorithm>

namespace saiph {

Verdict verdict_of(const FileReport& report) {
  const bool stated =
      std::any_of(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
        return finding.severity > Severity::kInfo && finding.suppressed_by.empty();
      });
  if (stated) return Verdict::kFindings;
  return report.reasons.empty() ? Verdict::kClean : Verdict::kIncomplete;
}

}  // namespace saiph
