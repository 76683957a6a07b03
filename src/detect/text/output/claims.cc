// Numbers, dates and names of an answer against the passages it should rest on.
#include <algorithm>
#include <array>
#include <unordered_set>

#include "detect/rules/output.h"
#include "detect/text/output/checks.h"

namespace saiph::detect {

namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// "1,234.50" and "1 234.5" are the same number: digits and one point, no zeros at its end.
struct Number {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string value;
};

/// The number that begins at `at`, which is a digit.
Number number_at(std::string_view text, std::size_t at) {
  Number number;
  number.begin = at;
  bool point = false;
  while (at < text.size()) {
    const char c = text[at];
    const bool before_digit = at + 1 < text.size() && is_digit(text[at + 1]);
    if (is_digit(c)) {
      number.value += c;
    } else if (c == ',' && before_digit && at + 3 < text.size() && is_digit(text[at + 2]) &&
               is_digit(text[at + 3]) && !point) {
      // Thousands.
    } else if (c == '.' && before_digit && !point) {
      number.value += c;
      point = true;
    } else {
      break;
    }
    ++at;
  }
  number.end = at;
  if (point) {
    while (number.value.back() == '0') number.value.pop_back();
    if (number.value.back() == '.') number.value.pop_back();
  }
  const std::size_t zeros = number.value.find_first_not_of('0');
  number.value.erase(0, std::min(zeros, number.value.size() - 1));
  return number;
}

template <typename Take>
void for_each_number(std::string_view text, const Take& take) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at]) || (at > 0 && is_word_byte(text[at - 1]))) {
      ++at;
      continue;
    }
    const Number number = number_at(text, at);
    at = number.end;
    take(number);
  }
}

/// What the passages hold.
struct Support {
  std::unordered_set<std::string> numbers;
  std::unordered_set<std::uint64_t> words;

  explicit Support(std::span<const std::string_view> passages) {
    for (const std::string_view passage : passages) {
      for_each_number(passage, [&](const Number& number) { numbers.insert(number.value); });
      for (const Word& word : words_of(passage)) words.insert(word.hash);
    }
  }
};

/// Whether a capital letter here begins a sentence, where every word has one.
bool begins_sentence(std::string_view text, std::size_t at) {
  while (at > 0) {
    const char c = text[at - 1];
    if (c == ' ' || c == '"' || c == '\'' || c == '(' || c == '*' || c == '_') {
      --at;
      continue;
    }
    return c == '.' || c == '!' || c == '?' || c == ':' || c == '\n' || c == '-' || c == '#' ||
           c == '>' || c == '|';
  }
  return true;
}

/// Words that begin sentences and are no names.
bool is_common(std::string_view word) {
  constexpr std::array<std::string_view, 30> kCommon = {
      "the", "this", "that", "these", "those", "it",  "its", "he",    "she",  "they",
      "we",  "you",  "i",    "a",     "an",    "in",  "on",  "at",    "for",  "from",
      "but", "and",  "or",   "if",    "when",  "yes", "no",  "there", "here", "as"};
  return std::any_of(kCommon.begin(), kCommon.end(), [&](std::string_view common) {
    return word.size() == common.size() &&
           std::equal(word.begin(), word.end(), common.begin(),
                      [](char a, char b) { return small_letter(a) == b; });
  });
}

}  // namespace

void check_claims(std::string_view answer, const OutputContext& context, OutputReport& report,
                  OutputFindings& out) {
  if (context.passages.empty()) return;
  const Support support(context.passages);
  const auto claim = [&](bool supported, std::size_t begin, std::size_t end) {
    ++report.claims;
    if (supported) {
      ++report.supported;
    } else {
      out.add(rules::kOutputUnsupportedClaim, 6, begin, end);
    }
  };
  for_each_number(answer, [&](const Number& number) {
    // "1." at the start of a line counts the items of a list.
    const bool item = number.value.size() <= 2 && number.end < answer.size() &&
                      (answer[number.end] == '.' || answer[number.end] == ')') &&
                      begins_sentence(answer, number.begin);
    if (!item) claim(support.numbers.contains(number.value), number.begin, number.end);
  });
  // Names: words with a capital letter within a sentence; neighbours are one name.
  const std::vector<Word> words = words_of(answer);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_upper(answer[words[i].begin])) continue;
    std::size_t last = i;
    while (last + 1 < words.size() && is_upper(answer[words[last + 1].begin]) &&
           words[last + 1].begin == words[last].end + 1 && answer[words[last].end] == ' ')
      ++last;
    const bool first_of_sentence = begins_sentence(answer, words[i].begin);
    const bool skips = first_of_sentence ||
                       is_common(answer.substr(words[i].begin, words[i].end - words[i].begin));
    const std::size_t first = skips ? i + 1 : i;
    const bool is_name = first <= last && words[first].end - words[first].begin >= 2;
    if (is_name) {
      const bool supported =
          std::all_of(words.begin() + static_cast<std::ptrdiff_t>(first),
                      words.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                      [&](const Word& word) { return support.words.contains(word.hash); });
      claim(supported, words[first].begin, words[last].end);
    }
    i = last;
  }
}

}  // namespace saiph::detect
