#include "codec/base64/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace saiph::codec {

namespace {

constexpr std::uint8_t kNone = 0xFF;

constexpr std::array<std::uint8_t, 256> make_table(char c62, char c63) {
  std::array<std::uint8_t, 256> table{};
  for (auto& value : table) value = kNone;
  std::uint8_t next = 0;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<std::uint8_t>(c)] = next++;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<std::uint8_t>(c)] = next++;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<std::uint8_t>(c)] = next++;
  table[static_cast<std::uint8_t>(c62)] = next++;
  table[static_cast<std::uint8_t>(c63)] = next;
  return table;
}
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kStandard = make_table('+', '/');
constexpr auto kUrl = make_table('-', '_');

bool is_space(std::uint8_t c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/// Digits alone, each needed, with spare bits zero.
std::optional<Bytes> decode_digits(std::string_view text,
                                   const std::array<std::uint8_t, 256>& table) {
  if (text.size() % 4 == 1) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t c : as_bytes(text)) {
    const std::uint8_t value = table[c];
    if (value == kNone) return std::nullopt;
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  if ((bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace

std::optional<Bytes> decode_base64(std::string_view text, Base64Options options) {
  const auto& table = options.url ? kUrl : kStandard;
  Bytes out;
  out.reserve(std::min(options.max_bytes, text.size() / 4 * 3 + 3));
  std::uint32_t bits = 0;
  unsigned held = 0;
  bool padded = false;
  for (const std::uint8_t c : as_bytes(text)) {
    if (options.skip_space && is_space(c)) continue;
    if (c == '=') {
      padded = true;
      continue;
    }
    const std::uint8_t value = table[c];
    if (value == kNone || padded) return std::nullopt;
    bits = bits << 6 | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      if (out.size() == options.max_bytes) return out;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  if (held == 6) return std::nullopt;
  return out;
}

std::optional<Bytes> decode_base64_exact(std::string_view text, bool url) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t digits = text.size();
  while (digits > 0 && text.size() - digits < 2 && text[digits - 1] == '=') --digits;
  return decode_digits(text.substr(0, digits), url ? kUrl : kStandard);
}

std::optional<Bytes> decode_base64_url_exact(std::string_view text) {
  return decode_digits(text, kUrl);
}

void append_base64(std::string& out, ByteView bytes) {
  const auto digit = [](std::uint32_t bits, unsigned shift) {
    return kAlphabet[bits >> shift & 63U];
  };
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  std::size_t at = start;
  std::size_t i = 0;
  for (; bytes.size() - i >= 3; i += 3) {
    const std::uint32_t bits =
        std::uint32_t{bytes[i]} << 16 | std::uint32_t{bytes[i + 1]} << 8 | bytes[i + 2];
    out[at++] = digit(bits, 18);
    out[at++] = digit(bits, 12);
    out[at++] = digit(bits, 6);
    out[at++] = digit(bits, 0);
  }
  if (i == bytes.size()) return;
  const bool two = bytes.size() - i == 2;
  const std::uint32_t bits =
      std::uint32_t{bytes[i]} << 16 | (two ? std::uint32_t{bytes[i + 1]} << 8 : 0U);
  out[at++] = digit(bits, 18);
  out[at++] = digit(bits, 12);
  if (two) out[at] = digit(bits, 6);
}

std::string encode_base64(ByteView bytes) {
  std::string out;
  append_base64(out, bytes);
  return out;
}

std::string encode_base64_url(ByteView bytes) {
  std::string out = encode_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

std::size_t base64_prefix(std::string_view text, bool url) {
  const auto& table = url ? kUrl : kStandard;
  const ByteView bytes = as_bytes(text);
  return static_cast<std::size_t>(
      std::find_if(bytes.begin(), bytes.end(), [&](std::uint8_t c) { return table[c] == kNone; }) -
      bytes.begin());
}

}  // namespace saiph::codec
