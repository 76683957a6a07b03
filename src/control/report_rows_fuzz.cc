// The report's reader on any bytes: it ends, keeps its bounds, and gives valid UTF-8.
#include <cstdint>
#include <cstdlib>

#include "base/escape.h"
#include "control/report_rows.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ViewSource source(saiph::ByteView(data, size));
  const auto status =
      saiph::control::read_report(source, [](saiph::control::ReportedFile& file) -> saiph::Status {
        std::size_t bytes = 0;
        for (const auto& finding : file.findings) {
          bytes += finding.detail.size() + finding.excerpt.size();
          if (saiph::to_valid_utf8(finding.detail) != finding.detail) std::abort();
        }
        if (bytes > saiph::control::kMaxRowBytes) std::abort();
        if (saiph::to_valid_utf8(file.path) != file.path) std::abort();
        return {};
      });
  static_cast<void>(status.has_value());
  return 0;
}
