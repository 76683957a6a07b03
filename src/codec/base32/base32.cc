#include "codec/base32/base32.h"

namespace saiph::codec {

namespace {

/// 'A' to 'Z', then '2' to '7', without a table.
char digit_of(unsigned value) {
  const unsigned above = (25U - value) >> 8U;  // all ones when value > 25
  return static_cast<char>('A' + value - (above & (unsigned{'A'} - '2' + 26U)));
}

/// The value of a digit, or 32 and more.
unsigned value_of(std::uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - unsigned{'A'};
  if (c >= '2' && c <= '7') return c - unsigned{'2'} + 26U;
  return 32;
}

}  // namespace

std::string encode_base32(ByteView bytes) {
  std::string out;
  out.reserve((bytes.size() * 8 + 4) / 5);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      out.push_back(digit_of(bits >> held & 31U));
    }
  }
  if (held > 0) out.push_back(digit_of(bits << (5 - held) & 31U));
  return out;
}

std::optional<Bytes> decode_base32_exact(std::string_view text) {
  Bytes out;
  out.reserve(text.size() / 8 * 5 + 5);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const std::uint8_t c : as_bytes(text)) {
    const unsigned value = value_of(c);
    if (value > 31) return std::nullopt;
    bits = bits << 5 | value;
    held += 5;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  // Five bits or more left over were a digit for nothing; the others must be zero.
  if (held >= 5 || (bits & ((1U << held) - 1)) != 0) return std::nullopt;
  return out;
}

}  // namespace saiph::codec
