// Suppressions: findings that somebody looked at and accepted, for a reason and until a day.
// docs/formats/suppressions.md describes the file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "domain/finding.h"
#include "domain/rule.h"

namespace saiph::policy {

/// One thread at a time for apply (it counts uses); immutable otherwise.
class Suppressions {
 public:
  struct Row {
    const Rule* rule = nullptr;
    std::optional<Digest> digest;  ///< of the file
    std::string path;              ///< pattern of base/glob.h; empty: any
    std::string part;              ///< exact Location::part; empty: any
    std::string reason;
    std::optional<std::chrono::year_month_day> expires;  ///< last day; nothing: "never"
    std::uint32_t line = 0;                              ///< in the file, for messages
    bool expired = false;
    std::uint64_t uses = 0;
  };

  /// Marks what a row that has not expired covers: Finding::suppressed_by becomes "REASON (NAME,
  /// until DAY)". A row with a digest covers nothing in a report without one. Findings that are
  /// suppressed already keep their reason.
  void apply(FileReport& report);

  /// One sentence for each expired row; known after parsing.
  std::vector<std::string> expired() const;
  /// One sentence for each row that covered nothing so far: a typing error, or a finding mended.
  std::vector<std::string> unused() const;
  /// Some row can only work if the scan computes digests.
  bool needs_digests() const;
  std::span<const Row> rows() const { return rows_; }
  const std::string& name() const { return name_; }

 private:
  friend Result<Suppressions> parse_suppressions(ByteView, std::string_view,
                                                 std::span<const Rule* const>,
                                                 std::chrono::year_month_day);
  std::string name_;
  std::vector<Row> rows_;
};

/// Reads a suppressions file as of `today` (an argument, so that the same input gives the same
/// answer). Errors: as parse_policy; also a row without rule, reason, expiry or without digest and
/// path, and an expiry more than ten years away (then "never" is meant).
Result<Suppressions> parse_suppressions(ByteView bytes, std::string_view name,
                                        std::span<const Rule* const> rules,
                                        std::chrono::year_month_day today);

}  // namespace saiph::policy
