// Scanners for single things at one place of a text. Each looks at a bounded number of bytes around
// the place and answers what stands there. Pure; any thread; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "detect/text/personal/types.h"

namespace saiph::detect {

struct Hit {
  std::size_t begin = 0;
  std::size_t end = 0;
  double confidence = 0;  ///< 0: nothing there
  Personal type = Personal::kCount;
  explicit operator bool() const { return confidence > 0; }
};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// The character at a place, 0 beyond the end.
constexpr char at(std::string_view text, std::size_t i) {
  return i < text.size() ? text[i] : '\0';
}

/// `place` is that of the '@' (RFC 5321, 4.1.2, without quoted local parts).
Hit scan_email(std::string_view text, std::size_t place);
/// Four numbers with dots that begin at `place`.
Hit scan_ipv4(std::string_view text, std::size_t place);
/// `place` is that of a ':' inside an IPv6 address (RFC 4291, 2.2) or a MAC address.
Hit scan_colons(std::string_view text, std::size_t place);
/// Six pairs of hexadecimal digits with '-', or three fours with '.', from `place`.
Hit scan_mac(std::string_view text, std::size_t place);
/// Letters and digits [begin, end): an address with a checksum (Base58Check, BIP 173, BIP 350), or
/// one of Ethereum.
Hit scan_wallet(std::string_view text, std::size_t begin, std::size_t end);
/// A pair of coordinates, decimal or in degrees, from `place`. Sure only with compass letters.
Hit scan_coordinates(std::string_view text, std::size_t place);
/// `place` is that of "://". kUrl, and kUrlCredentials for the part before the host.
Hit scan_url(std::string_view text, std::size_t place);
Hit scan_url_credentials(std::string_view text, std::size_t place);

enum class PhoneForm : std::uint8_t {
  kNone,
  kInternational,  ///< begins with + or 00
  kNorthAmerican,  ///< three, three and four digits
  kTrunk,          ///< begins with 0 and is in groups
  kNational,       ///< could be many things
};
struct PhoneHit {
  std::size_t end = 0;
  PhoneForm form = PhoneForm::kNone;
};
/// A telephone number from `place` (a digit, '+' or '(').
PhoneHit scan_phone(std::string_view text, std::size_t place);

struct DateHit {
  std::size_t end = 0;  ///< 0: none
  bool numeric = true;
  bool with_time = false;
};
/// A date from `place` (a digit): 1985-03-12, 12.3.1985, 3/12/85, and with the name of a month:
/// 12 March 1985, 12th of March 1985. A time may follow.
DateHit scan_date(std::string_view text, std::size_t place);
/// A date that begins with the name of a month, which ends at `place`: " 12, 1985".
std::size_t scan_date_after_month(std::string_view text, std::size_t place);

}  // namespace saiph::detect
