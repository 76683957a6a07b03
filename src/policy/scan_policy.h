// ScanPolicy: what a policy file changes about a scan. docs/formats/policy.md describes the file.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limit_names.h"
#include "base/result.h"
#include "domain/finding.h"
#include "domain/rule.h"

namespace saiph::policy {

/// Immutable after parsing; any thread may read.
struct ScanPolicy {
  struct Grade {
    const Rule* rule = nullptr;
    std::optional<Severity> severity;  ///< nothing: the rule is off
  };

  std::string name;  ///< of the file, for the report
  std::optional<Severity> fail_on;
  std::optional<bool> allow_incomplete;
  std::vector<Grade> grades;  ///< sorted by rule id
  std::vector<std::string> trusted_modules;
  std::vector<std::string> trusted_classes;
  std::vector<LimitSetting> limits;

  /// Grades findings anew. A finding of a rule that is off stays in the report, suppressed by
  /// "policy NAME: rule is off". Cost: findings times log of grades.
  void apply(FileReport& report) const;
};

/// Reads a policy file. `rules` are the known rules, sorted by id; rows outlive the policy.
/// Errors: kMalformed or kLimit with "NAME:LINE:COLUMN: what, and what to do"; unknown keys, rules
/// and values are errors and come with the nearest known name.
Result<ScanPolicy> parse_policy(ByteView bytes, std::string_view name,
                                std::span<const Rule* const> rules);

}  // namespace saiph::policy
