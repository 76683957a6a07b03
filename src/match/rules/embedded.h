// The rule files that are part of the program; generated at build time from catalogue/text.
#pragma once

#include <span>

#include "match/rules/rule_set.h"

namespace saiph::match {

/// Sorted by file name. Any thread.
std::span<const RuleSource> embedded_rules();

}  // namespace saiph::match
