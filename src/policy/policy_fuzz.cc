// Policy and suppressions files: any bytes give a value or an error that names a place.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "policy/scan_policy.h"
#include "policy/suppressions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  static constexpr std::array<std::string_view, 1> kReferences = {"CWE-1"};
  static constexpr Rule kOne = {"one-rule", "t", Severity::kHigh, Maturity::kStable,
                                "m",        "r", kReferences};
  static constexpr std::array<const Rule*, 1> kRules = {&kOne};
  const ByteView bytes(data, size);
  FileReport report;
  report.path = "a/b.pt";
  report.digest = Digest{};
  report.findings.resize(1);
  report.findings[0].rule = &kOne;
  report.findings[0].severity = Severity::kHigh;
  const auto policy = policy::parse_policy(bytes, "p", kRules);
  if (policy) {
    policy->apply(report);
  } else if (!policy.error().message().starts_with("p:")) {
    std::abort();
  }
  auto suppressions =
      policy::parse_suppressions(bytes, "s", kRules, std::chrono::year(2026) / 1 / 1);
  if (suppressions) {
    suppressions->apply(report);
    (void)suppressions->unused();
    (void)suppressions->expired();
  } else if (!suppressions.error().message().starts_with("s:")) {
    std::abort();
  }
  return 0;
}
