// The table of numbers with a fixed form: shape, check, and how sure a hit is with and without a
// word that says what it is. docs/personal-data.md lists the same for people.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "detect/text/personal/checks.h"
#include "detect/text/personal/topics.h"
#include "detect/text/personal/types.h"

namespace saiph::detect {

/// Longest number of the table, in characters without separators.
inline constexpr std::size_t kLongestNumber = 40;

struct NumberFormat {
  Personal type;
  /// '9' a digit, 'A' a letter, 'X' either, '-' a place where a separator may stand: at all such
  /// places or at none.
  std::string_view shape;
  checks::Check check;
  /// Confidence: written with separators; without; beside a word of `topic` (or of `general`).
  float split;
  float joined;
  float near;
  Topic topic;
  Topic general = Topic::kNone;
};

/// What a shape says about one length, ready to compare: bit i is character i.
struct NumberShape {
  std::uint64_t letters = 0;     ///< must be letters
  std::uint64_t digits = 0;      ///< must be digits
  std::uint64_t separators = 0;  ///< a separator stands before
  const NumberFormat* format = nullptr;
};

/// The shapes of `length` characters. Any thread, constant.
std::span<const NumberShape> number_shapes(std::size_t length);
/// All rows, for documents and tests.
std::span<const NumberFormat> number_formats();

/// Things whose numbers have no form of their own: found only where their word was the last that
/// said anything.
struct WeakFormat {
  Personal type;
  Topic topic;
  std::uint8_t shortest;
  std::uint8_t longest;
  std::uint8_t fewest_digits;
  std::uint8_t fewest_letters;
  float confidence;
};
std::span<const WeakFormat> weak_formats();

}  // namespace saiph::detect
