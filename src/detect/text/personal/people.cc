#include "detect/text/personal/people.h"

#include <algorithm>
#include <utility>

#include "detect/text/personal/word_hash.h"

namespace saiph::detect {

namespace {

/// A capital letter of ASCII, Latin with accents, Greek or Cyrillic. Near enough for names.
bool is_capital(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(at(text, i));
  const auto next = static_cast<unsigned char>(at(text, i + 1));
  if (c < 0x80) return is_upper(static_cast<char>(c));
  if (c == 0xC3) return next >= 0x80 && next <= 0x9E;
  if (c == 0xC4 || c == 0xC5) return (next & 1U) == 0 || c == 0xC5;
  if (c == 0xCE) return next >= 0x86 && next <= 0xAB;
  if (c == 0xD0) return next >= 0x80 && next <= 0xAF;
  return false;
}

bool is_letter_byte(char c) {
  return is_alpha(c) || static_cast<unsigned char>(c) >= 0xC3;
}

}  // namespace

bool NameFinder::joined(std::size_t from, std::size_t to) const {
  if (to < from || to - from > 3) return false;
  const std::string_view gap = text_.substr(from, to - from);
  if (gap == " " || gap == "-" || gap == "'" || gap == "\xE2\x80\x99" || gap == "\xC2\xA0")
    return true;
  // "J. Smith", "John Q. Public".
  return gap == ". " && count_ > 0 && parts_[count_ - 1].initial;
}

bool NameFinder::follows(std::size_t context, std::size_t begin) const {
  if (context == SIZE_MAX || begin < context || begin - context > 4) return false;
  const std::string_view gap = text_.substr(context, begin - context);
  return gap.find_first_not_of(" .:,\"'\t>*") == std::string_view::npos ||
         gap.find('\n') == std::string_view::npos;
}

Hit NameFinder::on_word(const Word& word) {
  Hit out;
  place_ = {};
  const bool context = word.topics.has(Topic::kTitle) || word.topics.has(Topic::kIntroduction) ||
                       word.topics.has(Topic::kGreeting);
  const bool linked = count_ > 0 && joined(last_end_, word.begin);
  if (context &&
      !(linked && word.capital && word.end - word.begin > 3 && !word.topics.has(Topic::kTitle))) {
    out = flush();
    if (word.topics.has(Topic::kTitle)) title_end_ = word.end;
    if (word.topics.has(Topic::kIntroduction)) introduction_end_ = word.end;
    if (word.topics.has(Topic::kGreeting)) greeting_end_ = word.end;
    last_hash_ = 0;
    return out;
  }
  if (!word.capital) {
    // "van", "de": part of a name when a capital follows.
    if (linked && word.topics.has(Topic::kParticle) && text_[last_end_] == ' ') {
      last_end_ = word.end;
      return out;
    }
    last_hash_ = 0;
    return flush();
  }
  if (!linked || count_ == kMost) out = flush();
  std::uint32_t classes = gazetteer_.find(word.hash);
  if (word.topics.month != 0 || word.topics.has(Topic::kWeekday)) classes |= kEverydayWord;
  if ((classes & kPlaceName) != 0) place_ = {word.begin, word.end, 0.6, Personal::kPlace};
  if (linked && last_hash_ != 0) {
    if ((gazetteer_.find(WordHash::pair(last_hash_, word.hash)) & kPlaceName) != 0) {
      place_ = {parts_[count_ > 0 ? count_ - 1 : 0].begin, word.end, 0.7, Personal::kPlace};
      classes |= kPlaceName;
      if (count_ > 0) parts_[count_ - 1].classes |= kPlaceName;
    }
  }
  last_hash_ = word.hash;
  parts_[count_++] = {word.begin, word.end, classes, word.end - word.begin == 1};
  last_end_ = word.end;
  return out;
}

Hit NameFinder::flush() {
  const std::size_t all = std::exchange(count_, 0);
  if (all == 0) return {};
  std::size_t first = 0;
  std::size_t end = all;
  const auto everyday = [&](std::size_t i) {
    return (parts_[i].classes & kEverydayWord) != 0 && (parts_[i].classes & kGivenName) == 0;
  };
  const bool titled = follows(title_end_, parts_[0].begin);
  const bool introduced =
      follows(introduction_end_, parts_[0].begin) || follows(greeting_end_, parts_[0].begin);
  while (first < end && everyday(first) && !titled) ++first;
  while (end > first && (everyday(end - 1) || (parts_[end - 1].initial && end - first > 1))) --end;
  if (first == end) return {};
  if (end - first > 4) {
    // Headings: a given name with what follows it, where there is one.
    while (first < end && (parts_[first].classes & kGivenName) == 0) ++first;
    end = std::min(end, first + 3);
    if (end - first < 2) return {};
  }
  const Part& head = parts_[first];
  const Part& tail = parts_[end - 1];
  const std::size_t n = end - first;
  for (std::size_t i = first; i < end; ++i) {
    if (everyday(i)) return {};  // words in between
  }
  const auto is = [](const Part& part, std::uint32_t cls) { return (part.classes & cls) != 0; };
  const bool shouted = n > 0 && head.end - head.begin > 1 && is_upper(text_[head.begin + 1]);
  double confidence = 0;
  if (titled) {
    confidence = 0.85;
  } else if (n >= 2) {
    const bool given = is(head, kGivenName) || (head.initial && is(tail, kFamilyName));
    if (given && is(tail, kFamilyName)) {
      confidence = 0.88;
    } else if (given && !is(tail, kPlaceName)) {
      confidence = shouted ? 0.5 : (is(tail, kGivenName) ? 0.8 : 0.7);
    } else if (introduced) {
      confidence = 0.8;
    } else if (is(tail, kGivenName) && is(head, kFamilyName)) {
      confidence = 0.55;
    } else if (is(tail, kFamilyName) && !is(head, kPlaceName) && !shouted) {
      confidence = is(head, kFamilyName) ? 0.5 : 0.45;
    }
    // Every word a place: "New York", "San Salvador".
    if (is(head, kPlaceName) && is(tail, kPlaceName) && !introduced) confidence *= 0.5;
  } else if (is(head, kGivenName)) {
    const bool doubtful = is(head, kEverydayWord | kPlaceName) || shouted;
    confidence = introduced ? 0.85 : (doubtful ? 0.35 : 0.65);
  } else if (introduced && !is(head, kPlaceName) && head.end - head.begin > 2) {
    confidence = is(head, kFamilyName) ? 0.75 : 0.52;
  } else if (is(head, kFamilyName)) {
    confidence = 0.4;
  }
  return {head.begin, tail.end, confidence, Personal::kPerson};
}

namespace {

/// The end of "12", "12a", "12-14", "12/3" at `place`, or `place`.
std::size_t house_number_end(std::string_view text, std::size_t place) {
  std::size_t i = place;
  while (is_digit(at(text, i)) && i - place < 5) ++i;
  if (i == place || is_digit(at(text, i))) return place;
  if (is_alpha(at(text, i)) && !is_letter_byte(at(text, i + 1))) ++i;
  if ((at(text, i) == '-' || at(text, i) == '/') && is_digit(at(text, i + 1))) {
    std::size_t k = i + 1;
    while (is_digit(at(text, k)) && k - i < 5) ++k;
    if (!is_alnum(at(text, k))) i = k;
  }
  return is_alnum(at(text, i)) ? place : i;
}

bool ends_like_street(std::string_view word) {
  for (const std::string_view ending :
       {"stra\u00DFe", "strasse", "str",    "weg",   "gasse", "platz",        "allee", "straat",
        "laan",        "gade",    "gata",   "gatan", "vej",   "v\xC3\xA4gen", "vegen", "veien",
        "katu",        "plein",   "gracht", "damm",  "ring",  "ufer"}) {
    if (word.size() > ending.size() + 2 && word.ends_with(ending)) return true;
  }
  return false;
}

}  // namespace

Hit scan_street(std::string_view text, const Word& word, std::size_t number_begin,
                std::size_t number_end) {
  constexpr std::size_t kReach = 48;
  std::size_t end = word.end;
  if (at(text, end) == '.') ++end;
  if (word.topics.has(Topic::kStreetAfter) && number_end > number_begin &&
      word.begin > number_end && word.begin - number_end <= kReach) {
    // Between the number and the word: one to four words, one with a capital.
    const std::string_view between = text.substr(number_end, word.begin - number_end);
    bool capital = false;
    bool plain = between.size() > 2;
    for (std::size_t i = 0; i < between.size() && plain; ++i) {
      const char c = between[i];
      capital = capital || is_capital(between, i);
      plain = is_letter_byte(c) || static_cast<unsigned char>(c) >= 0x80 || c == ' ' || c == '.' ||
              c == '-' || c == '\'';
    }
    if (plain && capital && std::count(between.begin(), between.end(), ' ') <= 5)
      return {number_begin, end, word.capital ? 0.8 : 0.6, Personal::kAddress};
  }
  const bool suffix =
      word.capital && ends_like_street(text.substr(word.begin, word.end - word.begin));
  if (suffix && at(text, end) == ' ') {
    const std::size_t number = house_number_end(text, end + 1);
    if (number != end + 1) return {word.begin, number, 0.8, Personal::kAddress};
  }
  if (!word.topics.has(Topic::kStreetBefore)) return {};
  // The name: words with a capital, and particles, then perhaps a number.
  std::size_t i = end;
  std::size_t name_end = word.end;
  std::size_t words = 0;
  while (words < 5 && i - word.end < kReach) {
    if (at(text, i) == ',' && at(text, i + 1) == ' ' && is_digit(at(text, i + 2))) ++i;
    if (at(text, i) != ' ') break;
    const std::size_t number = house_number_end(text, i + 1);
    if (number != i + 1) {
      if (words == 0) return {};
      const bool before = number_end > number_begin && word.begin - number_end <= 2;
      return {before ? number_begin : word.begin, number, 0.8, Personal::kAddress};
    }
    std::size_t k = i + 1;
    const bool capital = is_capital(text, k);
    while (k < text.size() &&
           (is_letter_byte(text[k]) || static_cast<unsigned char>(text[k]) >= 0x80 ||
            text[k] == '\'' || text[k] == '-'))
      ++k;
    if (k == i + 1 || (!capital && k - i > 5)) break;
    if (capital) name_end = k;
    ++words;
    i = k;
  }
  if (name_end > word.end && number_end > number_begin && word.begin >= number_end &&
      word.begin - number_end <= 2)
    return {number_begin, name_end, 0.75, Personal::kAddress};
  return {};
}

Hit scan_unit(std::string_view text, const Word& word) {
  std::size_t i = word.end;
  if (at(text, i) == '.') ++i;
  if (at(text, i) == ' ') ++i;
  if (at(text, i) == '#') ++i;
  const std::size_t number = house_number_end(text, i);
  if (number == i || i == word.end) return {};
  const bool box = word.topics.has(Topic::kPostBox);
  std::size_t begin = word.begin;
  if (box) {
    // "P.O. Box": the pair that names it began before.
    while (begin > 0 && word.begin - begin < 6 &&
           (text[begin - 1] == ' ' || text[begin - 1] == '.' || (text[begin - 1] | 0x20) == 'p' ||
            (text[begin - 1] | 0x20) == 'o'))
      --begin;
    while (begin < word.begin && text[begin] == ' ') ++begin;
  }
  const bool named = box && (begin != word.begin || word.end - word.begin > 3);
  const bool unit = word.topics.has(Topic::kUnit) && word.capital;
  return {begin, number, named ? 0.85 : (unit ? 0.55 : 0.2), Personal::kAddress};
}

}  // namespace saiph::detect
