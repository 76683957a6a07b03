// Hashes of words without case and accents: what the tables of topics and names are keyed by.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace saiph::detect {

/// The ASCII letter that a Latin letter U+00C0..U+017F is based on, lower case; 0 for signs.
constexpr char base_letter(unsigned code_point) {
  // The two zeros are the signs of multiplication and division.
  constexpr std::string_view kLatin1(
      "aaaaaaaceeeeiiiidnooooo\0ouuuuytsaaaaaaaceeeeiiiidnooooo\0ouuuuyty", 64);
  constexpr std::string_view kExtended =
      "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllllllln"
      "nnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
  static_assert(kExtended.size() == 0x80);
  if (code_point >= 0xC0 && code_point < 0x100) return kLatin1[code_point - 0xC0];
  if (code_point >= 0x100 && code_point < 0x180) return kExtended[code_point - 0x100];
  return 0;
}

namespace word_hash_detail {

constexpr std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 32U;
  h *= 0x9E3779B97F4A7C15U;
  h ^= h >> 29U;
  h *= 0xBF58476D1CE4E5B9U;
  return h ^ h >> 32U;
}

/// Each byte a number without pattern; ASCII letters in either case give the same.
inline constexpr std::array<std::uint64_t, 256> kSpread = [] {
  std::array<std::uint64_t, 256> out{};
  for (unsigned i = 0; i < 256; ++i) {
    const unsigned c = i >= 'A' && i <= 'Z' ? i | 0x20U : i;
    out[i] = mix((c + 1) * 0xD6E8FEB86659FD93U);
  }
  return out;
}();

}  // namespace word_hash_detail

/// Takes the letters of one word one after another.
class WordHash {
 public:
  constexpr void add(std::uint8_t c) {
    state_ = std::rotl(state_, 9) + word_hash_detail::kSpread[c];
  }
  constexpr std::uint64_t finish() const { return word_hash_detail::mix(state_); }
  /// Two words in a row.
  static constexpr std::uint64_t pair(std::uint64_t first, std::uint64_t second) {
    return word_hash_detail::mix(std::rotl(first, 23) ^ second);
  }

 private:
  std::uint64_t state_ = 0x243F6A8885A308D3U;
};

/// The hash of a word in ASCII, or of the bytes of a word in another script as they are.
constexpr std::uint64_t hash_word(std::string_view word) {
  WordHash hash;
  for (const char c : word) hash.add(static_cast<std::uint8_t>(c));
  return hash.finish();
}

/// The hash of one word, or of two with one space between.
constexpr std::uint64_t hash_phrase(std::string_view phrase) {
  const std::size_t space = phrase.find(' ');
  if (space == std::string_view::npos) return hash_word(phrase);
  return WordHash::pair(hash_word(phrase.substr(0, space)), hash_word(phrase.substr(space + 1)));
}

}  // namespace saiph::detect
