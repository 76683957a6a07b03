// Signs: what the canonicaliser noticed about the characters of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "domain/text.h"

namespace saiph::match {

/// Kinds of characters and of their use that have no business in ordinary text, or not so many.
enum class SignKind : std::uint8_t {
  kTagCharacters,       ///< U+E0000..E007F outside the flag of a region
  kVariationSelectors,  ///< more than one after a character: bytes can be hidden so
  kZeroWidth,     ///< U+200B..200D, U+2060..2064, U+FEFF and the like, where no script needs them
  kBidiControls,  ///< embeddings, overrides and isolates
  kSoftHyphen,    ///< within short pieces of words
  kFillers,       ///< Hangul fillers, Braille blank, other blanks that count as letters
  kControls,      ///< C0 and C1 controls other than tab and line ends
  kNul,
  kInvalidUtf8,
  kMixedScripts,    ///< words that mix Latin letters with look-alikes
  kCombiningNoise,  ///< stacked marks
  kStyledLetters,   ///< full-width, mathematical, circled, small-capital letters in words
  kPrivateUse,      ///< private use and not assigned code points
};

inline constexpr std::size_t kSignKindCount = static_cast<std::size_t>(SignKind::kPrivateUse) + 1;

/// "tag_characters": the stable part of a finding's id.
std::string_view id_of(SignKind kind);
/// "invisible tag characters", for people.
std::string_view title_of(SignKind kind);

/// Everything of one kind in one text.
struct Sign {
  SignKind kind = SignKind::kTagCharacters;
  std::uint64_t count = 0;  ///< characters (bytes for kInvalidUtf8, words for kMixedScripts)
  /// Where the first and the most pressing stand: runs, in order, at most kPlaces.
  std::vector<TextSpan> places;
  /// 0 to 100: how strongly this use alone speaks of an attempt to hide something. A soft hyphen in
  /// a word is 0, a sentence in tag characters 90.
  double score = 0;
  bool operator==(const Sign&) const = default;

  static constexpr std::size_t kPlaces = 16;
};

}  // namespace saiph::match
