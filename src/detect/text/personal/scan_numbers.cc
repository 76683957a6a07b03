// Telephone numbers and dates.
#include <algorithm>
#include <array>
#include <cstdint>

#include "detect/text/personal/checks.h"
#include "detect/text/personal/cluster.h"
#include "detect/text/personal/scanners.h"
#include "detect/text/personal/topics.h"
#include "detect/text/personal/word_hash.h"

namespace saiph::detect {

namespace {

/// "x506", " ext. 12", " Durchwahl" is left to the reader: the end of an extension, or `end`.
std::size_t extension_end(std::string_view text, std::size_t end) {
  std::size_t i = end;
  if (at(text, i) == ' ' || at(text, i) == ',') ++i;
  if (at(text, i) == ' ') ++i;
  if (text.substr(std::min(i, text.size())).starts_with("ext")) {
    i += 3;
    if (at(text, i) == '.') ++i;
  } else if (at(text, i) == 'x' || at(text, i) == '#') {
    ++i;
  } else {
    return end;
  }
  if (at(text, i) == ' ') ++i;
  std::size_t digits = 0;
  while (digits < 7 && is_digit(at(text, i + digits))) ++digits;
  return digits >= 1 && digits <= 6 && !is_alnum(at(text, i + digits)) ? i + digits : end;
}

bool is_country_code(std::string_view digits) {
  // Of three digits those that the ITU has given out by their first two; of one 1 and 7.
  if (digits.size() < 3 || digits[0] == '0') return false;
  return digits[0] == '1' || digits[0] == '7' || digits.substr(0, 2) != "99" || digits[2] <= '8';
}

/// Groups of digits as they stand, with one separator between two.
struct DigitGroups {
  static constexpr std::size_t kMost = 8;
  std::array<char, 20> digits{};
  std::size_t size = 0;  ///< of digits
  std::array<std::uint8_t, kMost> groups{};
  std::array<std::size_t, kMost> ends{};
  std::array<char, kMost> signs{};  ///< the separator before each group
  std::size_t count = 0;            ///< of groups
  bool plus = false;                ///< one stands before the first
  bool brackets = false;            ///< at least one group stands in brackets
};

DigitGroups read_groups(std::string_view text, std::size_t place) {
  DigitGroups read;
  auto& [digits, size, groups, ends, signs, count, plus, brackets] = read;
  std::size_t i = place;
  plus = at(text, i) == '+';
  if (plus) ++i;
  char sign = '\0';
  while (count < DigitGroups::kMost) {
    bool bracket = false;
    if (at(text, i) == '(') {
      bracket = true;
      ++i;
    }
    std::size_t length = 0;
    while (is_digit(at(text, i + length)) && length < 16) ++length;
    if (length == 0 || size + length > 16) break;
    if (bracket && (at(text, i + length) != ')' || length > 5)) break;
    for (std::size_t k = 0; k < length; ++k) digits[size++] = text[i + k];
    i += length + (bracket ? 1 : 0);
    brackets = brackets || bracket;
    groups[count] = static_cast<std::uint8_t>(length);
    signs[count] = sign;
    ends[count] = i;
    ++count;
    // One separator, after a bracket two.
    const std::size_t separator = separator_length(text, i);
    sign = separator > 0 ? text[i] : (bracket ? ')' : '\0');
    std::size_t next = i + separator;
    if (at(text, next) == ' ' && separator > 0 && bracket) ++next;
    if (!is_digit(at(text, next)) && !(at(text, next) == '(' && is_digit(at(text, next + 1))))
      break;
    if (separator == 0 && !bracket && at(text, next) != '(') break;
    i = next;
  }
  return read;
}

}  // namespace

PhoneHit scan_phone(std::string_view text, std::size_t place) {
  const DigitGroups read = read_groups(text, place);
  const auto& groups = read.groups;
  const auto& ends = read.ends;
  const auto& signs = read.signs;
  const std::size_t count = read.count;
  const bool plus = read.plus;
  if (count == 0) return {};
  const std::string_view number(read.digits.data(), read.size);

  // What stands after the last group decides whether it belongs to something else.
  const auto ends_well = [&](std::size_t end) {
    const char c = at(text, end);
    if (is_alnum(c) && c != 'x') return false;
    if (c == 'x' && extension_end(text, end) == end) return false;
    return c != '_' && c != '@' && c != '%' &&
           !((c == '.' || c == ',' || c == ':' || c == '/' || c == '-') &&
             is_digit(at(text, end + 1)));
  };
  const auto answer = [&](std::size_t groups_used, PhoneForm form) -> PhoneHit {
    const std::size_t end = extension_end(text, ends[groups_used - 1]);
    return ends_well(end) || end != ends[groups_used - 1] ? PhoneHit{end, form} : PhoneHit{};
  };
  /// Digits of the first `n` groups.
  const auto total = [&](std::size_t n) {
    std::size_t sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += groups[k];
    return sum;
  };

  const bool zeros = number.starts_with("00") && number.size() > 2 && number[2] != '0';
  if (plus || (zeros && count > 1)) {
    const std::string_view national = plus ? number : number.substr(2);
    for (std::size_t n = count; n > 0; --n) {
      const std::size_t length = total(n) - (plus ? 0 : 2);
      if (length > 15) continue;
      if (length < 7 || !is_country_code(national)) break;
      if (const PhoneHit hit = answer(n, PhoneForm::kInternational); hit.end != 0) return hit;
    }
  }
  if (plus) return {};
  // Three, three, four; perhaps with the code of the country before. Not with spaces alone.
  for (const std::size_t skip : {std::size_t{0}, std::size_t{1}}) {
    if (count < skip + 3 || (skip == 1 && number[0] != '1' && !number.starts_with("001"))) continue;
    if (skip == 1 && groups[0] > 3) continue;
    if (groups[skip] == 3 && groups[skip + 1] == 3 && groups[skip + 2] == 4 &&
        (signs[skip + 2] == '-' || signs[skip + 2] == '.')) {
      if (const PhoneHit hit = answer(skip + 3, PhoneForm::kNorthAmerican); hit.end != 0)
        return hit;
    }
  }
  for (std::size_t n = std::min(count, std::size_t{7}); n > 0; --n) {
    const std::size_t length = total(n);
    if (length > 13 || !ends_well(ends[n - 1])) continue;
    if (length < 6) break;
    // Days, years and times.
    const bool dated = n == 3 && signs[1] == signs[2] && signs[1] != ' ' && signs[1] != ')' &&
                       groups[0] <= 2 && groups[1] <= 2 && (groups[2] == 2 || groups[2] == 4);
    const bool backward = n == 3 && groups[0] == 4 && groups[1] <= 2 && groups[2] <= 2;
    const bool years = n == 2 && groups[0] == 4 && groups[1] == 4 &&
                       (number.starts_with("19") || number.starts_with("20"));
    // "978.33 4.2": decimals.
    const bool decimal = n == 2 && signs[1] == '.';
    if (dated || backward || years || decimal) break;
    std::size_t lonely = 0;
    for (std::size_t k = 1; k < n; ++k) lonely += groups[k] == 1 ? 1 : 0;
    if (lonely > 0 && !read.brackets) continue;
    if (n == 1 && (length < 7 || length > 12)) continue;
    const bool trunk =
        number[0] == '0' && number[1] != '0' && length >= 9 && length <= 12 && n >= 2 && n <= 6;
    return answer(n, trunk ? PhoneForm::kTrunk : PhoneForm::kNational);
  }
  return {};
}

namespace {

/// ", 12:40:13", "T12:40Z", " 5:30 pm": the end, or `end`.
std::size_t time_end(std::string_view text, std::size_t end) {
  std::size_t i = end;
  if (at(text, i) == ',') ++i;
  if (at(text, i) != ' ' && at(text, i) != 'T') return end;
  ++i;
  const auto two = [&] {
    std::size_t digits = 0;
    while (digits < 2 && is_digit(at(text, i + digits))) ++digits;
    i += digits;
    return digits > 0;
  };
  if (!two() || at(text, i) != ':') return end;
  ++i;
  if (!two()) return end;
  if (at(text, i) == ':' && is_digit(at(text, i + 1))) {
    ++i;
    two();
    if (at(text, i) == '.' && is_digit(at(text, i + 1))) {
      ++i;
      std::size_t digits = 0;
      while (digits < 9 && is_digit(at(text, i + digits))) ++digits;
      i += digits;
    }
  }
  if (at(text, i) == 'Z' && !is_alnum(at(text, i + 1))) ++i;
  return is_digit(at(text, i)) ? end : i;
}

struct Number {
  int value = 0;
  std::size_t digits = 0;
};
Number read_number(std::string_view text, std::size_t place) {
  Number out;
  while (out.digits < 5 && is_digit(at(text, place + out.digits)))
    out.value = out.value * 10 + (text[place + out.digits++] - '0');
  return out;
}

bool is_year(Number number) {
  return number.digits == 4 && number.value >= 1850 && number.value <= 2100;
}

/// The hash of the word of letters at `place`, and its end.
std::size_t word_at(std::string_view text, std::size_t place, std::uint64_t& hash) {
  WordHash word;
  std::size_t i = place;
  while (i < text.size() && i - place < 16) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (is_alpha(text[i])) {
      word.add(c);
      ++i;
    } else if (c >= 0xC3 && c <= 0xC5 && i + 1 < text.size()) {
      const char base =
          base_letter((c & 0x1FU) << 6U | (static_cast<unsigned char>(text[i + 1]) & 0x3FU));
      if (base == 0) break;
      word.add(static_cast<unsigned char>(base));
      i += 2;
    } else {
      break;
    }
  }
  hash = word.finish();
  return i;
}

}  // namespace

DateHit scan_date(std::string_view text, std::size_t place) {
  const Number first = read_number(text, place);
  if (first.digits == 0 || first.digits > 4 || first.digits == 3) return {};
  std::size_t i = place + first.digits;
  const char sign = at(text, i);
  const auto finished = [&](std::size_t end, bool numeric) -> DateHit {
    const char c = at(text, end);
    const std::size_t after = time_end(text, end);
    if (after == end &&
        (is_alnum(c) || c == '_' || ((c == sign || c == '-') && is_digit(at(text, end + 1)))))
      return {};
    return {after, numeric, after != end};
  };
  if ((sign == '-' || sign == '/' || sign == '.') && is_digit(at(text, i + 1))) {
    const Number second = read_number(text, i + 1);
    i += 1 + second.digits;
    if (second.digits > 2 || at(text, i) != sign) return {};
    const Number third = read_number(text, i + 1);
    const std::size_t end = i + 1 + third.digits;
    if (is_year(first)) {
      if (third.digits == 0 || third.digits > 2 ||
          !checks::is_date(first.value, second.value, third.value))
        return {};
      return finished(end, true);
    }
    if (first.digits > 2 || (third.digits != 2 && !is_year(third))) return {};
    const int year = third.digits == 2 ? 2000 + third.value : third.value;
    if (!checks::is_date(year, second.value, first.value) &&
        !checks::is_date(year, first.value, second.value))
      return {};
    return finished(end, true);
  }
  // 12 March 1985, 12. März 1985, 12th of March, 1985.
  if (first.digits > 2 || first.value < 1 || first.value > 31) return {};
  if (sign == '.') ++i;
  const std::string_view rest = text.substr(std::min(i, text.size()));
  for (const std::string_view ending : {"st", "nd", "rd", "th", "er"}) {
    if (rest.starts_with(ending)) {
      i += 2;
      break;
    }
  }
  if (at(text, i) != ' ' && at(text, i) != '-') return {};
  ++i;
  const TopicTable topics;
  std::uint64_t hash = 0;
  std::size_t end = word_at(text, i, hash);
  if (end - i == 2 && (text[i] | 0x20) != 'm' && at(text, end) == ' ') {  // of, de
    i = end + 1;
    end = word_at(text, i, hash);
  }
  if (end == i || topics.find(hash).month == 0) return {};
  i = end;
  if (at(text, i) == '.') ++i;
  if (at(text, i) == ',') ++i;
  if (at(text, i) != ' ' && at(text, i) != '-') return {};
  ++i;
  if (text.substr(std::min(i, text.size())).starts_with("de ")) i += 3;
  const Number year = read_number(text, i);
  if (!is_year(year)) return {};
  return finished(i + 4, false);
}

std::size_t scan_date_after_month(std::string_view text, std::size_t place) {
  std::size_t i = place;
  if (at(text, i) == '.') ++i;
  if (at(text, i) != ' ') return 0;
  ++i;
  const Number day = read_number(text, i);
  if (day.digits == 0 || day.digits > 2 || day.value < 1 || day.value > 31) return 0;
  i += day.digits;
  const std::string_view rest = text.substr(std::min(i, text.size()));
  for (const std::string_view ending : {"st", "nd", "rd", "th"}) {
    if (rest.starts_with(ending)) {
      i += 2;
      break;
    }
  }
  if (at(text, i) == ',') ++i;
  if (at(text, i) != ' ') return 0;
  const Number year = read_number(text, i + 1);
  if (!is_year(year) || is_alnum(at(text, i + 5))) return 0;
  return time_end(text, i + 5);
}

}  // namespace saiph::detect
