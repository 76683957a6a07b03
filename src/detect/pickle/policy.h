// Judging names: what the policy says of one import, before anything is done with it.
#pragma once

#include <string>
#include <string_view>

#include "detect/contract/inspection.h"
#include "detect/pickle/tables.h"
#include "formats/pickle/names.h"

namespace saiph::detect {

enum class NameGrade : std::uint8_t {
  kAllowed,     ///< reviewed: `uses` and `shape` say for what
  kTrusted,     ///< the user's policy vouches for it
  kDenied,      ///< dangerous: `why` and `references`
  kStandard,    ///< unreviewed name of the standard library
  kFramework,   ///< unreviewed name of a known framework
  kThirdParty,  ///< unreviewed name of another package, or of __main__
};

struct NameJudgement {
  NameGrade grade = NameGrade::kThirdParty;
  std::uint8_t uses = 0;
  PickleShape shape = PickleShape::kNone;
  std::string_view why;
  std::string_view references;
  /// Non-empty when the name walks through module attributes or internals: what it arrives at.
  std::string reaches;

  bool harmless() const { return grade == NameGrade::kAllowed || grade == NameGrade::kTrusted; }
};

/// Exact default-deny. The hand-kept allow-list comes first, then the deny-list (also for what a
/// dotted name reaches, for vendored copies, for Python 2 spellings), then the generated
/// allow-list, then the user's trust. Any thread; cost: some binary searches.
NameJudgement judge_pickle_name(const formats::PickleName& name, const Trust& trust);

}  // namespace saiph::detect
