// The table of code points, generated from catalogue/unicode. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "match/canonical/code_points_size.h"

namespace saiph::match {

/// What happens to a code point. The numbers are those of tools/generate_unicode.py.
enum class CodePointClass : std::uint8_t {
  kKeep,
  kMap,
  kStrip,  ///< a mark that is dropped where it does not compose
  kMark,   ///< a mark that is part of writing
  kTag,
  kVariation,
  kZero,
  kBidi,
  kHyphen,
  kFiller,
  kControl,
  kPrivate,
  kHangul,  ///< composes by arithmetic (Unicode 15, section 3.12)
};

struct CodePoint {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  char like = 0;  ///< ASCII letter it looks like; a capital one where the likeness is weak
  std::uint8_t length = 0;
  std::uint16_t place = 0;  ///< of its text in kCodePointTexts

  static constexpr std::uint8_t kLetter = 1;
  static constexpr std::uint8_t kLatin = 2;
  static constexpr std::uint8_t kAlike = 4;
  static constexpr std::uint8_t kJoiners = 8;
  static constexpr std::uint8_t kPictograph = 16;
  static constexpr std::uint8_t kStyled = 32;
  static constexpr std::uint8_t kRightToLeft = 64;

  CodePointClass what() const { return static_cast<CodePointClass>(kind); }
  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

struct Composition {
  std::uint32_t first;
  std::uint32_t second;
  std::uint32_t whole;
};

inline constexpr std::size_t kCodePointBlock = 128;

extern const std::array<std::uint16_t, kCodePointBlockCount> kCodePointBlocks;
extern const std::array<std::uint16_t, kCodePointIndexCount> kCodePointIndex;
extern const std::array<CodePoint, kCodePointRecordCount> kCodePointRecords;
extern const std::array<char, kCodePointTextCount> kCodePointTexts;
extern const std::array<Composition, kCompositionCount> kCompositions;

/// `point` must be at most U+10FFFF. Constant cost.
inline const CodePoint& code_point(std::uint32_t point) {
  const std::size_t block = kCodePointBlocks[point / kCodePointBlock];
  return kCodePointRecords[kCodePointIndex[block * kCodePointBlock + point % kCodePointBlock]];
}

/// What a kMap code point becomes, in UTF-8.
inline std::string_view text_of(const CodePoint& record) {
  return {kCodePointTexts.data() + record.place, record.length};
}

}  // namespace saiph::match
