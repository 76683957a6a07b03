// The other direction of codec/base64, for tests that hide something.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::codec {

/// Standard alphabet with padding, or the URL alphabet without.
inline std::string encode_base64_for_test(std::string_view text, bool url = false) {
  std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  alphabet += url ? "-_" : "+/";
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t c : as_bytes(text)) {
    bits = bits << 8U | c;
    for (held += 8; held >= 6; held -= 6) out.push_back(alphabet[bits >> (held - 6) & 63U]);
  }
  if (held > 0) out.push_back(alphabet[bits << (6 - held) & 63U]);
  while (!url && out.size() % 4 != 0) out.push_back('=');
  return out;
}

}  // namespace saiph::codec
