#include "control/identifier.h"

#include <algorithm>
#include <array>

#include "crypto/secret.h"

namespace saiph::control {

namespace {

constexpr std::string_view kForm = "00000000-0000-7000-0000-000000000000";

}  // namespace

Result<std::string> new_identifier(UnixMillis now) {
  std::array<std::uint8_t, 16> bytes{};
  SAIPH_CHECK(crypto::random_bytes(bytes));
  const auto time = static_cast<std::uint64_t>(std::max<UnixMillis>(now, 0));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(time >> (8 * (5 - i)));
  }
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x70U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kDigits[bytes[i] >> 4U]);
    text.push_back(kDigits[bytes[i] & 0x0FU]);
  }
  return text;
}

bool is_identifier(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (kForm[i] == '0' ? !digit : c != kForm[i]) return false;
  }
  return text[19] == '8' || text[19] == '9' || text[19] == 'a' || text[19] == 'b';
}

}  // namespace saiph::control
