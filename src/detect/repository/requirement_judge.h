// Judges single requirements, wherever they stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "detect/contract/inspection.h"
#include "formats/requirements/requirements.h"

namespace saiph::detect {

/// One thread at a time; the inspection must outlive it.
class RequirementJudge {
 public:
  explicit RequirementJudge(Inspection& inspection) : inspection_(inspection) {}
  void judge(const formats::Requirement& requirement);
  /// States what counts over all requirements.
  void finish();

 private:
  void state(const Rule& rule, const formats::Requirement& requirement, std::string detail,
             std::string excerpt, std::optional<Severity> severity = std::nullopt);

  Inspection& inspection_;
  std::uint64_t packages_ = 0;
  std::uint64_t unpinned_ = 0;
};

}  // namespace saiph::detect
