// Baseline: the findings of an earlier report, which are known and fail no gate.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/result.h"
#include "domain/finding.h"

namespace saiph::policy {

/// Immutable after loading; any thread may read. Memory: 32 bytes a finding.
class Baseline {
 public:
  /// Marks every finding whose fingerprint stands in the baseline: suppressed_by becomes
  /// "baseline NAME". Findings must carry fingerprints (stamp_fingerprints).
  void apply(FileReport& report) const;
  bool contains(const Digest& fingerprint) const;
  std::size_t size() const { return fingerprints_.size(); }

 private:
  friend Result<Baseline> load_baseline(const ByteSource&, std::string_view, Budget&);
  std::string name_;
  std::vector<Digest> fingerprints_;  ///< sorted
};

/// Reads an earlier json or jsonl report, streaming. Errors: kMalformed when it is not a complete
/// report of Saiph (a jsonl report without its summary row is not), kUnsupported for a newer format
/// version, kLimit (limits().memory_bytes, items), kUnavailable. Messages start with `name`.
Result<Baseline> load_baseline(const ByteSource& source, std::string_view name, Budget& budget);

}  // namespace saiph::policy
