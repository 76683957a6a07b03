#include "detect/text/personal/cluster.h"

#include "detect/text/personal/scanners.h"

namespace saiph::detect {

std::size_t separator_length(std::string_view text, std::size_t place) {
  switch (at(text, place)) {
    case ' ':
    case '-':
    case '.':
    case '/':
      return 1;
    case '\xC2':
      return at(text, place + 1) == '\xA0' ? 2 : 0;
    case '\xE2': {
      // Thin and narrow no-break spaces, hyphens and dashes.
      if (at(text, place + 1) != '\x80') return 0;
      const auto third = static_cast<unsigned char>(at(text, place + 2));
      return third == 0x89 || third == 0xAF || (third >= 0x90 && third <= 0x93) ? 3 : 0;
    }
    default:
      return 0;
  }
}

Cluster read_cluster(std::string_view text, std::size_t place) {
  Cluster out;
  std::size_t i = place;
  while (out.groups < Cluster::kMostGroups) {
    std::size_t end = i;
    bool digit = false;
    while (end < text.size() && end - i <= kLongestNumber && is_alnum(text[end])) {
      digit = digit || is_digit(text[end]);
      ++end;
    }
    const std::size_t length = end - i;
    // A longer word without digits is no part of a number.
    if (length == 0 || length > kLongestNumber - out.size || (!digit && length > 6)) break;
    for (; i < end; ++i) {
      const char c = text[i];
      const std::uint64_t bit = std::uint64_t{1} << out.size;
      if (is_alpha(c)) out.letters |= bit;
      if (is_lower(c)) out.small |= bit;
      out.compact[out.size++] = is_lower(c) ? static_cast<char>(c - 0x20) : c;
    }
    out.group_sizes[out.groups] = static_cast<std::uint8_t>(out.size);
    out.group_ends[out.groups] = end;
    ++out.groups;
    const std::size_t separator = separator_length(text, end);
    if (separator == 0 || !is_alnum(at(text, end + separator)) || out.size == kLongestNumber) break;
    out.separators |= std::uint64_t{1} << out.size;
    i = end + separator;
  }
  return out;
}

}  // namespace saiph::detect
