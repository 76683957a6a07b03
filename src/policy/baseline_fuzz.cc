// Baseline reports: any bytes give a set of fingerprints or an error.
#include <cstdint>
#include <cstdlib>

#include "policy/baseline.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  Limits limits;
  limits.wall_time = std::chrono::milliseconds(10'000);
  Budget budget(limits);
  const auto baseline = policy::load_baseline(ViewSource(ByteView(data, size)), "b", budget);
  if (baseline) {
    FileReport report;
    report.findings.resize(1);
    report.findings[0].fingerprint = Digest{}.text();
    baseline->apply(report);
    // A fingerprint takes 64 bytes of input at least.
    if (baseline->size() * 64 > size) std::abort();
  } else if (!baseline.error().message().starts_with("b:")) {
    std::abort();
  }
  return 0;
}
