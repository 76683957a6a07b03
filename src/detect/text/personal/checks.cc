// The rules of each scheme as its issuer publishes them; the EU's are collected in the Commission's
// "TIN algorithms" and "VIES" papers. One function a scheme, in the order of checks.h.
#include "detect/text/personal/checks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace saiph::detect::checks {

namespace {

constexpr int digit(char c) {
  return c - '0';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return c >= 'A' && c <= 'Z';
}
/// Digits as they are, letters from A = 10.
constexpr int value36(char c) {
  return is_digit(c) ? digit(c) : c - 'A' + 10;
}

bool all_digits(std::string_view id) {
  return std::all_of(id.begin(), id.end(), is_digit);
}

/// Sum of digits by weights, from the first.
int weighted(std::string_view id, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t at = 0;
  for (const int weight : weights) sum += weight * digit(id[at++]);
  return sum;
}

std::uint64_t number(std::string_view id) {
  std::uint64_t out = 0;
  for (const char c : id) out = out * 10 + static_cast<std::uint64_t>(digit(c));
  return out;
}

int pair_at(std::string_view id, std::size_t at) {
  return digit(id[at]) * 10 + digit(id[at + 1]);
}

bool all_same(std::string_view id) {
  return id.find_first_not_of(id[0]) == std::string_view::npos;
}

/// A date of two-digit parts; the century is not known.
bool is_short_date(int year, int month, int day) {
  return is_date(2000 + year, month, day) || is_date(1900 + year, month, day);
}

}  // namespace

bool is_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<std::size_t>(month) - 1] + (month == 2 && leap ? 1 : 0);
}

bool none(std::string_view /*id*/) {
  return true;
}

namespace {

/// Every second digit from the right but one counts twice, its digits added (ISO/IEC 7812-1).
int luhn_sum(std::string_view id) {
  int sum = 0;
  bool twice = false;
  for (std::size_t i = id.size(); i-- > 0; twice = !twice) {
    int d = digit(id[i]);
    if (twice) d = d > 4 ? 2 * d - 9 : 2 * d;
    sum += d;
  }
  return sum;
}

}  // namespace

bool luhn(std::string_view id) {
  return luhn_sum(id) % 10 == 0;
}

bool mod11_10(std::string_view id) {
  int product = 10;
  for (std::size_t i = 0; i + 1 < id.size(); ++i) {
    int sum = (digit(id[i]) + product) % 10;
    if (sum == 0) sum = 10;
    product = sum * 2 % 11;
  }
  return (11 - product) % 10 == digit(id.back());
}

bool verhoeff(std::string_view id) {
  // The dihedral group of order 10, and the permutation 1 5 7 6 2 8 3 0 9 4.
  const auto multiply = [](int a, int b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
  };
  constexpr std::array<int, 10> kOnce = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  int state = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    int d = digit(id[id.size() - 1 - i]);
    for (std::size_t times = 0; times < i % 8; ++times) d = kOnce[static_cast<std::size_t>(d)];
    state = multiply(state, d);
  }
  return state == 0;
}

bool iban(std::string_view id) {
  struct Country {
    char code[3];
    std::uint8_t length;
  };
  // The registry of SWIFT, release 98, in alphabetical order.
  constexpr auto kCountries = std::to_array<Country>(
      {{"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16},
       {"BG", 22}, {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22},
       {"CY", 28}, {"CZ", 24}, {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20},
       {"EG", 29}, {"ES", 24}, {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22},
       {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27}, {"GT", 28}, {"HN", 28}, {"HR", 21},
       {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27}, {"JO", 30},
       {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
       {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20},
       {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23},
       {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22},
       {"RU", 33}, {"SA", 24}, {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24},
       {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26},
       {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30}});
  if (id.size() < 15) return false;
  const std::string_view code = id.substr(0, 2);
  const auto* const country = std::lower_bound(
      kCountries.begin(), kCountries.end(), code,
      [](const Country& row, std::string_view wanted) { return row.code < wanted; });
  if (country == kCountries.end() || country->code != code || country->length != id.size())
    return false;
  unsigned rest = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const int v = value36(id[(i + 4) % id.size()]);
    rest = (rest * (v > 9 ? 100 : 10) + static_cast<unsigned>(v)) % 97;
  }
  return rest == 1;
}

bool us_ssn(std::string_view id) {
  const std::string_view area = id.substr(0, 3);
  return area != "000" && area != "666" && id[0] != '9' && id.substr(3, 2) != "00" &&
         id.substr(5) != "0000" && !all_same(id);
}

bool us_itin(std::string_view id) {
  const int group = pair_at(id, 3);
  return id[0] == '9' && ((group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
                          (group >= 90 && group <= 92) || group >= 94);
}

bool us_ein(std::string_view id) {
  // Prefixes that the Internal Revenue Service does not assign.
  constexpr std::array kNever = {0, 7, 8, 9, 17, 18, 19, 28, 29, 49, 69, 70, 78, 79, 89, 96, 97};
  return std::find(kNever.begin(), kNever.end(), pair_at(id, 0)) == kNever.end();
}

bool us_routing(std::string_view id) {
  const int prefix = pair_at(id, 0);
  return (prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) ||
          prefix == 80) &&
         weighted(id, {3, 7, 1, 3, 7, 1, 3, 7, 1}) % 10 == 0 && !all_same(id);
}

bool us_medicare(std::string_view id) {
  const auto letter = [](char c) {
    return is_letter(c) && std::string_view("SLOIBZ").find(c) == std::string_view::npos;
  };
  const auto either = [&](char c) { return is_digit(c) || letter(c); };
  return id[0] >= '1' && id[0] <= '9' && letter(id[1]) && either(id[2]) && is_digit(id[3]) &&
         letter(id[4]) && either(id[5]) && is_digit(id[6]) && letter(id[7]) && letter(id[8]) &&
         is_digit(id[9]) && is_digit(id[10]);
}

bool us_npi(std::string_view id) {
  // Luhn over "80840" and the number: the prefix adds 24.
  return (id[0] == '1' || id[0] == '2') && (24 + luhn_sum(id)) % 10 == 0;
}

bool us_dea(std::string_view id) {
  const std::string_view digits = id.substr(2);
  return std::string_view("ABCDEFGHJKLMPRSTUX").find(id[0]) != std::string_view::npos &&
         weighted(digits, {1, 2, 1, 2, 1, 2}) % 10 == digit(digits[6]);
}

bool uk_nino(std::string_view id) {
  constexpr std::string_view kNeverFirst = "DFIQUV";
  const std::string_view prefix = id.substr(0, 2);
  for (const std::string_view never : {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}) {
    if (prefix == never) return false;
  }
  return kNeverFirst.find(id[0]) == std::string_view::npos &&
         kNeverFirst.find(id[1]) == std::string_view::npos && id[1] != 'O' && id[8] >= 'A' &&
         id[8] <= 'D';
}

bool uk_nhs(std::string_view id) {
  const int check = 11 - weighted(id, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return check != 10 && check % 11 == digit(id[9]) && !all_same(id);
}

bool uk_utr(std::string_view id) {
  const int rest = weighted(id.substr(1), {6, 7, 8, 9, 10, 5, 4, 3, 2}) % 11;
  return std::string_view("21987654321")[static_cast<std::size_t>(rest)] == id[0];
}

bool uk_driving_licence(std::string_view id) {
  // Five of the surname filled up with 9, decade, month (+50 for women), day, year, initials.
  bool filled = false;
  for (const char c : id.substr(0, 5)) {
    if (is_digit(c) && c != '9') return false;
    if (is_letter(c) && filled) return false;
    filled = filled || c == '9';
  }
  const int month = pair_at(id, 6) % 50;
  const int day = pair_at(id, 8);
  const auto initial = [](char c) { return is_letter(c) || c == '9'; };
  return is_letter(id[0]) && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
         initial(id[11]) && initial(id[12]);
}

bool at_svnr(std::string_view id) {
  const int sum = weighted(id, {3, 7, 9, 0, 5, 8, 4, 2, 1, 6});
  const int month = pair_at(id, 6);
  return id[0] != '0' && sum % 11 == digit(id[3]) && month >= 1 && month <= 15 &&
         pair_at(id, 4) >= 1 && pair_at(id, 4) <= 31;
}

bool be_national(std::string_view id) {
  const std::uint64_t head = number(id.substr(0, 9));
  const std::uint64_t check = number(id.substr(9));
  // Months may be 0, or 20 or 40 higher, in the register's own numbers.
  if (pair_at(id, 2) % 20 > 12 || pair_at(id, 4) > 31) return false;
  return check == 97 - head % 97 || check == 97 - (2'000'000'000 + head) % 97;
}

bool bg_egn(std::string_view id) {
  int month = pair_at(id, 2);
  month -= month > 40 ? 40 : month > 20 ? 20 : 0;
  return is_short_date(pair_at(id, 0), month, pair_at(id, 4)) &&
         weighted(id, {2, 4, 8, 5, 10, 9, 7, 3, 6}) % 11 % 10 == digit(id[9]);
}

bool cy_tic(std::string_view id) {
  constexpr std::array<int, 10> kOdd = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
  int sum = 0;
  for (std::size_t i = 0; i < 8; ++i)
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(digit(id[i]))] : digit(id[i]);
  return std::string_view("013459").find(id[0]) != std::string_view::npos &&
         'A' + sum % 26 == id[8];
}

bool cz_birth_number_9(std::string_view id) {
  int month = pair_at(id, 2);
  month -= month > 50 ? 50 : 0;
  return pair_at(id, 0) < 54 && is_short_date(pair_at(id, 0), month, pair_at(id, 4));
}

bool cz_birth_number(std::string_view id) {
  int month = pair_at(id, 2);
  for (const int more : {70, 50, 20}) {
    if (month > more) {
      month -= more;
      break;
    }
  }
  const std::uint64_t head = number(id.substr(0, 9));
  return is_short_date(pair_at(id, 0), month, pair_at(id, 4)) &&
         head % 11 % 10 == static_cast<std::uint64_t>(digit(id[9]));
}

bool dk_cpr(std::string_view id) {
  // The check modulo 11 is no longer kept by numbers given since 2007.
  return is_short_date(pair_at(id, 4), pair_at(id, 2), pair_at(id, 0));
}

bool ee_personal(std::string_view id) {
  int rest = weighted(id, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1}) % 11;
  if (rest == 10) rest = weighted(id, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3}) % 11 % 10;
  return id[0] >= '1' && id[0] <= '8' && rest == digit(id[10]) &&
         is_short_date(pair_at(id, 1), pair_at(id, 3), pair_at(id, 5));
}

bool fi_hetu(std::string_view id) {
  // The sign of the century was a separator, or is a letter in the seventh place.
  const std::string_view tail = id.size() == 11 ? id.substr(7) : id.substr(6);
  if (id.size() == 11 && std::string_view("ABCDEFYXWVU").find(id[6]) == std::string_view::npos)
    return false;
  if (!all_digits(tail.substr(0, 3))) return false;
  const std::uint64_t n = number(id.substr(0, 6)) * 1000 + number(tail.substr(0, 3));
  return is_short_date(pair_at(id, 4), pair_at(id, 2), pair_at(id, 0)) &&
         std::string_view("0123456789ABCDEFHJKLMNPRSTUVWXY")[n % 31] == tail[3];
}

bool fr_nir(std::string_view id) {
  // Departments 2A and 2B (Corsica) count as 19 and 18.
  if (id[0] != '1' && id[0] != '2' && id[0] != '7' && id[0] != '8') return false;
  std::uint64_t n = 0;
  for (std::size_t i = 0; i < 13; ++i) {
    int d = 0;
    if (is_digit(id[i])) {
      d = digit(id[i]);
    } else if (i == 6 && id[5] == '2' && (id[6] == 'A' || id[6] == 'B')) {
      n -= 1;  // 2 becomes 1
      d = id[6] == 'A' ? 9 : 8;
    } else {
      return false;
    }
    n = n * 10 + static_cast<std::uint64_t>(d);
  }
  const int month = pair_at(id, 3);
  const bool month_known =
      (month >= 1 && month <= 12) || (month >= 20 && month <= 42) || (month >= 50 && month <= 99);
  return month_known && all_digits(id.substr(13)) && 97 - n % 97 == number(id.substr(13));
}

bool fr_spi(std::string_view id) {
  return id[0] <= '3' && number(id.substr(0, 10)) % 511 == number(id.substr(10));
}

bool de_tax_id(std::string_view id) {
  // Of the first ten digits one stands two or three times, the others at most once.
  std::array<int, 10> counts{};
  for (const char c : id.substr(0, 10)) ++counts[static_cast<std::size_t>(digit(c))];
  const auto repeated = std::count_if(counts.begin(), counts.end(), [](int n) { return n > 1; });
  return id[0] != '0' && repeated == 1 && *std::max_element(counts.begin(), counts.end()) <= 3 &&
         mod11_10(id);
}

bool de_pension(std::string_view id) {
  constexpr std::array<int, 12> kWeights = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
  int sum = 0;
  std::size_t at = 0;
  const auto add = [&](int d) {
    const int product = kWeights[at++] * d;
    sum += product / 10 + product % 10;
  };
  for (std::size_t i = 0; i < 11; ++i) {
    if (i == 8) {
      const int letter = id[8] - 'A' + 1;
      add(letter / 10);
      add(letter % 10);
    } else {
      add(digit(id[i]));
    }
  }
  return sum % 10 == digit(id[11]) && pair_at(id, 4) >= 1 && pair_at(id, 4) <= 12 &&
         pair_at(id, 2) >= 1 && pair_at(id, 2) <= 31;
}

bool de_id_card(std::string_view id) {
  // ICAO 9303-3, section 4.9, over nine characters; vowels and some letters are not used.
  constexpr std::array<int, 3> kWeights = {7, 3, 1};
  int sum = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    if (is_letter(id[i]) &&
        std::string_view("CFGHJKLMNPRTVWXYZ").find(id[i]) == std::string_view::npos)
      return false;
    sum += kWeights[i % 3] * value36(id[i]);
  }
  return std::string_view("CFGHJKLMNPRTVWXYZ").find(id[0]) != std::string_view::npos &&
         (id.size() < 10 || sum % 10 == value36(id[9]));
}

bool gr_afm(std::string_view id) {
  return weighted(id, {256, 128, 64, 32, 16, 8, 4, 2}) % 11 % 10 == digit(id[8]) && !all_same(id);
}

bool gr_amka(std::string_view id) {
  return is_short_date(pair_at(id, 4), pair_at(id, 2), pair_at(id, 0)) && luhn(id);
}

bool hu_personal(std::string_view id) {
  const int before = weighted(id, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) % 11;
  const int since = weighted(id, {10, 9, 8, 7, 6, 5, 4, 3, 2, 1}) % 11;  // born from 1997
  return id[0] >= '1' && id[0] <= '8' &&
         is_short_date(pair_at(id, 1), pair_at(id, 3), pair_at(id, 5)) &&
         (before == digit(id[10]) || since == digit(id[10]));
}

bool hu_tax(std::string_view id) {
  return id[0] == '8' && weighted(id, {1, 2, 3, 4, 5, 6, 7, 8, 9}) % 11 == digit(id[9]);
}

bool hu_taj(std::string_view id) {
  return weighted(id, {3, 7, 3, 7, 3, 7, 3, 7}) % 10 == digit(id[8]) && !all_same(id);
}

bool ie_pps(std::string_view id) {
  int sum = weighted(id, {8, 7, 6, 5, 4, 3, 2});
  if (id.size() == 9) {
    if (std::string_view("ABHTW").find(id[8]) == std::string_view::npos) return false;
    sum += id[8] == 'W' || id[8] == 'T' ? 0 : 9 * (id[8] - 'A' + 1);
  }
  return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == id[7];
}

bool it_fiscal_code(std::string_view id) {
  constexpr std::array<int, 36> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21,               // 0..9
                                        1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,   // A..M
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};  // N..Z
  // Digits may be letters where two people would have the same code.
  for (const std::size_t at : {6U, 7U, 9U, 10U, 12U, 13U, 14U}) {
    if (!is_digit(id[at]) && std::string_view("LMNPQRSTUV").find(id[at]) == std::string_view::npos)
      return false;
  }
  int sum = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    const int v = value36(id[i]);
    sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(v)] : (v > 9 ? v - 10 : v);
  }
  return std::string_view("ABCDEHLMPRST").find(id[8]) != std::string_view::npos &&
         'A' + sum % 26 == id[15];
}

bool lv_personal(std::string_view id) {
  if (id[0] == '3' && id[1] == '2') return true;  // given since 2017: no date, no check
  return is_short_date(pair_at(id, 4), pair_at(id, 2), pair_at(id, 0)) && id[6] <= '2' &&
         (1 + weighted(id, {10, 5, 8, 4, 2, 1, 6, 3, 7, 9})) % 11 % 10 == digit(id[10]);
}

bool lu_national(std::string_view id) {
  const int year = pair_at(id, 0) * 100 + pair_at(id, 2);
  std::array<char, 12> second{};
  std::copy_n(id.begin(), 11, second.begin());
  second[11] = id[12];
  return year >= 1850 && year <= 2100 && is_date(year, pair_at(id, 4), pair_at(id, 6)) &&
         luhn(id.substr(0, 12)) && verhoeff({second.data(), second.size()});
}

bool mt_id(std::string_view id) {
  return std::string_view("MGAPLHBZ").find(id[7]) != std::string_view::npos;
}

bool nl_bsn(std::string_view id) {
  return weighted(id, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0 && !all_same(id);
}

bool pl_pesel(std::string_view id) {
  return is_short_date(pair_at(id, 0), pair_at(id, 2) % 20, pair_at(id, 4)) &&
         weighted(id, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0;
}

bool pl_nip(std::string_view id) {
  return weighted(id, {6, 5, 7, 2, 3, 4, 5, 6, 7}) % 11 == digit(id[9]) && !all_same(id);
}

bool pl_regon(std::string_view id) {
  return weighted(id, {8, 9, 2, 3, 4, 5, 6, 7}) % 11 % 10 == digit(id[8]) && !all_same(id);
}

bool pl_id_card(std::string_view id) {
  constexpr std::array<int, 9> kWeights = {7, 3, 1, 0, 7, 3, 1, 7, 3};
  int sum = 0;
  for (std::size_t i = 0; i < 9; ++i) sum += kWeights[i] * value36(id[i]);
  return sum % 10 == digit(id[3]);
}

bool pt_nif(std::string_view id) {
  const int rest = weighted(id, {9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return std::string_view("1235689").find(id[0]) != std::string_view::npos &&
         (rest < 2 ? 0 : 11 - rest) == digit(id[8]) && !all_same(id);
}

bool pt_citizen_card(std::string_view id) {
  int sum = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    int v = value36(id[id.size() - 1 - i]);
    if (i % 2 == 1) v = 2 * v > 9 ? 2 * v - 9 : 2 * v;
    sum += v;
  }
  return sum % 10 == 0;
}

bool ro_cnp(std::string_view id) {
  const int rest = weighted(id, {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9}) % 11;
  return id[0] >= '1' && id[0] <= '8' &&
         is_short_date(pair_at(id, 1), pair_at(id, 3), pair_at(id, 5)) &&
         (rest == 10 ? 1 : rest) == digit(id[12]);
}

bool si_emso(std::string_view id) {
  const int rest = weighted(id, {7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11;
  return is_short_date(pair_at(id, 5), pair_at(id, 2), pair_at(id, 0)) &&
         (rest < 2 ? 0 : 11 - rest) == digit(id[12]);
}

bool si_tax(std::string_view id) {
  const int check = 11 - weighted(id, {8, 7, 6, 5, 4, 3, 2}) % 11;
  return id[0] != '0' && check != 11 && check % 10 == digit(id[7]);
}

bool es_dni(std::string_view id) {
  return "TRWAGMYFPDXBNJZSQVHLCKE"[number(id.substr(0, 8)) % 23] == id[8];
}

bool es_nie(std::string_view id) {
  if (id[0] < 'X' || id[0] > 'Z') return false;
  const std::uint64_t n =
      static_cast<std::uint64_t>(id[0] - 'X') * 10'000'000 + number(id.substr(1, 7));
  return "TRWAGMYFPDXBNJZSQVHLCKE"[n % 23] == id[8];
}

bool es_cif(std::string_view id) {
  if (std::string_view("ABCDEFGHJNPQRSUVW").find(id[0]) == std::string_view::npos) return false;
  int sum = 0;
  for (std::size_t i = 1; i < 8; ++i) {
    const int d = digit(id[i]);
    sum += i % 2 == 0 ? d : (d > 4 ? 2 * d - 9 : 2 * d);
  }
  const int check = (10 - sum % 10) % 10;
  return is_digit(id[8]) ? check == digit(id[8]) : "JABCDEFGHI"[check] == id[8];
}

bool es_social_security(std::string_view id) {
  const std::uint64_t province = number(id.substr(0, 2));
  const std::uint64_t middle = number(id.substr(2, 8));
  const std::uint64_t n =
      middle < 10'000'000 ? province * 10'000'000 + middle : province * 100'000'000 + middle;
  return province >= 1 && province <= 66 && n % 97 == number(id.substr(10));
}

bool se_personal(std::string_view id) {
  const std::string_view ten = id.substr(id.size() - 10);
  if (id.size() == 12 && id.substr(0, 2) != "19" && id.substr(0, 2) != "20" &&
      id.substr(0, 2) != "18")
    return false;
  int day = pair_at(ten, 4);
  day -= day > 60 ? 60 : 0;  // coordination numbers
  return is_short_date(pair_at(ten, 0), pair_at(ten, 2), day) && luhn(ten);
}

bool no_birth_number(std::string_view id) {
  int day = pair_at(id, 0);
  day -= day > 40 ? 40 : 0;  // D numbers
  return is_short_date(pair_at(id, 4), pair_at(id, 2), day) &&
         weighted(id, {3, 7, 6, 1, 8, 9, 4, 5, 2, 1}) % 11 == 0 &&
         weighted(id, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
}

bool is_kennitala(std::string_view id) {
  int day = pair_at(id, 0);
  day -= day > 40 ? 40 : 0;  // of companies
  return is_short_date(pair_at(id, 4), pair_at(id, 2), day) &&
         weighted(id, {3, 2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0 &&
         (id[9] == '9' || id[9] == '0' || id[9] == '8');
}

bool ch_ahv(std::string_view id) {
  return id.starts_with("756") && weighted(id, {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1}) % 10 == 0;
}

bool ca_sin(std::string_view id) {
  return id[0] != '0' && id[0] != '8' && luhn(id) && !all_same(id);
}

bool br_cpf(std::string_view id) {
  const auto check = [](int sum) { return sum % 11 < 2 ? 0 : 11 - sum % 11; };
  return !all_same(id) && check(weighted(id, {10, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(id[9]) &&
         check(weighted(id, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(id[10]);
}

bool br_cnpj(std::string_view id) {
  const auto check = [](int sum) { return sum % 11 < 2 ? 0 : 11 - sum % 11; };
  return !all_same(id) &&
         check(weighted(id, {5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(id[12]) &&
         check(weighted(id, {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(id[13]);
}

bool in_aadhaar(std::string_view id) {
  return id[0] >= '2' && verhoeff(id) && !all_same(id);
}

bool in_pan(std::string_view id) {
  return std::string_view("ABCEFGHJLPT").find(id[3]) != std::string_view::npos;
}

bool au_tfn(std::string_view id) {
  return weighted(id, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0 && !all_same(id);
}

bool vehicle_id(std::string_view id) {
  // 49 CFR 565.15: letters as digits, weights, the ninth character is the check.
  constexpr std::string_view kLetters = "ABCDEFGHJKLMNPRSTUVWXYZ";
  constexpr std::string_view kValues = "12345678123457923456789";
  constexpr std::array<int, 17> kWeights = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
  int sum = 0;
  int letters = 0;
  for (std::size_t i = 0; i < 17; ++i) {
    int v = 0;
    if (is_digit(id[i])) {
      v = digit(id[i]);
    } else {
      const std::size_t at = kLetters.find(id[i]);
      if (at == std::string_view::npos) return false;
      v = digit(kValues[at]);
      ++letters;
    }
    sum += v * kWeights[i];
  }
  return letters >= 2 && (sum % 11 == 10 ? 'X' : static_cast<char>('0' + sum % 11)) == id[8];
}

bool imei(std::string_view id) {
  return luhn(id) && id[0] != '0' && !all_same(id);
}

namespace {

bool vat_at(std::string_view id) {
  int sum = 4;
  for (std::size_t i = 0; i < 7; ++i) {
    const int d = digit(id[i]);
    sum += i % 2 == 0 ? d : (d > 4 ? 2 * d - 9 : 2 * d);
  }
  return (10 - sum % 10) % 10 == digit(id[7]);
}

bool vat_bg(std::string_view id) {
  if (id.size() == 10)
    return bg_egn(id) || 11 - weighted(id, {4, 3, 2, 7, 6, 5, 4, 3, 2}) % 11 == digit(id[9]);
  int rest = weighted(id, {1, 2, 3, 4, 5, 6, 7, 8}) % 11;
  if (rest == 10) rest = weighted(id, {3, 4, 5, 6, 7, 8, 9, 10}) % 11 % 10;
  return rest == digit(id[8]);
}

bool vat_cz(std::string_view id) {
  if (id.size() == 10) return cz_birth_number(id);
  if (id.size() == 9) return cz_birth_number_9(id) || id[0] == '6';
  const int check = 11 - weighted(id, {8, 7, 6, 5, 4, 3, 2}) % 11;
  return check % 10 == digit(id[7]);
}

bool vat_gb(std::string_view id) {
  const int sum = weighted(id, {8, 7, 6, 5, 4, 3, 2}) + pair_at(id, 7);
  return sum % 97 == 0 || (sum + 55) % 97 == 0;
}

bool vat_lt(std::string_view id) {
  int rest = 0;
  if (id.size() == 9) {
    rest = weighted(id, {1, 2, 3, 4, 5, 6, 7, 8}) % 11;
    if (rest == 10) rest = weighted(id, {3, 4, 5, 6, 7, 8, 9, 1}) % 11 % 10;
  } else {
    rest = weighted(id, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2}) % 11;
    if (rest == 10) rest = weighted(id, {3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4}) % 11 % 10;
  }
  return rest == digit(id.back());
}

bool vat_nl(std::string_view id) {
  // A citizen service number before the B, or (sole traders since 2020) mod 97 over all.
  if (nl_bsn(id.substr(0, 9))) return true;
  unsigned rest = 23 * 100 + 21;  // NL
  for (const char c : id) {
    const int v = value36(c);
    rest = (rest * (v > 9 ? 100 : 10) + static_cast<unsigned>(v)) % 97;
  }
  return rest == 1;
}

bool vat_ro(std::string_view id) {
  constexpr std::array<int, 9> kWeights = {7, 5, 3, 2, 1, 7, 5, 3, 2};
  int sum = 0;
  for (std::size_t i = 0; i + 1 < id.size(); ++i)
    sum += kWeights[10 - id.size() + i] * digit(id[i]);
  return sum * 10 % 11 % 10 == digit(id.back());
}

bool vat_es(std::string_view id) {
  if (is_digit(id[0])) return all_digits(id.substr(0, 8)) && is_letter(id[8]) && es_dni(id);
  if (!all_digits(id.substr(1, 7))) return false;
  return id[0] >= 'X' ? is_letter(id[8]) && es_nie(id) : es_cif(id);
}

bool vat_ie(std::string_view id) {
  return all_digits(id.substr(0, 7)) && is_letter(id[7]) && (id.size() == 8 || is_letter(id[8])) &&
         ie_pps(id);
}

}  // namespace

bool vat(std::string_view id) {
  const std::string_view country = id.substr(0, 2);
  const std::string_view rest = id.substr(2);
  const std::size_t n = rest.size();
  const bool digits = all_digits(rest);
  if (country == "AT")
    return n == 9 && rest[0] == 'U' && all_digits(rest.substr(1)) && vat_at(rest.substr(1));
  if (country == "CY")
    return n == 9 && all_digits(rest.substr(0, 8)) && is_letter(rest[8]) && cy_tic(rest);
  if (country == "ES") return n == 9 && vat_es(rest);
  if (country == "IE") return (n == 8 || n == 9) && vat_ie(rest);
  if (country == "NL")
    return n == 12 && rest[9] == 'B' && all_digits(rest.substr(0, 9)) &&
           all_digits(rest.substr(10)) && vat_nl(rest);
  if (!digits) return false;
  if (country == "BE")
    return n == 10 && rest[0] <= '1' &&
           97 - number(rest.substr(0, 8)) % 97 == number(rest.substr(8));
  if (country == "BG") return (n == 9 || n == 10) && vat_bg(rest);
  if (country == "CZ") return n >= 8 && n <= 10 && vat_cz(rest);
  if (country == "DE") return n == 9 && rest[0] != '0' && mod11_10(rest);
  if (country == "DK")
    return n == 8 && rest[0] != '0' && weighted(rest, {2, 7, 6, 5, 4, 3, 2, 1}) % 11 == 0;
  if (country == "EE")
    return n == 9 && (10 - weighted(rest, {3, 7, 1, 3, 7, 1, 3, 7}) % 10) % 10 == digit(rest[8]);
  if (country == "EL" || country == "GR") return n == 9 && gr_afm(rest);
  if (country == "FI") {
    if (n != 8) return false;
    const int sum = weighted(rest, {7, 9, 10, 5, 8, 4, 2}) % 11;
    return sum != 1 && (11 - sum) % 11 == digit(rest[7]);
  }
  if (country == "FR") {
    if (n != 11) return false;
    const std::uint64_t siren = number(rest.substr(2));
    return luhn(rest.substr(2)) && (12 + 3 * (siren % 97)) % 97 == number(rest.substr(0, 2));
  }
  if (country == "GB" || country == "XI") return (n == 9 || n == 12) && vat_gb(rest);
  if (country == "HR") return n == 11 && mod11_10(rest);
  if (country == "HU")
    return n == 8 && (10 - weighted(rest, {9, 7, 3, 1, 9, 7, 3}) % 10) % 10 == digit(rest[7]);
  if (country == "IT") return n == 11 && luhn(rest);
  if (country == "LT") return (n == 9 || n == 12) && vat_lt(rest);
  if (country == "LU") return n == 8 && number(rest.substr(0, 6)) % 89 == number(rest.substr(6));
  if (country == "LV")
    return n == 11 && (rest[0] > '3' ? weighted(rest, {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1}) % 11 == 3
                                     : lv_personal(rest));
  if (country == "MT") return n == 8 && weighted(rest, {3, 4, 6, 7, 8, 9, 10, 1}) % 37 == 0;
  if (country == "PL") return n == 10 && pl_nip(rest);
  if (country == "PT") return n == 9 && pt_nif(rest);
  if (country == "RO") return n >= 2 && n <= 10 && rest[0] != '0' && vat_ro(rest);
  if (country == "SE") return n == 12 && luhn(rest.substr(0, 10)) && rest.substr(10) != "00";
  if (country == "SI") return n == 8 && si_tax(rest);
  if (country == "SK") return n == 10 && rest[0] != '0' && number(rest) % 11 == 0;
  return false;
}

}  // namespace saiph::detect::checks
