// Cleaner: the first pass of the canonicaliser. Compatibility forms, look-alikes, marks and
// invisible characters are levelled; the case of ASCII letters and all spaces stay, because
// decoders need them.
//
// Sources: UAX 15 (NFKC) and UTS 39 of Unicode 15.0, Unicode 15.0 section 3.9 (UTF-8) and 3.12
// (Hangul). It is no NFKC to the letter: marks of Latin and Greek letters and of no script are
// dropped rather than composed, and case is folded on the way.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "match/canonical/offset_map.h"
#include "match/canonical/sign.h"
#include "match/canonical/view.h"

namespace saiph::match {

struct CodePoint;

/// A text that stood in the original without being shown.
struct HiddenText {
  Reading reading = Reading::kTagCharacters;
  std::string bytes;
  OffsetMap map;  ///< onto the original
};

/// Length of the longest prefix of printable ASCII, tabs and line ends. Any thread; 16 bytes a
/// step.
std::size_t plain_text_prefix(std::string_view text);

/// Takes a text in pieces, cut anywhere. Equal pieces or not, the result is the same. One thread at
/// a time; linear; holds its output and nothing of the input.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): members stand by purpose
class Cleaner {
 public:
  Cleaner();

  void feed(std::string_view piece);
  /// Nothing follows. Call once.
  void finish();

  /// Grows at the end only, except for the code points held back until finish().
  const std::string& text() const { return out_; }
  const OffsetMap& map() const { return map_; }
  /// After finish(): one of a kind, scored.
  std::vector<Sign> signs() const;
  /// After finish().
  std::vector<HiddenText> hidden() const;
  /// Code points that were taken one by one, for the count of work.
  std::uint64_t slow_steps() const { return slow_steps_; }

 private:
  /// One code point on its way out.
  struct Pending {
    const CodePoint* record = nullptr;
    std::uint32_t point =
        0;  ///< as it goes out when it is one, else 0 and the text of `record` does
    std::size_t original = 0;
    std::uint32_t length = 0;  ///< bytes of the original, marks included
  };
  static constexpr std::size_t kLongestWord = 64;
  static constexpr std::size_t kLongestFlag = 8;

  struct Tally {
    std::uint64_t count = 0;
    std::uint64_t pressing = 0;  ///< of these, where nothing explains them
    std::uint64_t longest = 0;   ///< run of neighbours
    std::uint64_t run = 0;
    std::size_t run_end = 0;
    std::vector<TextSpan> places;
  };

  void take(std::uint32_t point, std::size_t at, std::uint32_t length);
  void take_plain(std::string_view run, std::size_t at);
  void take_invisible(const CodePoint& record, std::uint32_t point, std::size_t at,
                      std::uint32_t length);
  void take_variation(std::uint32_t point, std::size_t at, std::uint32_t length);
  void take_tag(std::uint32_t point, std::size_t at, std::uint32_t length);
  /// A tag that is no part of a flag.
  void take_tag_data(std::uint32_t point, std::size_t at, std::uint32_t length);
  void take_zero_width(const CodePoint& record, std::uint32_t point, std::size_t at,
                       std::uint32_t length);
  void take_mark(const CodePoint& record, std::uint32_t point, std::size_t at,
                 std::uint32_t length);
  void take_base(const CodePoint& record, std::uint32_t point, std::size_t at,
                 std::uint32_t length);
  void take_invalid(std::string_view bytes, std::size_t at);
  bool join_hangul(std::uint32_t point, std::uint32_t length);
  void end_flag(bool complete);
  void to_word(const Pending& pending);
  void end_word();
  void release_held();
  void emit(const Pending& pending);
  void note(SignKind kind, std::size_t at, std::size_t length, bool pressing);
  Tally& tally(SignKind kind) { return tallies_[static_cast<std::size_t>(kind)]; }
  const Tally& tally(SignKind kind) const { return tallies_[static_cast<std::size_t>(kind)]; }
  double score(SignKind kind) const;

  std::string out_;
  OffsetMap map_;
  std::size_t offset_ = 0;  ///< bytes fed and decided
  std::array<char, 4> cut_{};
  std::size_t cut_bytes_ = 0;

  Pending held_;  ///< a base that a mark may still join
  bool holding_ = false;
  std::array<Pending, kLongestWord> word_{};
  std::size_t word_size_ = 0;
  bool word_has_latin_ = false;
  bool after_latin_ = false;  ///< the last code point that went out is a Latin letter
  std::size_t word_begin_ = 0;
  std::uint64_t latin_letters_ = 0;
  std::uint64_t other_letters_ = 0;

  std::uint32_t last_point_ = 0;  ///< the last that was neither mark nor invisible
  std::uint8_t last_flags_ = 0;
  std::size_t base_at_ = 0;
  unsigned marks_ = 0;
  std::uint64_t styled_run_ = 0;
  std::size_t styled_begin_ = 0;
  std::uint64_t styled_longest_ = 0;
  std::uint64_t right_to_left_ = 0;

  HiddenText tags_{Reading::kTagCharacters, {}, {}};
  HiddenText selectors_{Reading::kVariationSelectors, {}, {}};
  HiddenText zero_width_{Reading::kZeroWidthBits, {}, {}};
  std::array<Pending, kLongestFlag> flag_{};  ///< tags after U+1F3F4, not yet known to be data
  std::size_t flag_size_ = 0;
  bool in_flag_ = false;
  Pending selector_;  ///< the first variation selector after a character
  bool selector_open_ = false;
  bool selector_run_ = false;

  std::array<Tally, kSignKindCount> tallies_;
  std::uint64_t slow_steps_ = 0;
};

}  // namespace saiph::match
