// Any bytes as a file of rules: a set or a place and a reason, and what check_rules says agrees.
#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "match/rules/rule_set.h"

using saiph::match::RuleSet;
using saiph::match::RuleSource;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const RuleSource source{"team.toml", saiph::as_text(saiph::ByteView{data, size})};
  const auto set = RuleSet::load({&source, 1});
  if (!set && set.error().message().empty()) std::abort();
  if (set) {
    for (const auto& rule : (*set)->rules()) {
      if (rule.id.empty() || rule.literals.empty() || rule.source != "team.toml") std::abort();
    }
  }
  return 0;
}
