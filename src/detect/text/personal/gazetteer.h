// Which words are names, places or everyday words. Built once from catalogue/gazetteer, kept as
// fingerprints: a false match has odds of about one in a hundred million.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace saiph::detect {

inline constexpr std::uint32_t kGivenName = 1;
inline constexpr std::uint32_t kFamilyName = 2;
inline constexpr std::uint32_t kPlaceName = 4;
inline constexpr std::uint32_t kEverydayWord = 8;

/// The lists, one entry a line, '#' begins a comment. Embedded at build time.
std::string_view given_names_text();
std::string_view family_names_text();
std::string_view places_text();
std::string_view everyday_words_text();

/// Immutable once built (a few milliseconds, at the first search that wants it); any thread.
class Gazetteer {
 public:
  static const Gazetteer& get();
  /// The classes of a word or of two words (WordHash), 0 for none.
  std::uint32_t find(std::uint64_t hash) const {
    const std::uint32_t print = print_of(hash);
    for (std::size_t slot = hash & kMask; prints_[slot] != 0; slot = (slot + 1) & kMask) {
      if ((prints_[slot] & ~kClasses) == print) return prints_[slot] & kClasses;
    }
    return 0;
  }

 private:
  Gazetteer();
  void add(std::string_view text, std::uint32_t cls);
  static constexpr std::size_t kMask = (std::size_t{1} << 17U) - 1;
  static constexpr std::uint32_t kClasses = 15;
  static std::uint32_t print_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U) & ~kClasses;
  }
  std::vector<std::uint32_t> prints_;
};

}  // namespace saiph::detect
