// canonical_form(): the canonical form of a short text by itself, as view 0 has it.
#pragma once

#include <string>
#include <string_view>

namespace saiph::match {

/// For literals of rules, words of lists and tests: what a canonical view holds where the text says
/// this. "Précédentes  Ⅳ" gives "precedentes iv". Any thread; linear.
std::string canonical_form(std::string_view text);

}  // namespace saiph::match
