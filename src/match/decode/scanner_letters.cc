// The scanner's readings of letters that were moved, spaced or replaced.
#include <algorithm>
#include <array>
#include <utility>

#include "match/canonical/ascii.h"
#include "match/decode/ciphers.h"
#include "match/decode/scanner.h"
#include "match/decode/token_table.h"
#include "match/decode/words.h"

namespace saiph::match {

namespace {

/// Letters by themselves: fewer are initials or a list.
constexpr std::size_t kFewestLetters = 4;
/// A cipher shows itself by its words; in fewer letters chance would.
constexpr std::size_t kFewestCipherLetters = 12;
/// A run of strange words is decided after so many bytes.
constexpr std::size_t kLongestStretch = 4096;
constexpr std::size_t kLineContext = 200;
constexpr std::size_t kLongestTag = 128;

/// The letter that a digit or sign stands for; 0 for none. `bar`: what 1, ! and | stand for.
constexpr char leet_letter(char c, char bar) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
      return bar;
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
    case '+':
      return 't';
    case '8':
      return 'b';
    default:
      return is_letter(c) ? lower(c) : '\0';
  }
}

/// Whether words of a split are the syllables of a long one: "represent at i on", "con t in u".
bool is_word_endings(std::string_view words) {
  std::size_t lone = 0;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const bool alone = words[i - 1] == ' ' && (i + 1 == words.size() || words[i + 1] == ' ');
    lone += alone && words[i] != 'a' && words[i] != 'i' ? 1 : 0;
  }
  return lone * 24 > words.size() || words.find(" i on") != std::string_view::npos;
}

}  // namespace

/// Puts spaces between the words of `piece_`, which holds letters alone. False when these are no
/// words; the piece is then as it was.
bool Scanner::space_out_piece() {
  allowance_->work += piece_.text.size();
  if (piece_.text.size() > kLongestRow || !split_words(piece_.text, begins_)) return false;
  Piece spaced;
  for (std::size_t i = 0; i < piece_.text.size(); ++i) {
    const TextSpan from = piece_.map.original(i, i + 1);
    if (i != 0 && begins_[i] != 0) spaced.put(' ', from.offset, 0);
    spaced.put(piece_.text[i], from.offset, from.length);
  }
  piece_ = std::move(spaced);
  return true;
}

void Scanner::end_letters(const Run& run) {
  if (run.tokens < kFewestLetters) return;
  // Letters of one word stand equally far apart; a wider gap ends the word.
  std::size_t usual = run.end;
  std::size_t last = run.begin;
  for (std::size_t i = run.begin + 1; i < run.end; ++i) {
    if (!is_letter(source_[i])) continue;
    usual = std::min(usual, i - last);
    last = i;
  }
  piece_.clear();
  bool gaps = false;
  last = run.begin;
  for (std::size_t i = run.begin; i < run.end; ++i) {
    if (!is_letter(source_[i])) continue;
    if (i - last > usual) {
      gaps = true;
      piece_.put(' ', last + 1, i - last - 1);
    }
    piece_.put(lower(source_[i]), i, 1);
    last = i;
  }
  allowance_->work += 2 * (run.end - run.begin);
  if (!gaps) space_out_piece();
  if (!known_letters(piece_.text).at_least(50) && !has_natural_letters(piece_.text)) return;
  accept(Reading::kJoinedLetters, run.begin, run.end);
}

void Scanner::end_spelling(const Run& run) {
  if (run.tokens < kFewestLetters) return;
  piece_.clear();
  for (std::size_t i = run.begin; i < run.end; ++i) {
    const bool first = is_letter(source_[i]) && (i == run.begin || !is_letter(source_[i - 1]));
    if (!first) continue;
    std::size_t end = i;
    while (end < run.end && is_letter(source_[end])) ++end;
    piece_.put(lower(source_[i]), i, end - i);
  }
  allowance_->work += run.end - run.begin;
  space_out_piece();
  if (!known_letters(piece_.text).at_least(50)) return;
  accept(Reading::kNato, run.begin, run.end);
}

void Scanner::add_strange(const Token& token) {
  strange_.add(token);
  if (strange_.end - strange_.begin > kLongestStretch) end_strange();
}

void Scanner::end_strange() {
  if (strange_.tokens == 0) return;
  const Run run = std::exchange(strange_, {});
  if (run.end - run.begin < kFewestCipherLetters || run.end - run.begin > 2 * kLongestStretch)
    return;
  std::size_t begin = run.begin;
  std::size_t end = run.end;
  allowance_->work += 2 * (end - begin);
  if (known_letters(part(begin, end)).at_least(40)) return;
  // Words of the language at the ends are what stands around a cipher, not part of it.
  const auto known = [&](std::size_t from, std::size_t to) {
    while (from < to && !is_letter(source_[from])) ++from;
    while (from < to && !is_letter(source_[to - 1])) --to;
    return to - from >= 4 && word_rank(part(from, to)) != 0;
  };
  while (begin < end) {
    std::size_t stop = begin;
    while (stop < end && !is_space(source_[stop])) ++stop;
    if (!known(begin, stop)) break;
    while (stop < end && is_space(source_[stop])) ++stop;
    begin = stop;
  }
  while (begin < end) {
    std::size_t start = end;
    while (start > begin && !is_space(source_[start - 1])) --start;
    if (!known(start, end)) break;
    while (start > begin && is_space(source_[start - 1])) --start;
    end = start;
  }
  if (end - begin < kFewestCipherLetters) return;
  std::size_t steps = 0;
  const CipherGuess guess = guess_cipher(part(begin, end), steps);
  allowance_->work += steps;
  if (guess.kind == CipherGuess::Kind::kNone) return;
  piece_.clear();
  decipher(source_, begin, end, guess, piece_);
  const Reading reading = guess.kind == CipherGuess::Kind::kCaesar   ? Reading::kCaesar
                          : guess.kind == CipherGuess::Kind::kAtbash ? Reading::kAtbash
                                                                     : Reading::kRot47;
  accept(reading, begin, end, true, guess.shift);
}

void Scanner::note_reversed(const Token& word, std::uint8_t signs) {
  if ((signs & (kReversedWord | kReversedStart)) != 0) {
    reversed_.add(word);
    since_reversed_ = 0;
    return;
  }
  if (++since_reversed_ > 12 || (signs & kCommonWord) != 0) end_reversed();
}

void Scanner::end_reversed() {
  const Run run = std::exchange(reversed_, {});
  since_reversed_ = 0;
  if (run.tokens < 2) return;
  // The whole line, as far as it is near: not every word has a beginning that tells.
  std::size_t begin = run.begin;
  std::size_t end = run.end;
  while (begin > 0 && run.begin - begin < kLineContext && source_[begin - 1] != '\n') --begin;
  while (end < source_.size() && end - run.end < kLineContext && source_[end] != '\n') ++end;
  while (begin > 0 && begin < run.begin && !is_space(source_[begin - 1])) ++begin;
  while (end < source_.size() && end > run.end && !is_space(source_[end])) --end;
  allowance_->work += 3 * (end - begin);
  piece_.clear();
  reverse_text(source_, run.begin, run.end, false, piece_);
  const LetterShare share = known_letters(piece_.text);
  if (share.words < 2 || !share.at_least(25)) return;
  piece_.clear();
  reverse_text(source_, begin, end, false, piece_);
  accept(Reading::kReversed, begin, end);
  piece_.clear();
  reverse_text(source_, begin, end, true, piece_);
  accept(Reading::kReversedWords, begin, end);
}

void Scanner::long_word(const Token& word) {
  // Capital letters in the midst: names of programs have a few, base64 has many.
  if ((word.any & kAlpha) == kAlpha) {
    std::size_t turns = 0;
    for (std::size_t i = word.begin + 1; i < word.end; ++i)
      turns += (kByteClasses[static_cast<std::uint8_t>(source_[i])] & kUpper) != 0 &&
                       (kByteClasses[static_cast<std::uint8_t>(source_[i - 1])] & kLower) != 0
                   ? 1
                   : 0;
    if (turns * 8 >= word.size() && run_.kind != RunKind::kBase64) {
      base64_within(word);
    }
  } else {
    try_base32(word);
  }
  if (word_rank(part(word.begin, word.end)) != 0) return;
  std::size_t at = word.begin;
  while (at < word.end) {
    const std::size_t end = std::min(word.end, at + kLongestRow);
    piece_.clear();
    for (std::size_t i = at; i < end; ++i) piece_.put(lower(source_[i]), i, 1);
    if (!space_out_piece()) return;
    if (std::count(piece_.text.begin(), piece_.text.end(), ' ') < 2 || is_word_endings(piece_.text))
      return;
    accept(Reading::kSplitWords, at, end);
    at = end;
  }
}

void Scanner::dotted_letters(const Token& core) {
  // One letter, then signs that are the same throughout, and so on.
  if (core.size() < 5) return;
  piece_.clear();
  const char separator = source_[core.begin + 1];
  if (is_letter(separator)) return;
  bool letter_next = true;
  for (std::size_t i = core.begin; i < core.end; ++i) {
    const char c = source_[i];
    if (is_letter(c) != letter_next && !(c == separator && !letter_next)) {
      if (c != separator) return;
      continue;  // "i--g--n"
    }
    if (letter_next)
      piece_.put(lower(c), i, 1);
    else if (c != separator)
      return;
    letter_next = !letter_next;
  }
  allowance_->work += core.size();
  if (piece_.text.size() < 3) return;
  const std::size_t letters = piece_.text.size();
  const bool word = word_rank(piece_.text) != 0 || (letters >= 8 && space_out_piece());
  accept(Reading::kJoinedLetters, core.begin, core.end, word);
}

void Scanner::separated_words(const Token& core) {
  piece_.clear();
  std::size_t words = 0;
  std::size_t known = 0;
  std::size_t letters = 0;
  std::size_t at = core.begin;
  while (at < core.end) {
    std::size_t end = at;
    while (end < core.end && is_letter(source_[end])) ++end;
    if (end == at) {
      if ((kByteClasses[static_cast<std::uint8_t>(source_[at])] & (kSeparator | kNotAscii)) == 0)
        return;
      piece_.put(' ', at, 1);
      ++at;
      continue;
    }
    ++words;
    letters += end - at;
    if (word_rank(part(at, end)) != 0) known += end - at;
    piece_.keep(source_, at, end);
    at = end;
  }
  allowance_->work += core.size();
  if (words < 3 || known * 10 < letters * 8) return;
  accept(Reading::kSeparatedWords, core.begin, core.end);
}

void Scanner::leet(const Token& core) {
  if ((core.any & kAlpha) == 0) {
    // "411" among words that were written so.
    if (last_leet_end_ == 0 || core.begin - last_leet_end_ > 2) return;
  }
  std::array<char, 33> mapped{};
  for (const char bar : {'i', 'l'}) {
    std::size_t size = 0;
    for (std::size_t i = core.begin; i < core.end; ++i) {
      const char letter = leet_letter(source_[i], bar);
      if (letter == 0 || size == mapped.size()) return;
      mapped[size++] = letter;
    }
    const std::string_view word(mapped.data(), size);
    allowance_->work += size;
    if (word_rank(word) == 0) continue;
    piece_.clear();
    for (std::size_t i = 0; i < size; ++i) piece_.put(word[i], core.begin + i, 1);
    last_leet_end_ = core.end;
    return accept(Reading::kLeetspeak, core.begin, core.end, size >= 4 && (core.any & kAlpha) != 0);
  }
}

void Scanner::not_ascii(const Token& token) {
  std::size_t cells = 0;
  bool turned = false;
  for (std::size_t i = token.begin; i < token.end; ++i) {
    if (static_cast<std::uint8_t>(source_[i]) < 0xC0) continue;
    char letter = 0;
    cells += static_cast<std::uint8_t>(source_[i]) == 0xE2 &&
                     (static_cast<std::uint8_t>(at(i + 1)) & 0xFCU) == 0xA0
                 ? 1
                 : 0;
    turned |= !turned && upside_down_letter(source_.substr(i, 4), letter) > 1;
  }
  allowance_->work += token.size();
  if (cells != 0) {
    piece_.clear();
    if (decode_braille(source_, token.begin, token.end, piece_)) {
      const bool letters_alone = std::all_of(piece_.text.begin(), piece_.text.end(), is_letter);
      if (letters_alone && word_rank(piece_.text) == 0) space_out_piece();
      // Some cells among other signs are a list of characters.
      accept(Reading::kBraille, token.begin, token.end, cells >= 2 && cells * 6 >= token.size());
    }
  }
  if (turned) {
    upside_down_.add(token);
    since_upside_down_ = 0;
    if (upside_down_.end - upside_down_.begin > kLongestStretch) end_upside_down();
  }
}

void Scanner::end_upside_down() {
  const Run run = std::exchange(upside_down_, {});
  since_upside_down_ = 0;
  if (run.tokens == 0) return;
  piece_.clear();
  turn_text(source_, run.begin, run.end, piece_);
  allowance_->work += 2 * (run.end - run.begin);
  if (known_letters(piece_.text).at_least(40)) accept(Reading::kUpsideDown, run.begin, run.end);
}

void Scanner::joined_strings(const Token& token) {
  for (std::size_t i = token.begin; i < token.end; ++i) {
    if (source_[i] != '+') continue;
    std::size_t left = i;
    while (left > 0 && i - left < 3 && is_space(source_[left - 1])) --left;
    std::size_t right = i + 1;
    while (right < source_.size() && right - i < 4 && is_space(source_[right])) ++right;
    if (left == 0 || right >= source_.size()) continue;
    const char quote = source_[left - 1];
    if ((quote != '"' && quote != '\'') || source_[right] != quote) continue;
    piece_.clear();
    // Signs that are joined ("-" + "*") are no words.
    const bool letters = is_letter(at(right + 1)) || (left >= 2 && is_letter(source_[left - 2]));
    accept(Reading::kJoinedStrings, left - 1, right + 1, letters);
  }
}

void Scanner::markup(const Token& token) {
  for (std::size_t i = token.begin; i < token.end; ++i) {
    if (source_[i] != '<' || i < no_bracket_to_) continue;
    const char next = at(i + 1);
    if (!is_letter(next) && next != '/' && next != '!') continue;
    const std::size_t most = std::min(source_.size(), i + kLongestTag);
    const std::size_t close = part(i, most).find('>');
    allowance_->work += most - i;
    if (close == std::string_view::npos) {
      no_bracket_to_ = most;
      continue;
    }
    const std::size_t end = i + close + 1;
    // A tag between words is what pages are made of; within a word it hides the word.
    if (i == 0 || (!is_letter(source_[i - 1]) && last_tag_end_ != i)) continue;
    const bool within = is_letter(at(end)) || at(end) == '<';
    if (!within) continue;
    last_tag_end_ = end;
    piece_.clear();
    accept(Reading::kMarkupRemoved, i, end, is_letter(at(end)));
  }
}

}  // namespace saiph::match
