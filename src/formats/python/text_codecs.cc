#include "formats/python/text_codecs.h"

#include <array>
#include <cstdint>

#include "base/text.h"

namespace saiph::formats {

namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == '\v';
}

int base32_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

// The alphabet of RFC 1924, as base64.b85decode uses it.
constexpr std::string_view kBase85 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";

template <typename Digit>
std::optional<std::string> decode_bits(std::string_view text, unsigned bits, Digit digit) {
  std::string out;
  std::uint32_t pending = 0;
  unsigned have = 0;
  bool padded = false;
  for (const char c : text) {
    if (is_space(c)) continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const int value = digit(c);
    if (value < 0 || padded) return std::nullopt;
    pending = (pending << bits) | static_cast<std::uint32_t>(value);
    have += bits;
    if (have >= 8) {
      have -= 8;
      out.push_back(static_cast<char>((pending >> have) & 0xFFU));
    }
  }
  return out;
}

template <typename Digit>
std::optional<std::string> decode_five(std::string_view text, Digit digit, bool short_zero) {
  std::string out;
  std::uint64_t group = 0;
  unsigned count = 0;
  const auto flush = [&](unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) {
      out.push_back(static_cast<char>((group >> (24U - 8U * i)) & 0xFFU));
    }
    group = 0;
    count = 0;
  };
  for (const char c : text) {
    if (is_space(c)) continue;
    if (short_zero && c == 'z' && count == 0) {
      out.append(4, '\0');
      continue;
    }
    const int value = digit(c);
    if (value < 0) return std::nullopt;
    group = group * 85 + static_cast<std::uint64_t>(value);
    if (++count == 5) {
      if (group > 0xFFFFFFFFU) return std::nullopt;
      flush(4);
    }
  }
  if (count == 1) return std::nullopt;
  if (count > 1) {
    const unsigned bytes = count - 1;
    while (count++ < 5) group = group * 85 + 84;
    flush(bytes);
  }
  return out;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
  return decode_bits(text, 6, base64_digit);
}

std::optional<std::string> decode_base32(std::string_view text) {
  return decode_bits(text, 5, base32_digit);
}

std::optional<std::string> decode_hex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (is_space(c)) continue;
    const int value = hex_digit(c);
    if (value < 0) return std::nullopt;
    if (high < 0) {
      high = value;
    } else {
      out.push_back(static_cast<char>(high * 16 + value));
      high = -1;
    }
  }
  if (high >= 0) return std::nullopt;
  return out;
}

std::optional<std::string> decode_ascii85(std::string_view text) {
  if (text.starts_with("<~") && text.ends_with("~>") && text.size() >= 4) {
    text = text.substr(2, text.size() - 4);
  }
  return decode_five(text, [](char c) { return c >= '!' && c <= 'u' ? c - '!' : -1; }, true);
}

std::optional<std::string> decode_base85(std::string_view text) {
  static constexpr auto kDigits = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < kBase85.size(); ++i) {
      table[static_cast<unsigned char>(kBase85[i])] = static_cast<std::int8_t>(i);
    }
    return table;
  }();
  return decode_five(
      text, [](char c) { return int{kDigits[static_cast<unsigned char>(c)]}; }, false);
}

}  // namespace saiph::formats
