#include "ledger/format/lines.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/escape.h"
#include "codec/base64/base64.h"

namespace saiph::ledger {

namespace {

// The code points of the White_Space property beyond ASCII (Unicode 15), as UTF-8.
constexpr std::array<std::string_view, 19> kUnicodeSpaces = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

}  // namespace

bool is_utf8(std::string_view text) {
  const bool ascii =
      std::ranges::none_of(text, [](char c) { return static_cast<std::uint8_t>(c) >= 0x80; });
  return ascii || to_valid_utf8(text) == text;
}

bool is_note_text(std::string_view text) {
  return std::ranges::none_of(
             text, [](char c) { return static_cast<std::uint8_t>(c) < 0x20 && c != '\n'; }) &&
         is_utf8(text);
}

bool is_note_line(std::string_view text) {
  return !text.empty() && text.find('\n') == std::string_view::npos && is_note_text(text);
}

bool is_key_name(std::string_view text) {
  return is_note_line(text) && text.find_first_of(" +") == std::string_view::npos &&
         std::ranges::none_of(kUnicodeSpaces, [text](std::string_view space) {
           return text.find(space) != std::string_view::npos;
         });
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most) {
  if (text.empty() || text[0] < '0' || text[0] > '9' || (text[0] == '0' && text.size() > 1)) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || value > most) {
    return std::nullopt;
  }
  return value;
}

bool take_whole_line(std::string_view& rest, std::string_view& line) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return true;
}

std::optional<Bytes> exact_base64(std::string_view text, bool any_alphabet) {
  const bool url = any_alphabet && text.find_first_of("-_") != std::string_view::npos;
  return codec::decode_base64_exact(text, url);
}

}  // namespace saiph::ledger
