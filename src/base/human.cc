#include "base/human.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/checked.h"
#include "base/escape.h"

namespace saiph {

namespace {

/// Splits leading digits from the rest; nothing when there are none or they exceed 64 bits.
std::optional<std::uint64_t> leading_number(std::string_view text, std::string_view& rest) {
  std::uint64_t value = 0;
  const char* const begin = text.data();
  const auto [stop, error] = std::from_chars(begin, begin + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest = text.substr(static_cast<std::size_t>(stop - begin));
  return value;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Error bad(std::string_view text, std::string_view what) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("\"{}\" is not {}", escape_terminal(shorten(text, 60)), what)};
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view kWhat = "a size: write bytes or a number with K, M, G or T, as in 64M";
  std::string_view rest;
  const auto number = leading_number(text, rest);
  if (!number) return bad(text, kWhat);
  const std::string suffix = lower(rest);
  unsigned shift = 0;
  if (!suffix.empty() && suffix != "b") {
    const std::size_t unit = std::string_view("kmgt").find(suffix.front());
    const std::string_view tail = std::string_view(suffix).substr(1);
    if (unit == std::string_view::npos || (!tail.empty() && tail != "b" && tail != "ib")) {
      return bad(text, kWhat);
    }
    shift = 10 * (static_cast<unsigned>(unit) + 1);
  }
  const auto bytes = checked_mul(*number, std::uint64_t{1} << shift);
  if (!bytes) return bad(text, "a size that fits into 64 bits");
  return *bytes;
}

Result<std::uint64_t> parse_count(std::string_view text) {
  std::string_view rest;
  const auto number = leading_number(text, rest);
  if (!number || !rest.empty()) return bad(text, "a whole number, as in 1000");
  return *number;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::string_view kWhat =
      "a duration: write a number with ms, s, m or h, as in 30s or 2m";
  std::string_view rest;
  const auto number = leading_number(text, rest);
  if (!number) return bad(text, kWhat);
  std::uint64_t unit = 0;
  if (rest == "ms") unit = 1;
  if (rest == "s") unit = 1000;
  if (rest == "m") unit = 60ULL * 1000;
  if (rest == "h") unit = 60ULL * 60 * 1000;
  if (unit == 0) return bad(text, kWhat);
  constexpr std::uint64_t kDay = 24ULL * 60 * 60 * 1000;
  const auto milliseconds = checked_mul(*number, unit);
  if (!milliseconds || *milliseconds == 0 || *milliseconds > kDay) {
    return bad(text, "a duration between 1ms and 24h");
  }
  return std::chrono::milliseconds(*milliseconds);
}

std::string format_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t i = digits.size(); i > 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

}  // namespace saiph
