// A number in groups, as people write it: the characters without separators, and where they were.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "detect/text/personal/formats.h"

namespace saiph::detect {

struct Cluster {
  std::array<char, kLongestNumber> compact{};  ///< letters in upper case
  std::size_t size = 0;
  std::uint64_t letters = 0;     ///< bit i: character i is a letter
  std::uint64_t small = 0;       ///< bit i: it was one in lower case
  std::uint64_t separators = 0;  ///< bit i: a separator stood before
  static constexpr std::size_t kMostGroups = 12;
  std::array<std::uint8_t, kMostGroups> group_sizes{};  ///< characters up to the end of each group
  std::array<std::size_t, kMostGroups> group_ends{};    ///< places in the text
  std::size_t groups = 0;

  std::string_view first(std::size_t length) const { return {compact.data(), length}; }
};

/// Reads groups of letters and digits from `place`: separators are one of space, no-break space,
/// '-', '.', '/', or a dash of Unicode. A group that would not fit ends it. Pure, bounded.
Cluster read_cluster(std::string_view text, std::size_t place);

/// The length of a separator of groups at `place`, 0 for none.
std::size_t separator_length(std::string_view text, std::size_t place);

}  // namespace saiph::detect
