// E-mail addresses, addresses of machines and wallets, web addresses, coordinates.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/sha256.h"
#include "detect/text/personal/scanners.h"

namespace saiph::detect {

namespace {

bool is_host(char c) {
  return is_alnum(c) || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

/// Letters of names in mail: RFC 5322's atext, less what sentences and code put around addresses.
bool is_local(char c) {
  return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// The end of a host name that begins at `begin`: labels with dots, the last of two letters or
/// more. 0 when there is none.
std::size_t host_end(std::string_view text, std::size_t begin) {
  constexpr std::size_t kLongest = 253;
  std::size_t end = begin;
  while (end < text.size() && end - begin < kLongest && is_host(text[end])) ++end;
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  const std::string_view host = text.substr(begin, end - begin);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.find("..") != std::string_view::npos)
    return 0;
  const std::string_view top = host.substr(dot + 1);
  if (top.size() < 2 || top.size() > 24) return 0;
  for (const char c : top) {
    if (is_digit(c) && !top.starts_with("xn--")) return 0;
  }
  return end;
}

}  // namespace

Hit scan_email(std::string_view text, std::size_t place) {
  constexpr std::size_t kLongestLocal = 64;
  std::size_t begin = place;
  while (begin > 0 && place - begin < kLongestLocal && is_local(text[begin - 1])) --begin;
  while (begin < place && (text[begin] == '.' || text[begin] == '-' || text[begin] == '%')) ++begin;
  // Punctuation of other scripts glued to the front (quotation marks, ideographic signs).
  if (begin == place || text[place - 1] == '.') return {};
  const std::size_t end = host_end(text, place + 1);
  if (end == 0 || !is_alnum(at(text, place + 1))) return {};
  const std::string_view local = text.substr(begin, place - begin);
  const bool service = local == "git" && at(text, end) == ':';
  return {begin, end, service ? 0.3 : 0.95, Personal::kEmail};
}

Hit scan_ipv4(std::string_view text, std::size_t place) {
  std::size_t i = place;
  int small = 0;
  for (int part = 0; part < 4; ++part) {
    int value = 0;
    std::size_t digits = 0;
    while (is_digit(at(text, i)) && digits < 4) {
      value = value * 10 + (text[i] - '0');
      ++digits;
      ++i;
    }
    if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[i - digits] == '0'))
      return {};
    if (value < 10) ++small;
    if (part < 3) {
      if (at(text, i) != '.') return {};
      ++i;
    }
  }
  const char next = at(text, i);
  if (is_alnum(next) || next == '_' || (next == '.' && is_alnum(at(text, i + 1)))) return {};
  // Numbers of versions and sections look the same, and their parts are small.
  return {place, i, small == 4 ? 0.4 : 0.85, Personal::kIpAddress};
}

Hit scan_colons(std::string_view text, std::size_t place) {
  constexpr std::size_t kLongest = 45;
  std::size_t begin = place;
  while (begin > 0 && place - begin < kLongest &&
         (is_hex(text[begin - 1]) || text[begin - 1] == ':'))
    --begin;
  std::size_t end = place;
  while (end < text.size() && end - begin <= kLongest && (is_hex(text[end]) || text[end] == ':'))
    ++end;
  if (end - begin > kLongest ||
      (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == '_')))
    return {};
  if (is_alnum(at(text, end)) || at(text, end) == '_') return {};
  if (end > begin && text[end - 1] == ':' && (end - begin < 2 || text[end - 2] != ':')) --end;
  int groups = 0;
  int pairs = 0;
  int doubles = 0;
  int numbers = 0;
  std::size_t run = 0;
  for (std::size_t i = begin; i <= end; ++i) {
    const char c = i < end ? text[i] : ':';
    if (c != ':') {
      if (++run > 4) return {};
      numbers += is_digit(c) ? 1 : 0;
      continue;
    }
    if (run > 0) {
      ++groups;
      pairs += run == 2 ? 1 : 0;
    } else if (i > begin && i < end && text[i - 1] == ':') {
      ++doubles;
    }
    run = 0;
  }
  if (groups == 6 && pairs == 6 && doubles == 0 && end - begin == 17)
    return {begin, end, 0.9, Personal::kMacAddress};
  if (groups == 8 && doubles == 0) return {begin, end, 0.95, Personal::kIpAddress};
  if (doubles == 1 && groups >= 2 && groups <= 7 && numbers >= 2 && end - begin >= 7)
    return {begin, end, 0.8, Personal::kIpAddress};
  return {};
}

Hit scan_mac(std::string_view text, std::size_t place) {
  const bool pairs = at(text, place + 2) == '-';
  const std::size_t step = pairs ? 3 : 5;
  const char sign = pairs ? '-' : '.';
  const std::size_t groups = pairs ? 6 : 3;
  if (!pairs && at(text, place + 4) != '.') return {};
  bool digit = false;
  for (std::size_t i = 0; i < groups * step - 1; ++i) {
    const char c = at(text, place + i);
    if (i % step == step - 1 ? c != sign : !is_hex(c)) return {};
    digit = digit || is_digit(c);
  }
  const std::size_t end = place + groups * step - 1;
  if (!digit || is_alnum(at(text, end)) || (at(text, end) == sign && is_alnum(at(text, end + 1))))
    return {};
  return {place, end, pairs ? 0.85 : 0.7, Personal::kMacAddress};
}

namespace {

/// BIP 173 and 350: the checksum over the prefix and the data part.
bool bech32_holds(std::string_view text) {
  constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3B6A57B2, 0x26508E6D, 0x1EA119FA,
                                                       0x3D4233DD, 0x2A1462B3};
  constexpr std::uint32_t kBech32m = 0x2BC830A3;
  const std::size_t one = text.rfind('1');
  if (one == std::string_view::npos || one == 0 || text.size() - one < 7) return false;
  std::uint32_t state = 1;
  const auto step = [&](std::uint32_t value) {
    const std::uint32_t top = state >> 25U;
    state = (state & 0x1FFFFFFU) << 5U ^ value;
    for (std::size_t i = 0; i < 5; ++i) {
      if ((top >> i & 1U) != 0) state ^= kGenerator[i];
    }
  };
  for (const char c : text.substr(0, one)) step(static_cast<std::uint32_t>(c | 0x20) >> 5U);
  step(0);
  for (const char c : text.substr(0, one)) step(static_cast<std::uint32_t>(c | 0x20) & 31U);
  for (const char c : text.substr(one + 1)) {
    const std::size_t value = kAlphabet.find(is_upper(c) ? static_cast<char>(c | 0x20) : c);
    if (value == std::string_view::npos) return false;
    step(static_cast<std::uint32_t>(value));
  }
  return state == 1 || state == kBech32m;
}

/// The version byte of a Base58Check text of 25 bytes whose checksum holds, or -1.
int base58_version(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::array<std::uint8_t, 25> bytes{};
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return -1;
    auto carry = static_cast<unsigned>(value);
    for (std::size_t i = bytes.size(); i-- > 0;) {
      carry += bytes[i] * 58U;
      bytes[i] = static_cast<std::uint8_t>(carry & 0xFFU);
      carry >>= 8U;
    }
    if (carry != 0) return -1;
  }
  const ByteView all(bytes);
  const auto once = crypto::sha256(all.first(21));
  if (!once) return -1;
  const auto twice = crypto::sha256(once->bytes);
  if (!twice) return -1;
  for (std::size_t i = 0; i < 4; ++i) {
    if (twice->bytes[i] != bytes[21 + i]) return -1;
  }
  return bytes[0];
}

}  // namespace

Hit scan_wallet(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view word = text.substr(begin, end - begin);
  if (word.size() == 42 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
    if (!std::all_of(word.begin() + 2, word.end(), is_hex)) return {};
    if (word.find_first_not_of(word[2], 2) == std::string_view::npos) return {};
    return {begin, end, 0.8, Personal::kEthereum};
  }
  const auto starts = [&](std::string_view prefix) {
    for (std::size_t i = 0; i < prefix.size(); ++i) {
      if ((word[i] | 0x20) != (prefix[i] | 0x20)) return false;
    }
    return true;
  };
  if (word.size() <= 110 && word.size() >= 38) {
    for (const std::string_view prefix : {"bc1", "ltc1", "addr1", "cosmos1", "tb1"}) {
      if (starts(prefix) && bech32_holds(word)) {
        return {begin, end, 0.98,
                prefix == "bc1" || prefix == "tb1" ? Personal::kBitcoin : Personal::kOtherWallet};
      }
    }
  }
  if (word.size() < 26 || word.size() > 35) return {};
  if (std::string_view("13LMDXTAmn").find(word[0]) == std::string_view::npos) return {};
  switch (base58_version(word)) {
    case 0x00:
    case 0x05:
      return {begin, end, 0.99, Personal::kBitcoin};
    case 0x30:  // Litecoin
    case 0x32:
    case 0x1E:  // Dogecoin
    case 0x16:
    case 0x4C:  // Dash
    case 0x41:  // Tron
      return {begin, end, 0.99, Personal::kOtherWallet};
    default:
      return {};
  }
}

namespace {

struct Degrees {
  std::size_t end = 0;
  double value = 0;
  std::size_t decimals = 0;
  char letter = 0;
};

/// "48.8566", "48.8566° N", "48°51'24.1\"N", "-0.1278".
Degrees read_degrees(std::string_view text, std::size_t place) {
  Degrees out;
  std::size_t i = place;
  const bool minus = at(text, i) == '-';
  if (minus || at(text, i) == '+') ++i;
  const auto number = [&](std::size_t& decimals) {
    double value = 0;
    std::size_t digits = 0;
    while (is_digit(at(text, i)) && digits++ < 3) value = value * 10 + (text[i++] - '0');
    decimals = 0;
    if (digits > 0 && at(text, i) == '.' && is_digit(at(text, i + 1))) {
      ++i;
      double scale = 0.1;
      while (is_digit(at(text, i)) && decimals < 15) {
        value += scale * (text[i++] - '0');
        scale /= 10;
        ++decimals;
      }
    }
    return digits > 0 ? value : -1;
  };
  out.value = number(out.decimals);
  if (out.value < 0) return {};
  const auto sign = [&](std::string_view wanted) {
    if (!text.substr(std::min(i, text.size())).starts_with(wanted)) return false;
    i += wanted.size();
    return true;
  };
  const bool degrees = sign("\xC2\xB0");
  if (degrees) {
    const std::size_t before = i;
    while (at(text, i) == ' ' && i - before < 2) ++i;
    std::size_t decimals = 0;
    if (is_digit(at(text, i))) {
      const double minutes = number(decimals);
      if (sign("'") || sign("\xE2\x80\xB2")) {
        out.value += minutes / 60;
        out.decimals = 4;
        const std::size_t after = i;
        while (at(text, i) == ' ' && i - after < 2) ++i;
        if (is_digit(at(text, i))) {
          const double seconds = number(decimals);
          if (sign("\"") || sign("\xE2\x80\xB3") || sign("''")) {
            out.value += seconds / 3600;
          } else {
            i = after;
          }
        } else {
          i = after;
        }
      } else {
        i = before;
      }
    } else {
      i = before;
    }
  }
  std::size_t letter = i;
  while (at(text, letter) == ' ' && letter - i < 2) ++letter;
  if (std::string_view("NSEWO").find(at(text, letter)) != std::string_view::npos &&
      at(text, letter) != '\0' && !is_alnum(at(text, letter + 1))) {
    out.letter = text[letter];
    i = letter + 1;
  }
  if (minus) out.value = -out.value;
  out.end = i;
  return out;
}

}  // namespace

Hit scan_coordinates(std::string_view text, std::size_t place) {
  const std::size_t begin =
      place > 0 && text[place - 1] == '-' && (place < 2 || !is_alnum(text[place - 2])) ? place - 1
                                                                                       : place;
  const Degrees first = read_degrees(text, begin);
  if (first.end == 0 || first.decimals < 3 || first.value > 90 || first.value < -90) return {};
  std::size_t i = first.end;
  std::size_t signs = 0;
  while (signs < 3 &&
         (at(text, i) == ' ' || at(text, i) == ',' || at(text, i) == ';' || at(text, i) == '/')) {
    ++i;
    ++signs;
  }
  if (signs == 0 && first.letter == 0) return {};
  const Degrees second = read_degrees(text, i);
  if (second.end == 0 || second.decimals < 3 || second.value > 180 || second.value < -180)
    return {};
  if (is_alnum(at(text, second.end)) ||
      (at(text, second.end) == '.' && is_digit(at(text, second.end + 1))))
    return {};
  const bool lettered = (first.letter == 'N' || first.letter == 'S') &&
                        (second.letter == 'E' || second.letter == 'W' || second.letter == 'O');
  if (first.letter != 0 && !lettered) return {};
  return {begin, second.end, lettered ? 0.95 : 0.4, Personal::kCoordinates};
}

Hit scan_url(std::string_view text, std::size_t place) {
  constexpr std::size_t kLongestScheme = 12;
  constexpr std::size_t kLongest = 2048;
  std::size_t begin = place;
  while (begin > 0 && place - begin < kLongestScheme && is_alpha(text[begin - 1])) --begin;
  if (place - begin < 2) return {};
  std::size_t end = place + 3;
  while (end < text.size() && end - place < kLongest) {
    const auto c = static_cast<unsigned char>(text[end]);
    if (c <= 0x20 || c == '"' || c == '<' || c == '>' || c == '`' || c == '\\' || c == '{' ||
        c == '}' || c == '|' || c == '^')
      break;
    ++end;
  }
  // Punctuation of the sentence, and a bracket that was opened before the address.
  while (end > place + 3 &&
         std::string_view(".,;:!?'*").find(text[end - 1]) != std::string_view::npos)
    --end;
  const std::string_view rest = text.substr(place, end - place);
  for (const auto& [open, close] : {std::pair{'(', ')'}, std::pair{'[', ']'}}) {
    if (!rest.empty() && rest.back() == close && rest.find(open) == std::string_view::npos) --end;
  }
  if (end <= place + 5) return {};
  return {begin, end, 0.9, Personal::kUrl};
}

Hit scan_url_credentials(std::string_view text, std::size_t place) {
  constexpr std::size_t kLongest = 128;
  const std::size_t begin = place + 3;
  std::size_t i = begin;
  while (i < text.size() && i - begin < kLongest &&
         (is_local(text[i]) || text[i] == ':' || text[i] == '!' || text[i] == '$' ||
          text[i] == '*' || text[i] == '~'))
    ++i;
  if (at(text, i) != '@' || i == begin || !is_host(at(text, i + 1))) return {};
  return {begin, i, text.substr(begin, i - begin) == "git" ? 0.2 : 0.8, Personal::kUrlCredentials};
}

}  // namespace saiph::detect
