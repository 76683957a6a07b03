// Finding, and the report of one file and of one scan.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "domain/rule.h"
#include "domain/severity.h"

namespace saiph {

/// Where in an asset. Texts are raw bytes from input: writers escape them for their sink.
struct Location {
  /// Containers from the outside in: "model.pt!archive/data.pkl"; starts with the file's path.
  std::string path;
  /// Byte offset in the innermost artefact.
  std::optional<std::uint64_t> offset;
  /// Line (from 1) for text artefacts.
  std::optional<std::uint64_t> line;
  /// A place in the format's own terms: a JSON pointer, a tensor, node or layer name.
  std::string part;
};

/// One rule's statement about one place in one asset.
struct Finding {
  const Rule* rule = nullptr;  ///< never null in a finished finding; rows live for ever
  Severity severity = Severity::kInfo;
  Confidence confidence = Confidence::kHigh;
  Location location;
  /// What exactly was seen here, one sentence: "calls os.system with 1 argument".
  std::string detail;
  /// At most 200 bytes of the input as evidence; secrets are masked before they get here.
  std::string excerpt;
  /// Extra references that belong to this occurrence (the CVE of the exact callable).
  std::vector<std::string> references;
  /// Non-empty when a suppression applies: its reason. Suppressed findings fail no gate.
  std::string suppressed_by;
  /// Names this statement across scans (policy/fingerprint.h): "sha256:..."; empty until stamped.
  std::string fingerprint;
};

/// Why a file was not fully examined.
struct IncompleteReason {
  std::string code;  ///< stable: "truncated", "malformed", "limit", "time", "unreadable", ...
  std::string message;
  Location location;
};

/// The row of one file.
struct FileReport {
  std::string path;
  std::optional<Digest> digest;
  std::uint64_t size = 0;
  std::vector<std::string> types;  ///< all formats that match, outermost artefact only
  Verdict verdict = Verdict::kIncomplete;
  std::vector<IncompleteReason> reasons;
  std::vector<Finding> findings;
  /// Findings counted but not kept, because their rule reached Limits::findings_per_rule.
  std::uint64_t findings_dropped = 0;
  /// Artefacts examined: the file and every member of its containers.
  std::uint64_t artefacts = 0;
};

/// What the row says in one word: findings above info that nothing suppresses; else incomplete when
/// there is a reason; else clean.
Verdict verdict_of(const FileReport& report);

/// The last row of a report.
struct ScanSummary {
  std::uint64_t files = 0;
  std::uint64_t artefacts = 0;
  std::uint64_t bytes = 0;
  std::uint64_t clean = 0;
  std::uint64_t with_findings = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t suppressed = 0;
  std::array<std::uint64_t, 5> by_severity{};  ///< index: Severity
  std::string started_at;                      ///< RFC 3339, UTC
  double seconds = 0;
  bool full = true;  ///< false: --fast, structure only
  Severity fail_on = Severity::kHigh;
  bool failed = false;  ///< a finding at or over fail_on
  int exit_code = 0;
};

}  // namespace saiph
