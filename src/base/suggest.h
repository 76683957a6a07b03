// "Did you mean": the known word nearest to a mistyped one.
#pragma once

#include <span>
#include <string_view>

namespace saiph {

/// The candidate nearest to `word` by edit distance (a swap of neighbours counts once), or "" when
/// none is near enough (a third of the word's length, at least 1, at most 3 edits). The first of
/// equals wins. Words over 64 bytes have no suggestion. Any thread; cost: their lengths' product.
std::string_view closest_word(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace saiph
