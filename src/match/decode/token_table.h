// Tables of the scanner: classes of bytes, and the beginnings of words that tell something. Private
// to this folder.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace saiph::match {

/// Bits of a byte; a token has the union and the intersection of those of its bytes.
enum ByteClass : std::uint32_t {
  kUpper = 1U << 0U,
  kLower = 1U << 1U,
  kDigit = 1U << 2U,
  kBit = 1U << 3U,  ///< 0 and 1
  kOctalDigit = 1U << 4U,
  kHexDigit = 1U << 5U,
  kHexList = 1U << 6U,     ///< digits, x and what separates them
  kNumberList = 1U << 7U,  ///< decimal digits and what separates them
  kBase64Char = 1U << 8U,  ///< of either alphabet, '=' too
  kBase32Char = 1U << 9U,
  kMorseSign = 1U << 10U,
  kEscapeSign = 1U << 11U,  ///< % & \ = and U+
  kSeparator = 1U << 12U,   ///< what may stand between letters or words instead of a space
  kLeetSign = 1U << 13U,    ///< digits and signs that stand for letters
  kOther = 1U << 14U,       ///< printable and nothing of letter or digit
  kNotAscii = 1U << 15U,
  kSpace = 1U << 16U,
  kBracket = 1U << 17U,   ///< '<'
  kQuote = 1U << 18U,     ///< quotes and '+': texts put together
  kAround = 1U << 19U,    ///< what stands before and after words in ordinary text
  kCodeChar = 1U << 20U,  ///< kHexList or kNumberList
};
inline constexpr std::uint32_t kAlpha = kUpper | kLower;
/// Every bit that a letter may have: a token with no other bit is letters alone.
inline constexpr std::uint32_t kLetterBits =
    kAlpha | kHexDigit | kHexList | kCodeChar | kBase64Char | kBase32Char;

constexpr std::array<std::uint32_t, 256> make_byte_classes() {
  std::array<std::uint32_t, 256> out{};
  const auto add = [&](std::string_view bytes, std::uint32_t bits) {
    for (const char c : bytes) out[static_cast<std::uint8_t>(c)] |= bits;
  };
  for (unsigned c = 0; c < 26; ++c) {
    out['A' + c] |= kUpper | kBase64Char | kBase32Char;
    out['a' + c] |= kLower | kBase64Char | kBase32Char;
  }
  for (unsigned c = '0'; c <= '9'; ++c)
    out[c] |= kDigit | kHexDigit | kHexList | kNumberList | kBase64Char;
  for (unsigned c = '2'; c <= '7'; ++c) out[c] |= kBase32Char;
  for (unsigned c = '0'; c <= '7'; ++c) out[c] |= kOctalDigit;
  for (unsigned c = '!'; c <= '~'; ++c) {
    if (out[c] == 0) out[c] |= kOther;
  }
  for (unsigned c = 0x80; c < 0x100; ++c) out[c] |= kNotAscii;
  add("abcdefABCDEF", kHexDigit | kHexList);
  add("xX,;:-\\[]", kHexList);
  add(",;:-./|\\[]", kNumberList);
  add("01", kBit);
  add("+/-_=", kBase64Char);
  add("=", kBase32Char);
  add(".-_/|", kMorseSign);
  add("%&\\=+", kEscapeSign);
  add("_-.*~|+/,:;'`^#", kSeparator);
  add("013457@$!|+8", kLeetSign);
  for (std::uint32_t& bits : out) {
    if ((bits & (kHexList | kNumberList)) != 0) bits |= kCodeChar;
  }
  add(" \n\t\r", kSpace);
  add("<", kBracket);
  add("\"'+", kQuote);
  add(".,;:!?\"'()[]{}<>*_`", kAround);
  return out;
}
inline constexpr std::array<std::uint32_t, 256> kByteClasses = make_byte_classes();

/// What the first letters of a word tell.
enum WordSign : std::uint8_t {
  kCommonWord = 1,     ///< a word that natural text is full of
  kReversedWord = 2,   ///< one of these backwards
  kReversedStart = 4,  ///< a longer word that starts like a common one backwards
  kSpellingWord = 8,   ///< of the spelling alphabet of radio
};

/// The first four letters, small, of a word.
constexpr std::uint32_t pack_letters(std::string_view word) {
  std::uint32_t packed = 0;
  for (std::size_t i = 0; i < 4; ++i)
    packed = packed << 8U |
             (i < word.size() ? static_cast<std::uint8_t>(word[i] | 0x20) : std::uint32_t{0});
  return packed;
}

class WordSigns {
 public:
  consteval WordSigns() {
    add_list(
        "the and you for are not was but all can has with this that have from your will what when "
        "they its our out how who any may der die das und ist ein sie les des que est pas los las "
        "con per che una het een van niet voor than them then also more some just like make made "
        "into over only such very been were here said each which auf mit den dem von zu nel del "
        "della pour dans sur avec para por como",
        kCommonWord);
    add_list(
        "eht dna uoy rof lla era ton saw tub htiw siht taht evah morf ruoy lliw tahw nehw yeht",
        kReversedWord);
    add_list("eron snoi suoi tpmo mets gnit noit tnem ylla tnat erof hcih dluo sdro lave yrev",
             kReversedStart);
    add_list(
        "alfa alph brav char delt echo foxt golf hote indi juli kilo lima mike nove osca papa queb "
        "rome sier tang unif vict whis xray yank zulu",
        kSpellingWord);
  }

  /// For words of three letters and more; the caller compares the length for whole words.
  constexpr std::uint8_t of(std::uint32_t packed) const {
    for (std::size_t slot = slot_of(packed);; slot = (slot + 1) % kSlots) {
      if (rows_[slot].packed == packed) return rows_[slot].signs;
      if (rows_[slot].packed == 0) return 0;
    }
  }

 private:
  static constexpr std::size_t kSlots = 512;
  struct Row {
    std::uint32_t packed = 0;
    std::uint8_t signs = 0;
  };
  static constexpr std::size_t slot_of(std::uint32_t packed) { return packed * 0x9E3779B1U >> 23U; }
  constexpr void add_list(std::string_view words, std::uint8_t sign) {
    while (!words.empty()) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(word.size() == words.size() ? word.size() : word.size() + 1);
      const std::uint32_t packed = pack_letters(word);
      std::size_t slot = slot_of(packed);
      while (rows_[slot].packed != 0 && rows_[slot].packed != packed) slot = (slot + 1) % kSlots;
      rows_[slot].packed = packed;
      rows_[slot].signs |= sign;
    }
  }

  std::array<Row, kSlots> rows_{};
};
inline constexpr WordSigns kWordSigns;

}  // namespace saiph::match
