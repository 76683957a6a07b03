// Small steps that several readers of texts share: digits of encodings, code points, rot13.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace saiph {

/// Value of a hexadecimal digit of either case, or -1. Any thread, constant cost.
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr int hex_digit(std::uint8_t c) {
  return hex_digit(static_cast<char>(c));
}

/// Value of a base64 digit of either alphabet (RFC 4648, sections 4 and 5), or -1; '=' is none.
/// Any thread, constant cost.
constexpr int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

/// Appends one code point as UTF-8 (RFC 3629); above U+10FFFF nothing is appended. Surrogates are
/// written as they are: texts of Python and JSON hold lone ones. Any thread, constant cost.
void append_utf8(std::string& out, std::uint32_t code_point);

/// Latin capital letters made small, every other byte as it is. Any thread, linear.
std::string ascii_lower(std::string_view text);

/// Letters moved by thirteen places, the rest as it is. Any thread, linear.
std::string rot13(std::string_view text);

/// Whether `name` stands in a table of names. Any thread, linear in the table.
inline bool one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes the first line off `rest` and answers it without its end and without spaces and carriage
/// returns there. Any thread, linear in the line.
std::string_view take_line(std::string_view& rest);

}  // namespace saiph
