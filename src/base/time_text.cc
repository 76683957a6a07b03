#include "base/time_text.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace saiph {

namespace {

constexpr std::string_view kForm = "0000-00-00T00:00:00";
constexpr std::size_t kMaxFraction = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string rfc3339_text(UnixMillis time) {
  constexpr UnixMillis kLast = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
  const UnixMillis inside = std::clamp<UnixMillis>(time, 0, kLast);
  const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(inside / kDayMs))};
  const std::int64_t rest = inside % kDayMs;
  std::array<char, 64> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(day.year()),
      static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()),
      static_cast<int>(rest / kHourMs), static_cast<int>(rest / kMinuteMs % 60),
      static_cast<int>(rest / kSecondMs % 60), static_cast<int>(rest % kSecondMs));
  return {text.data(), static_cast<std::size_t>(length)};
}

std::optional<UnixMillis> parse_rfc3339(std::string_view text) {
  if (text.size() <= kForm.size() || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '0' ? !is_digit(text[i]) : text[i] != kForm[i]) return std::nullopt;
  }
  const std::string_view fraction = text.substr(kForm.size(), text.size() - kForm.size() - 1);
  std::int64_t millis = 0;
  if (!fraction.empty()) {
    if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 1 + kMaxFraction ||
        !std::all_of(fraction.begin() + 1, fraction.end(), is_digit)) {
      return std::nullopt;
    }
    for (std::size_t i = 1; i <= 3; ++i) {
      millis = millis * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
    }
  }
  const auto number = [&](std::size_t begin, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(begin, length)) value = value * 10 + (c - '0');
    return value;
  };
  const std::chrono::year_month_day day{std::chrono::year(number(0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number(8, 2)))};
  if (!day.ok() || number(0, 4) < 1970) return std::nullopt;
  if (number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(day).time_since_epoch().count();
  return days * kDayMs + number(11, 2) * kHourMs + number(14, 2) * kMinuteMs +
         number(17, 2) * kSecondMs + millis;
}

}  // namespace saiph
