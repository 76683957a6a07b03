// The rows of a scan report (docs/formats/scan-report.md, jsonl), read as untrusted data: strict
// JSON, texts cut, numbers of things bounded. What was cut is said.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/result.h"
#include "domain/severity.h"

namespace saiph::control {

/// Texts are valid UTF-8.
struct ReportedFinding {
  std::string rule;
  std::string title;
  Severity severity = Severity::kCritical;  ///< also when the report names none that we know
  std::string path;
  std::optional<std::uint64_t> offset;
  std::optional<std::uint64_t> line;
  std::string part;
  std::string detail;
  std::string excerpt;
  std::vector<std::string> references;
  std::string fingerprint;
  std::string suppressed_by;
};

struct ReportedFile {
  std::string path;
  std::optional<Digest> digest;
  std::uint64_t size = 0;
  std::vector<std::string> types;
  Verdict verdict = Verdict::kIncomplete;
  std::uint64_t reasons = 0;  ///< why it was not fully examined: how many
  std::uint64_t findings_dropped = 0;
  bool cut = false;  ///< the row has more findings than are kept here
  std::vector<ReportedFinding> findings;
};

/// Of one row, findings together hold at most so many bytes.
inline constexpr std::size_t kMaxRowBytes = 4U << 20;
inline constexpr std::uint64_t kMaxReportBytes = std::uint64_t{1} << 30;

/// Calls `take` for each file in order. Errors: kMalformed with an offset (not such rows, a key
/// twice, no summary at the end), kLimit (longer than kMaxReportBytes), of the source and of
/// `take`. Rows before the error were taken. Any thread; linear; memory: one row as above.
Status read_report(const ByteSource& report, const std::function<Status(ReportedFile&)>& take);

}  // namespace saiph::control
