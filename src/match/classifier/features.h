// Features of a text, sentence by sentence: what the classifier sums and the trainer counts.
//
// One pass over the bytes. A "sentence" ends at a full stop, a question or exclamation mark, a line
// break, a JSON string's or HTML tag's border, or after kMaxWords words. Letters are folded
// (ASCII), digits become 0, white space becomes one blank, other repeated characters are cut to
// three.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "match/classifier/lexicon.h"

namespace saiph::match {

/// Families of features, each with a constant that keeps their hashes apart.
enum class FeatureFamily : std::uint8_t {
  kGram,
  kWord,
  kWordPair,
  kWordTriple,
  kWordSkip,
  kClass,
  kClassPair,
  kClassTriple,
  kStart,
  kShape,
};
/// Counts up with every change of what is read from a text: a model fits one reading only.
inline constexpr std::uint32_t kFeatureVersion = 1;

inline constexpr std::size_t kFeatureFamilyCount = 10;

namespace detail {

enum ByteKind : std::uint8_t {
  kOther,   ///< punctuation: ends words
  kLetter,  ///< ASCII letters (folded), and any byte from 0x80 that begins no ideograph
  kDigit,
  kBlank,
  kLine,        ///< line breaks: end sentences
  kStop,        ///< . ! ? : end sentences when a blank, a quote or the end follows
  kApostrophe,  ///< dropped between letters
  kQuote,       ///< " : ends a sentence when JSON punctuation stands beside it
  kTag,         ///< < and >
};

struct ByteTable {
  std::array<std::uint8_t, 256> kind{};
  std::array<std::uint8_t, 256> folded{};
};

constexpr ByteTable make_byte_table() {
  ByteTable table;
  for (std::size_t i = 0; i < 256; ++i) {
    table.folded[i] = static_cast<std::uint8_t>(i);
    table.kind[i] = i >= 0x80 ? kLetter : kOther;
  }
  for (std::size_t c = 'a'; c <= 'z'; ++c) {
    table.kind[c] = kLetter;
    table.kind[c - 32] = kLetter;
    table.folded[c - 32] = static_cast<std::uint8_t>(c);
  }
  for (std::size_t c = '0'; c <= '9'; ++c) {
    table.kind[c] = kDigit;
    table.folded[c] = '0';
  }
  for (std::size_t c = 0; c <= 0x20; ++c) {
    table.kind[c] = kBlank;
    table.folded[c] = ' ';
  }
  table.kind['\n'] = table.kind['\r'] = kLine;
  table.kind['.'] = table.kind['!'] = table.kind['?'] = kStop;
  table.kind['\''] = kApostrophe;
  table.kind['"'] = kQuote;
  table.kind['<'] = table.kind['>'] = kTag;
  return table;
}
inline constexpr ByteTable kBytes = make_byte_table();

}  // namespace detail

/// Reads one text into `Sink`, which has
///   template <FeatureFamily F> void feature(std::uint32_t hash);
///   void sentence(std::size_t begin, std::size_t end);   // the features since the last one
/// Hashes are spread over 32 bits; a table of 2^n takes the upper n. Linear time, constant memory.
template <typename Sink>
class FeatureReader {
 public:
  static constexpr std::size_t kMaxWords = 40;
  static constexpr std::size_t kMinWords = 3;

  explicit FeatureReader(Sink& sink) : sink_(&sink) {}

  void read(std::string_view text) {
    using namespace detail;  // NOLINT(google-build-using-namespace): the tables of this header
    const std::size_t size = text.size();
    const std::uint8_t* bytes = saiph::as_bytes(text).data();
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint8_t byte = bytes[i];
      const std::uint8_t next = i + 1 < size ? bytes[i + 1] : std::uint8_t{'\n'};
      switch (kBytes.kind[byte]) {
        case kLetter:
          if (byte >= 0xE3 && byte <= 0xED && size - i >= 3) {
            i += ideograph(bytes[i], bytes[i + 1], bytes[i + 2], i);
            break;
          }
          letter(kBytes.folded[byte]);
          break;
        case kDigit:
          letter('0');
          break;
        case kApostrophe:
          if (in_word_ && kBytes.kind[next] == kLetter) break;
          punctuation(byte);
          break;
        case kBlank:
          blank();
          break;
        case kLine:
          blank();
          end_sentence(i + 1);
          break;
        case kStop:
          punctuation(byte);
          if (byte != '.') last_stop_ = byte;
          if (kBytes.kind[next] == kBlank || kBytes.kind[next] == kLine || next == '"' ||
              next == '\'' || next == ')' || next == '*' || next == '<') {
            end_sentence(i + 1);
          }
          break;
        case kQuote:
          punctuation(byte);
          if (next == ',' || next == ':' || next == '}' || next == ']') end_sentence(i + 1);
          break;
        case kTag:
          punctuation(byte);
          if (byte == '>') end_sentence(i + 1);
          break;
        default:
          // A line break as JSON and source code write it.
          if (byte == '\\' && (next == 'n' || next == 'r')) {
            blank();
            ++i;
            end_sentence(i + 1);
            break;
          }
          punctuation(byte);
          break;
      }
      if (wants_end_ && !in_word_) close_sentence(i + 1);
    }
    end_word();
    if (words_ > 0 || size > begin_) close_sentence(size);
  }

 private:
  static constexpr std::array<std::uint32_t, kFeatureFamilyCount> kSalts{
      0x9E3779B1U, 0x85EBCA77U, 0xC2B2AE3DU, 0x27D4EB2FU, 0x165667B1U,
      0xD3A2646DU, 0xFD7046C5U, 0xB55A4F09U, 0x7FEB352DU, 0x846CA68BU};

  template <FeatureFamily F>
  void emit(std::uint32_t value) {
    constexpr std::uint32_t kSalt = kSalts[static_cast<std::size_t>(F)];
    std::uint32_t h = (value ^ (kSalt >> 7U)) * kSalt;
    h ^= h >> 15U;
    sink_->template feature<F>(h * 0x2C1B3C6DU);
  }

  void gram(std::uint8_t byte) {
    grams_ = (grams_ << 8U) | byte;
    const std::uint64_t five = grams_ & 0xFFFFFFFFFFU;
    emit<FeatureFamily::kGram>(static_cast<std::uint32_t>((five * 0x9E3779B97F4A7C15U) >> 32U));
  }

  void letter(std::uint8_t byte) {
    gram(byte);
    word_ = extend_word_hash(word_, byte);
    in_word_ = true;
  }

  /// One ideograph, kana or hangul syllable is a word. Answers how many bytes more it took.
  std::size_t ideograph(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::size_t at) {
    if (b < 0x80 || c < 0x80) {
      letter(a);
      return 0;
    }
    end_word();
    if (a == 0xE3 && b == 0x80 && c <= 0x82) {  // ideographic blank, comma and full stop
      blank();
      if (c == 0x82) end_sentence(at + 3);
      return 2;
    }
    letter(a);
    letter(b);
    letter(c);
    end_word();
    return 2;
  }

  void punctuation(std::uint8_t byte) {
    end_word();
    repeats_ = (grams_ & 0xFFU) == byte ? repeats_ + 1 : 0;
    if (repeats_ < 3) gram(byte);
  }

  void blank() {
    end_word();
    if ((grams_ & 0xFFU) != ' ') gram(' ');
  }

  void end_word() {
    if (!in_word_) return;
    in_word_ = false;
    const std::uint32_t word = word_;
    word_ = kWordHashSeed;
    emit<FeatureFamily::kWord>(word);
    const std::uint32_t pair = (before_ * 31U) ^ word;
    emit<FeatureFamily::kWordPair>(pair);
    emit<FeatureFamily::kWordTriple>((pair * 0x61C88647U) ^ (before2_ * 131U));
    emit<FeatureFamily::kWordSkip>((before2_ * 37U) ^ word);
    const std::uint32_t kind = word_class(word);
    if (words_ < 2) {
      emit<FeatureFamily::kStart>((word << 1U) ^ words_);
      emit<FeatureFamily::kStart>(0x10000U + kind * 2 + words_);
      if (words_ == 1) emit<FeatureFamily::kStart>(0x20000U + kind * 64 + first_class_);
      if (words_ == 0) first_class_ = kind;
    }
    if (kind != kNoWordClass && kind != kLinkWords) {
      emit<FeatureFamily::kClass>(kind);
      for (std::uint32_t back = 0; back < 3; ++back) {
        const std::uint32_t earlier = (classes_ >> (8 * back)) & 0xFFU;
        if (earlier == kNoWordClass) break;
        emit<FeatureFamily::kClassPair>(earlier * 256 + kind);
      }
      emit<FeatureFamily::kClassTriple>(((classes_ & 0xFFFFU) << 8U) | kind);
      classes_ = (classes_ << 8U) | kind;
    }
    before2_ = before_;
    before_ = word;
    if (++words_ >= kMaxWords) wants_end_ = true;
  }

  void end_sentence(std::size_t end) {
    end_word();
    // A heading or a cell joins what follows it.
    if (words_ >= kMinWords) close_sentence(end);
  }

  void close_sentence(std::size_t end) {
    emit<FeatureFamily::kShape>(last_stop_);
    emit<FeatureFamily::kShape>(256 + last_stop_ * 64 + first_class_);
    emit<FeatureFamily::kShape>(65536 + (words_ < 5 ? 0 : words_ < 10 ? 1 : words_ < 20 ? 2 : 3));
    sink_->sentence(begin_, end);
    begin_ = end;
    words_ = 0;
    classes_ = 0;
    before_ = before2_ = 0;
    first_class_ = 0;
    last_stop_ = 0;
    wants_end_ = false;
    grams_ = ' ';
  }

  static constexpr std::uint32_t kLinkWords = 39;

  Sink* sink_;
  std::uint64_t grams_ = ' ';
  std::uint32_t repeats_ = 0;
  std::uint32_t word_ = kWordHashSeed;
  bool in_word_ = false;
  bool wants_end_ = false;
  std::uint32_t before_ = 0;
  std::uint32_t before2_ = 0;
  std::uint32_t classes_ = 0;
  std::uint32_t first_class_ = 0;
  std::uint32_t words_ = 0;
  std::uint32_t last_stop_ = 0;
  std::size_t begin_ = 0;
};

}  // namespace saiph::match
