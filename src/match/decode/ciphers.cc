#include "match/decode/ciphers.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_scan.h"
#include "match/decode/words.h"

namespace saiph::match {

namespace {

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

/// How often each letter stands in English text, in thousandths, less the average: what is rarer
/// counts against a guess.
constexpr std::array<int, 26> kWeights = {43,  -24, -11, 4,   89,  -16, -18, 22,  31,
                                          -37, -31, 1,   -14, 29,  36,  -20, -37, 21,
                                          24,  52,  -11, -29, -15, -37, -19, -37};

char moved(char c, int places) {
  if (is_lower(c)) return static_cast<char>('a' + (c - 'a' + 26 - places) % 26);
  if (is_upper(c)) return static_cast<char>('A' + (c - 'A' + 26 - places) % 26);
  return c;
}

char deciphered(char c, CipherGuess guess) {
  switch (guess.kind) {
    case CipherGuess::Kind::kCaesar:
      return moved(c, guess.shift);
    case CipherGuess::Kind::kAtbash:
      if (is_lower(c)) return static_cast<char>('z' - (c - 'a'));
      return is_upper(c) ? static_cast<char>('Z' - (c - 'A')) : c;
    case CipherGuess::Kind::kRot47:
      return c >= '!' && c <= '~' ? static_cast<char>('!' + (c - '!' + 47) % 94) : c;
    case CipherGuess::Kind::kNone:
      break;
  }
  return c;
}

struct UpsideDown {
  std::string_view turned;
  char letter;
};
constexpr std::array<UpsideDown, 16> kUpsideDown = {{{"ɐ", 'a'},
                                                     {"ɔ", 'c'},
                                                     {"ǝ", 'e'},
                                                     {"ɟ", 'f'},
                                                     {"ƃ", 'g'},
                                                     {"ɥ", 'h'},
                                                     {"ᴉ", 'i'},
                                                     {"ɾ", 'j'},
                                                     {"ʞ", 'k'},
                                                     {"ɯ", 'm'},
                                                     {"ɹ", 'r'},
                                                     {"ʇ", 't'},
                                                     {"ʌ", 'v'},
                                                     {"ʍ", 'w'},
                                                     {"ʎ", 'y'},
                                                     {"˙", '.'}}};
constexpr std::string_view kTurnFrom = "bdnpqu69[](){}<>!?,'";
constexpr std::string_view kTurnTo = "qpudbn96][)(}{><!?',";

std::size_t code_point_length(std::string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0x80) return 1;
  return std::max<std::size_t>(1, utf8_sequence_length(as_bytes(text.substr(0, 4))));
}

}  // namespace

CipherGuess guess_cipher(std::string_view stretch, std::size_t& steps) {
  std::array<int, 26> counts{};
  std::size_t letters = 0;
  std::size_t signs = 0;
  for (const char c : stretch) {
    const char small = static_cast<char>(c | 0x20);
    if (is_lower(small)) {
      ++counts[static_cast<std::size_t>(small - 'a')];
      ++letters;
    } else if (c > ' ' && c < 0x7F) {
      ++signs;
    }
  }
  steps += stretch.size();
  // Letters as frequent as in a language were not moved: English has 27 a letter on this scale,
  // German, French and source code 15 to 30, moved letters -7 to 9.
  int as_they_are = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) as_they_are += counts[i] * kWeights[i];
  const bool natural = as_they_are > static_cast<int>(letters) * (letters < 24 ? 20 : 15);
  if (natural && signs * 3 < letters) return {};
  std::string tried;
  const auto works = [&](CipherGuess guess, std::size_t percent, std::size_t words) {
    tried.clear();
    for (const char c : stretch) tried += deciphered(c, guess);
    steps += stretch.size();
    const LetterShare share = known_letters(tried);
    return share.words >= words && share.at_least(percent);
  };
  // In a long stretch fewer known words are proof enough: names and other languages are in none of
  // the lists.
  const std::size_t enough = letters >= 60 ? 35 : 55;
  if (letters >= 10 && !natural) {
    std::array<std::pair<int, int>, 25> sums{};
    for (int shift = 1; shift < 26; ++shift) {
      int sum = 0;
      for (int i = 0; i < 26; ++i)
        sum += counts[static_cast<std::size_t>(i)] *
               kWeights[static_cast<std::size_t>((i + 26 - shift) % 26)];
      sums[static_cast<std::size_t>(shift - 1)] = {sum, shift};
    }
    std::partial_sort(sums.begin(), sums.begin() + 3, sums.end(), std::greater<>());
    for (std::size_t i = 0; i < 3; ++i) {
      const CipherGuess guess{CipherGuess::Kind::kCaesar, sums[i].second};
      if (works(guess, enough, 2)) return guess;
    }
    const CipherGuess atbash{CipherGuess::Kind::kAtbash, 0};
    if (works(atbash, enough, 2)) return atbash;
  }
  if (signs * 12 >= letters + signs) {
    const CipherGuess rot47{CipherGuess::Kind::kRot47, 0};
    if (works(rot47, 65, 3)) return rot47;
  }
  return {};
}

bool has_natural_letters(std::string_view text) {
  int sum = 0;
  int letters = 0;
  for (const char c : text) {
    const char small = static_cast<char>(c | 0x20);
    if (!is_lower(small)) continue;
    sum += kWeights[static_cast<std::size_t>(small - 'a')];
    ++letters;
  }
  return letters >= 20 && sum > 13 * letters;
}

void decipher(std::string_view source, std::size_t begin, std::size_t end, CipherGuess guess,
              Piece& out) {
  for (std::size_t at = begin; at < end; ++at) out.text += deciphered(source[at], guess);
  out.map.append_same(end - begin, begin);
}

void reverse_text(std::string_view source, std::size_t begin, std::size_t end, bool by_word,
                  Piece& out) {
  const auto reverse = [&](std::size_t from, std::size_t to) {
    std::size_t at = to;
    while (at > from) {
      std::size_t first = at - 1;
      while (first > from && at - first < 4 &&
             (static_cast<unsigned char>(source[first]) & 0xC0U) == 0x80)
        --first;
      out.text.append(source, first, at - first);
      out.map.append_units(1, at - first, first, -static_cast<std::ptrdiff_t>(at - first));
      at = first;
    }
  };
  if (!by_word) return reverse(begin, end);
  std::size_t at = begin;
  while (at < end) {
    const std::size_t word_begin = at;
    const auto word = [](char c) { return c > ' ' || c < 0; };
    while (at < end && word(source[at])) ++at;
    reverse(word_begin, at);
    if (at < end) {
      out.keep(source, at, at + 1);
      ++at;
    }
  }
}

std::size_t upside_down_letter(std::string_view text, char& letter) {
  for (const UpsideDown& row : kUpsideDown) {
    if (!text.starts_with(row.turned)) continue;
    letter = row.letter;
    return row.turned.size();
  }
  return 0;
}

void turn_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  // Forward first, because a code point is told by its first byte.
  struct Turned {
    std::size_t at;
    std::size_t length;
    char letter;  ///< 0: as it is
  };
  std::vector<Turned> turned;
  for (std::size_t at = begin; at < end;) {
    char letter = 0;
    std::size_t length = upside_down_letter(source.substr(at, 4), letter);
    if (length == 0) {
      length = std::min(code_point_length(source.substr(at)), end - at);
      const char c = source[at];
      const std::size_t pair = kTurnFrom.find(c);
      letter = length != 1 ? '\0' : pair == std::string_view::npos ? c : kTurnTo[pair];
    }
    turned.push_back({at, length, letter});
    at += length;
  }
  for (const Turned& row : turned | std::views::reverse) {
    if (row.letter != 0)
      out.put(row.letter, row.at, row.length);
    else
      out.put(source.substr(row.at, row.length), row.at, row.length);
  }
}

}  // namespace saiph::match
