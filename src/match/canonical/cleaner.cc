#include "match/canonical/cleaner.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>

#include "base/byte_scan.h"
#include "base/text.h"
#include "match/canonical/code_points.h"

namespace saiph::match {

namespace {

constexpr std::uint32_t kBlackFlag = 0x1F3F4;
constexpr std::uint32_t kHangulFirst = 0xAC00;
constexpr std::uint32_t kLeadFirst = 0x1100;
constexpr std::uint32_t kVowelFirst = 0x1161;
constexpr std::uint32_t kTailBefore = 0x11A7;
constexpr std::uint32_t kLeads = 19;
constexpr std::uint32_t kVowels = 21;
constexpr std::uint32_t kTails = 28;
constexpr unsigned kNoiseMarks = 3;    // Vietnamese stacks two on a letter
constexpr unsigned kWritingMarks = 4;  // Indic vowels, viramas and nuktas

constexpr bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_plain(char c) {
  return (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t' || c == '\r';
}

std::uint32_t compose(std::uint32_t first, std::uint32_t second) {
  const auto found = std::lower_bound(
      kCompositions.begin(), kCompositions.end(), std::pair{first, second},
      [](const Composition& row, const std::pair<std::uint32_t, std::uint32_t>& wanted) {
        return std::pair{row.first, row.second} < wanted;
      });
  if (found == kCompositions.end() || found->first != first || found->second != second) return 0;
  return found->whole;
}

/// The only code point of a UTF-8 text, or 0.
std::uint32_t single_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (text.size() == 1) return byte(0);
  if (text.size() == 2 && byte(0) >= 0xC0 && byte(0) < 0xE0)
    return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  if (text.size() == 3 && byte(0) >= 0xE0)
    return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  return 0;
}

/// Bytes that a sequence with this first byte has, 0 when none starts so.
std::size_t announced_length(std::uint8_t first) {
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

std::uint32_t decode_utf8(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
  if (sequence.size() == 2) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  if (sequence.size() == 3)
    return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  return (byte(0) & 0x07U) << 18U | (byte(1) & 0x3FU) << 12U | (byte(2) & 0x3FU) << 6U |
         (byte(3) & 0x3FU);
}

/// The bits of two kinds of zero-width characters as bytes, when they read as a text; `width` bits
/// a byte, `one` the kind that is a one.
std::string read_bits(std::string_view kinds, std::size_t width, char one) {
  std::string out;
  for (std::size_t at = 0; at + width <= kinds.size(); at += width) {
    unsigned value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value = value << 1U | static_cast<unsigned>(kinds[at + i] == one);
    const char c = static_cast<char>(value);
    if (value >= 0x80 || !is_plain(c)) return {};
    out += c;
  }
  return out;
}

}  // namespace

std::size_t plain_text_prefix(std::string_view text) {
  std::size_t at = 0;
  while (text.size() - at >= 16) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));  // raw: vector load
    // Signed: bytes from 0x80 on are below every limit.
    const __m128i shown = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)),
                                           _mm_cmpgt_epi8(bytes, _mm_set1_epi8(' ' - 1)));
    const __m128i spaces = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')),
                                        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')),
                                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'))));
    const auto good = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(shown, spaces)));
    if (good != 0xFFFFU) return at + static_cast<std::size_t>(std::countr_one(good));
    at += 16;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

Cleaner::Cleaner() = default;

void Cleaner::feed(std::string_view piece) {
  std::size_t at = 0;
  // A sequence that the last piece cut.
  while (cut_bytes_ != 0 && at < piece.size()) {
    cut_[cut_bytes_++] = piece[at++];
    const std::string_view sofar(cut_.data(), cut_bytes_);
    const std::size_t wanted = announced_length(static_cast<std::uint8_t>(cut_[0]));
    const bool continues = (static_cast<std::uint8_t>(sofar.back()) & 0xC0U) == 0x80;
    if (continues && cut_bytes_ < wanted) continue;
    const std::size_t taken = cut_bytes_;
    cut_bytes_ = 0;
    if (continues && utf8_sequence_length(as_bytes(sofar)) == wanted) {
      take(decode_utf8(sofar), offset_, static_cast<std::uint32_t>(wanted));
      offset_ += wanted;
    } else {
      // The bytes that do continue are bad ones; the one that does not is looked at again.
      const std::size_t bad = continues ? taken : taken - 1;
      for (std::size_t i = 0; i < bad; ++i) take_invalid(sofar.substr(i, 1), offset_++);
      if (!continues) --at;
    }
  }
  while (at < piece.size()) {
    const auto first = static_cast<std::uint8_t>(piece[at]);
    if (is_plain(piece[at])) {
      const std::size_t run = plain_text_prefix(piece.substr(at));
      take_plain(piece.substr(at, run), offset_);
      at += run;
      offset_ += run;
      continue;
    }
    if (first < 0x80) {
      take(first, offset_++, 1);
      ++at;
      continue;
    }
    const std::size_t wanted = announced_length(first);
    std::size_t there = 1;
    while (there < wanted && at + there < piece.size() &&
           (static_cast<std::uint8_t>(piece[at + there]) & 0xC0U) == 0x80)
      ++there;
    if (wanted != 0 && there < wanted && at + there == piece.size()) {
      for (std::size_t i = 0; i < there; ++i) cut_[i] = piece[at + i];
      cut_bytes_ = there;
      return;
    }
    const std::string_view sequence = piece.substr(at, std::max<std::size_t>(wanted, 1));
    if (wanted != 0 && there == wanted && utf8_sequence_length(as_bytes(sequence)) == wanted) {
      take(decode_utf8(sequence), offset_, static_cast<std::uint32_t>(wanted));
    } else {
      for (std::size_t i = 0; i < there; ++i) take_invalid(piece.substr(at + i, 1), offset_ + i);
    }
    at += there;
    offset_ += there;
  }
}

void Cleaner::finish() {
  for (std::size_t i = 0; i < cut_bytes_; ++i)
    take_invalid(std::string_view(cut_.data() + i, 1), offset_++);
  cut_bytes_ = 0;
  end_flag(false);
  release_held();
  end_word();
  styled_longest_ = std::max(styled_longest_, styled_run_);
}

void Cleaner::take_plain(std::string_view run, std::size_t at) {
  end_flag(false);
  release_held();
  selector_open_ = selector_run_ = false;
  styled_longest_ = std::max(styled_longest_, styled_run_);
  styled_run_ = 0;
  std::size_t begin = 0;
  // Letters that go on with a word which has other letters in it.
  while (word_size_ != 0 && begin < run.size()) {
    if (!is_ascii_letter(run[begin])) {
      end_word();
      break;
    }
    const auto point = static_cast<std::uint8_t>(run[begin]);
    to_word({&code_point(point), point, at + begin, 1});
    ++begin;
  }
  if (begin < run.size()) {
    out_.append(run, begin);
    map_.append_same(run.size() - begin, at + begin);
    // Spaces count as letters here: it is a proportion that is asked for.
    latin_letters_ += run.size() - begin;
    after_latin_ = is_ascii_letter(run.back());
  }
  last_point_ = static_cast<std::uint8_t>(run.back());
  last_flags_ = is_ascii_letter(run.back()) ? CodePoint::kLetter | CodePoint::kLatin : 0;
  base_at_ = at + run.size() - 1;
  marks_ = 0;
}

void Cleaner::take(std::uint32_t point, std::size_t at, std::uint32_t length) {
  ++slow_steps_;
  const CodePoint& record = code_point(point);
  if (record.what() != CodePointClass::kTag) end_flag(false);
  switch (record.what()) {
    case CodePointClass::kKeep:
    case CodePointClass::kMap:
    case CodePointClass::kHangul:
      // The half-width voiced sound marks are letters by name and marks by use.
      if (point == 0xFF9E || point == 0xFF9F)
        return take_mark(code_point(0x3099), point == 0xFF9E ? 0x3099 : 0x309A, at, length);
      return take_base(record, point, at, length);
    case CodePointClass::kStrip:
    case CodePointClass::kMark:
      return take_mark(record, point, at, length);
    case CodePointClass::kPrivate:
      note(SignKind::kPrivateUse, at, length, true);
      return take_base(record, point, at, length);
    default:
      return take_invisible(record, point, at, length);
  }
}

void Cleaner::take_base(const CodePoint& record, std::uint32_t point, std::size_t at,
                        std::uint32_t length) {
  selector_open_ = selector_run_ = false;
  marks_ = 0;
  base_at_ = at;
  last_point_ = point;
  last_flags_ = record.flags;
  if (record.has(CodePoint::kRightToLeft)) ++right_to_left_;
  if (record.has(CodePoint::kStyled)) {
    if (styled_run_++ == 0) styled_begin_ = at;
    if (styled_run_ >= 3)
      note(SignKind::kStyledLetters, styled_begin_, at + length - styled_begin_, true);
  } else {
    styled_longest_ = std::max(styled_longest_, styled_run_);
    styled_run_ = 0;
  }
  if (record.what() == CodePointClass::kHangul && join_hangul(point, length)) return;
  release_held();
  held_ = {&record, point, at, length};
  if (record.what() == CodePointClass::kMap) held_.point = single_point(text_of(record));
  holding_ = true;
}

bool Cleaner::join_hangul(std::uint32_t point, std::uint32_t length) {
  if (!holding_) return false;
  const std::uint32_t lead = held_.point - kLeadFirst;
  const std::uint32_t vowel = point - kVowelFirst;
  const std::uint32_t tail = point - kTailBefore;
  const std::uint32_t syllable = held_.point - kHangulFirst;
  if (lead < kLeads && vowel < kVowels) {
    held_.point = kHangulFirst + (lead * kVowels + vowel) * kTails;
  } else if (syllable < kLeads * kVowels * kTails && syllable % kTails == 0 && tail > 0 &&
             tail < kTails) {
    held_.point += tail;
  } else {
    return false;
  }
  held_.record = &code_point(held_.point);
  held_.length += length;
  return true;
}

void Cleaner::take_mark(const CodePoint& record, std::uint32_t point, std::size_t at,
                        std::uint32_t length) {
  selector_open_ = selector_run_ = false;
  if (marks_ == 0 && holding_ && held_.point != 0) {
    const std::uint32_t whole = compose(held_.point, point);
    if (whole != 0) {
      held_.point = whole;
      held_.record = &code_point(whole);
      held_.length += length;
      return;
    }
  }
  ++marks_;
  if (record.what() == CodePointClass::kStrip) {
    if (marks_ >= kNoiseMarks)
      note(SignKind::kCombiningNoise, base_at_, at + length - base_at_, true);
    return;
  }
  if (marks_ > kWritingMarks) return note(SignKind::kCombiningNoise, at, length, true);
  release_held();
  end_word();
  emit({&record, point, at, length});
}

void Cleaner::take_invisible(const CodePoint& record, std::uint32_t point, std::size_t at,
                             std::uint32_t length) {
  switch (record.what()) {
    case CodePointClass::kTag:
      return take_tag(point, at, length);
    case CodePointClass::kVariation:
      return take_variation(point, at, length);
    case CodePointClass::kZero:
      return take_zero_width(record, point, at, length);
    case CodePointClass::kBidi:
      // Overrides and embeddings reorder what is shown; the plain marks only stand beside it.
      return note(SignKind::kBidiControls, at, length,
                  point != 0x200E && point != 0x200F && point != 0x061C);
    case CodePointClass::kHyphen:
      return note(SignKind::kSoftHyphen, at, length, (last_flags_ & CodePoint::kLetter) != 0);
    case CodePointClass::kFiller:
      return note(SignKind::kFillers, at, length, true);
    default:
      return note(point == 0 ? SignKind::kNul : SignKind::kControls, at, length, true);
  }
}

void Cleaner::take_tag(std::uint32_t point, std::size_t at, std::uint32_t length) {
  if (!in_flag_ && last_point_ == kBlackFlag && base_at_ + 4 == at) in_flag_ = true;
  if (in_flag_) {
    if (flag_size_ == kLongestFlag) {
      end_flag(false);
    } else {
      flag_[flag_size_++] = {nullptr, point, at, length};
      if (point == 0xE007F) end_flag(true);
      return;
    }
  }
  take_tag_data(point, at, length);
}

void Cleaner::take_tag_data(std::uint32_t point, std::size_t at, std::uint32_t length) {
  note(SignKind::kTagCharacters, at, length, true);
  const std::uint32_t character = point - 0xE0000;
  if (character < 0x80 && is_plain(static_cast<char>(character))) {
    tags_.bytes += static_cast<char>(character);
    tags_.map.append_units(1, 1, at, static_cast<std::ptrdiff_t>(length));
  }
}

/// The flag of a region is a black flag, at most six tag letters or digits, and a cancel tag.
void Cleaner::end_flag(bool complete) {
  if (!in_flag_) return;
  in_flag_ = false;
  const std::size_t size = flag_size_;
  flag_size_ = 0;
  bool region = complete && size >= 4;
  for (std::size_t i = 0; region && i + 1 < size; ++i) {
    const std::uint32_t c = flag_[i].point - 0xE0000;
    region = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }
  if (region) return;
  last_point_ = 0;
  for (std::size_t i = 0; i < size; ++i)
    take_tag_data(flag_[i].point, flag_[i].original, flag_[i].length);
}

void Cleaner::take_variation(std::uint32_t point, std::size_t at, std::uint32_t length) {
  const auto add = [&](const Pending& selector) {
    const std::uint32_t value =
        selector.point >= 0xE0100 ? selector.point - 0xE0100 + 16 : selector.point - 0xFE00;
    note(SignKind::kVariationSelectors, selector.original, selector.length, true);
    selectors_.bytes += static_cast<char>(value);
    selectors_.map.append_units(1, 1, selector.original,
                                static_cast<std::ptrdiff_t>(selector.length));
  };
  const Pending selector{nullptr, point, at, length};
  if (selector_run_) return add(selector);
  // One selector is what they are for, except after a letter that has no variants.
  const bool after_ascii_letter =
      last_point_ < 0x80 && is_ascii_letter(static_cast<char>(last_point_));
  if (after_ascii_letter) {
    selector_run_ = true;
    return add(selector);
  }
  if (!selector_open_) {
    selector_open_ = true;
    selector_ = selector;
    return;
  }
  selector_run_ = true;
  add(selector_);
  add(selector);
}

void Cleaner::take_zero_width(const CodePoint& record, std::uint32_t point, std::size_t at,
                              std::uint32_t length) {
  (void)record;
  if (point == 0xFEFF && at == 0) return;  // byte order mark
  const bool joiner = point == 0x200C || point == 0x200D || point == 0x200B;
  const bool explained =
      (joiner && (last_flags_ & (CodePoint::kJoiners | CodePoint::kPictograph)) != 0) ||
      (point == 0x200D && last_point_ == 0xFE0F) || (point >= 0x180B && point <= 0x180F);
  note(SignKind::kZeroWidth, at, length, !explained);
  if (explained) return;
  // At most four kinds are told apart; the kind is what carries bits.
  static constexpr std::array<std::uint32_t, 8> kKinds = {0x200B, 0x200C, 0x200D, 0x2060,
                                                          0x2062, 0x2063, 0x2064, 0xFEFF};
  const auto kind = std::find(kKinds.begin(), kKinds.end(), point);
  if (kind == kKinds.end()) return;
  zero_width_.bytes += static_cast<char>('a' + (kind - kKinds.begin()));
  zero_width_.map.append_units(1, 1, at, static_cast<std::ptrdiff_t>(length));
}

void Cleaner::take_invalid(std::string_view bytes, std::size_t at) {
  ++slow_steps_;
  end_flag(false);
  note(SignKind::kInvalidUtf8, at, bytes.size(), true);
}

void Cleaner::release_held() {
  if (!holding_) return;
  holding_ = false;
  const Pending pending = held_;
  const bool letter = pending.record->has(CodePoint::kLetter);
  if (letter && (word_size_ != 0 || pending.record->has(CodePoint::kAlike)))
    return to_word(pending);
  end_word();
  emit(pending);
}

void Cleaner::to_word(const Pending& pending) {
  if (word_size_ == 0) {
    word_has_latin_ = after_latin_;
    word_begin_ = pending.original;
  }
  if (word_size_ == kLongestWord) {
    const bool latin = word_has_latin_;
    end_word();
    word_has_latin_ = latin;
    word_begin_ = pending.original;
  }
  word_[word_size_++] = pending;
  if (pending.record->has(CodePoint::kLatin)) word_has_latin_ = true;
}

void Cleaner::end_word() {
  if (word_size_ == 0) return;
  const std::size_t size = word_size_;
  word_size_ = 0;
  std::size_t alike = 0;
  std::size_t strong = 0;
  std::size_t latin = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const CodePoint& record = *word_[i].record;
    if (record.has(CodePoint::kLatin)) {
      ++latin;
    } else if (record.like != 0) {
      ++alike;
      if (record.like >= 'a') ++strong;
    }
  }
  // A word of look-alikes alone is read as Latin only where nearly all of the text is Latin: most
  // such words are words of their own language.
  const bool alone = latin == 0 && !word_has_latin_ && strong == size && size > 1 &&
                     latin_letters_ > 8 * other_letters_;
  const bool fold = alike != 0 && (word_has_latin_ || alone);
  if (fold) {
    const Pending& last = word_[size - 1];
    // A Greek letter in a formula is no disguise, three and more letters are.
    note(SignKind::kMixedScripts, word_begin_, last.original + last.length - word_begin_,
         size + (after_latin_ ? 2 : 0) >= 4);
    latin_letters_ += size;
  } else {
    other_letters_ += size;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const Pending& pending = word_[i];
    const char like = pending.record->like;
    if (fold && like != 0 && !pending.record->has(CodePoint::kLatin)) {
      out_ += static_cast<char>(like | 0x20);
      map_.append(1, pending.original, pending.length);
      after_latin_ = true;
    } else {
      emit(pending);
    }
  }
}

void Cleaner::emit(const Pending& pending) {
  const std::size_t before = out_.size();
  if (pending.point != 0)
    append_utf8(out_, pending.point);
  else
    out_ += text_of(*pending.record);
  const std::size_t bytes = out_.size() - before;
  if (bytes == pending.length)
    map_.append_same(bytes, pending.original);
  else
    map_.append(bytes, pending.original, pending.length);
  after_latin_ = bytes != 0 && is_ascii_letter(out_.back());
}

void Cleaner::note(SignKind kind, std::size_t at, std::size_t length, bool pressing) {
  Tally& all = tally(kind);
  ++all.count;
  if (pressing) ++all.pressing;
  const bool next = all.count > 1 && at <= all.run_end;
  all.run = next ? all.run + 1 : 1;
  all.longest = std::max(all.longest, all.run);
  all.run_end = at + length;
  if (next && !all.places.empty() && all.places.back().offset + all.places.back().length >= at) {
    TextSpan& last = all.places.back();
    last.length = std::max(last.length, at + length - last.offset);
  } else if (all.places.size() < Sign::kPlaces) {
    all.places.push_back({at, length});
  }
}

double Cleaner::score(SignKind kind) const {
  const Tally& all = tally(kind);
  const std::uint64_t n = all.pressing;
  if (n == 0) return 0;
  const auto steps = [n](std::uint64_t few, std::uint64_t many, double one, double some,
                         double lots) {
    return n >= many ? lots : n >= few ? some : one;
  };
  switch (kind) {
    case SignKind::kTagCharacters:
      return steps(3, 8, 50, 70, 90);
    case SignKind::kVariationSelectors:
      return steps(4, 10, 15, 60, 85);
    case SignKind::kZeroWidth:
      return steps(3, 12, 10, 30, 60);
    case SignKind::kBidiControls:
      // Where letters run from right to left, these are ordinary.
      return right_to_left_ > 4 * n ? 0 : steps(2, 8, 20, 35, 60);
    case SignKind::kSoftHyphen:
      // Hyphenation puts a few into long words; an attempt puts one after every letter or two.
      return n * 4 > latin_letters_ + other_letters_ && n >= 3 ? 50 : 0;
    case SignKind::kFillers:
      return steps(2, 6, 15, 30, 60);
    case SignKind::kControls:
      return steps(2, 8, 5, 10, 20);
    case SignKind::kNul:
      return 20;
    case SignKind::kInvalidUtf8:
      return steps(2, 8, 5, 10, 20);
    case SignKind::kMixedScripts:
      return steps(2, 4, 40, 60, 80);
    case SignKind::kCombiningNoise:
      return steps(4, 12, 10, 30, 60);
    case SignKind::kStyledLetters:
      return steps(8, 24, 10, 20, 30);
    case SignKind::kPrivateUse:
      return steps(4, 16, 0, 5, 10);
  }
  return 0;
}

std::vector<Sign> Cleaner::signs() const {
  std::vector<Sign> out;
  for (std::size_t i = 0; i < kSignKindCount; ++i) {
    const auto kind = static_cast<SignKind>(i);
    const Tally& all = tallies_[i];
    if (all.count != 0) out.push_back({kind, all.count, all.places, score(kind)});
  }
  return out;
}

std::vector<HiddenText> Cleaner::hidden() const {
  std::vector<HiddenText> out;
  // Shorter ones are accidents; three characters are a word.
  constexpr std::size_t kShortest = 3;
  if (tags_.bytes.size() >= kShortest) out.push_back(tags_);
  const auto shown = static_cast<std::size_t>(
      std::count_if(selectors_.bytes.begin(), selectors_.bytes.end(),
                    [](char c) { return is_plain(c) || static_cast<std::uint8_t>(c) >= 0x80; }));
  if (selectors_.bytes.size() >= kShortest && shown * 10 >= selectors_.bytes.size() * 9)
    out.push_back(selectors_);
  // Bits: exactly two kinds, at least two bytes of them, and a text comes out. A third kind that
  // stands in between is taken for a separator and left out.
  const std::string& kinds = zero_width_.bytes;
  if (kinds.size() >= 14) {
    std::array<std::size_t, 8> often{};
    for (const char kind : kinds) ++often[static_cast<std::size_t>(kind - 'a')];
    std::array<std::size_t, 8> order{};
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return often[a] > often[b]; });
    const char first = static_cast<char>('a' + order[0]);
    const char second = static_cast<char>('a' + order[1]);
    std::string bits;
    std::vector<std::size_t> from;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i] != first && kinds[i] != second) continue;
      bits += kinds[i];
      from.push_back(i);
    }
    for (const std::size_t width : {std::size_t{8}, std::size_t{7}}) {
      for (const char one : {second, first}) {
        HiddenText text{Reading::kZeroWidthBits, read_bits(bits, width, one), {}};
        if (text.bytes.size() < 2) continue;
        for (std::size_t i = 0; i < text.bytes.size(); ++i) {
          const TextSpan place =
              zero_width_.map.original(from[i * width], from[i * width + width - 1] + 1);
          text.map.append(1, place.offset, place.length);
        }
        out.push_back(std::move(text));
        return out;
      }
    }
  }
  return out;
}

}  // namespace saiph::match
