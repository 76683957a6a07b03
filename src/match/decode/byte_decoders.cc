#include "match/decode/byte_decoders.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/byte_scan.h"
#include "base/text.h"
#include "match/canonical/ascii.h"

namespace saiph::match {

namespace {

int base32_digit(char c) {
  if (is_letter(c)) return lower(c) - 'a';
  if (c >= '2' && c <= '7') return c - '2' + 26;
  return -1;
}

/// Collects digits of `bits` bits and puts out bytes; the characters of one full group are one
/// unit, so that the map is a single run.
class BitGroups {
 public:
  BitGroups(unsigned bits, std::size_t group, Piece& out)
      : bits_(bits), group_(group), out_(&out) {}

  void add(unsigned digit, std::size_t at) {
    if (count_ == 0) begin_ = at;
    value_ = value_ << bits_ | digit;
    ++count_;
    last_ = at;
    if (count_ == group_) flush();
  }
  /// The bytes of a group that is not full.
  void flush() {
    const std::size_t bytes = count_ * bits_ / 8;
    std::uint64_t value = value_ >> (count_ * bits_ - bytes * 8);
    std::array<char, 8> made{};
    for (std::size_t i = bytes; i-- > 0; value >>= 8U) made[i] = static_cast<char>(value & 0xFFU);
    if (bytes != 0) out_->put({made.data(), bytes}, begin_, last_ + 1 - begin_);
    value_ = 0;
    count_ = 0;
  }

 private:
  unsigned bits_;
  std::size_t group_;
  Piece* out_;
  std::uint64_t value_ = 0;
  std::size_t count_ = 0;
  std::size_t begin_ = 0;
  std::size_t last_ = 0;
};

constexpr std::string_view kRfc1924 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

constexpr std::array<std::int8_t, 128> digits_of(std::string_view alphabet) {
  std::array<std::int8_t, 128> out{};
  for (std::int8_t& digit : out) digit = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    out[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return out;
}
constexpr std::array<std::int8_t, 128> kRfc1924Digits = digits_of(kRfc1924);
constexpr std::array<std::int8_t, 128> kZ85Digits = digits_of(kZ85);

int base85_digit(char c, Base85 alphabet) {
  if (static_cast<std::uint8_t>(c) >= 128) return -1;
  const auto at = static_cast<std::uint8_t>(c);
  if (alphabet == Base85::kRfc1924) return kRfc1924Digits[at];
  if (alphabet == Base85::kZ85) return kZ85Digits[at];
  return c >= '!' && c <= 'u' ? c - '!' : -1;
}

struct MorseCode {
  std::string_view code;
  char letter;
};
constexpr std::array<MorseCode, 53> kMorse = {{
    {".-", 'a'},     {"-...", 'b'},    {"-.-.", 'c'},   {"-..", 'd'},    {".", 'e'},
    {"..-.", 'f'},   {"--.", 'g'},     {"....", 'h'},   {"..", 'i'},     {".---", 'j'},
    {"-.-", 'k'},    {".-..", 'l'},    {"--", 'm'},     {"-.", 'n'},     {"---", 'o'},
    {".--.", 'p'},   {"--.-", 'q'},    {".-.", 'r'},    {"...", 's'},    {"-", 't'},
    {"..-", 'u'},    {"...-", 'v'},    {".--", 'w'},    {"-..-", 'x'},   {"-.--", 'y'},
    {"--..", 'z'},   {"-----", '0'},   {".----", '1'},  {"..---", '2'},  {"...--", '3'},
    {"....-", '4'},  {".....", '5'},   {"-....", '6'},  {"--...", '7'},  {"---..", '8'},
    {"----.", '9'},  {".-.-.-", '.'},  {"--..--", ','}, {"..--..", '?'}, {"-.-.--", '!'},
    {"---...", ':'}, {".----.", '\''}, {"-....-", '-'}, {".-..-.", '"'}, {"-..-.", '/'},
    {"-.--.", '('},  {"-.--.-", ')'},  {"-...-", '='},  {".--.-.", '@'}, {".-.-.", '+'},
    {"-.-.-.", ';'}, {"..--.-", '_'},  {".-...", '&'},
}};

/// Dots of the letters a to z in six-dot Braille, bit 0 for dot 1.
constexpr std::array<std::uint8_t, 26> kBraille = {
    0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A, 0x05, 0x07, 0x0D,
    0x1D, 0x15, 0x0F, 0x1F, 0x17, 0x0E, 0x1E, 0x25, 0x27, 0x3A, 0x2D, 0x3D, 0x35};

struct BrailleSign {
  std::uint8_t dots;
  char sign;
};
constexpr std::array<BrailleSign, 9> kBrailleSigns = {{{0x02, ','},
                                                       {0x06, ';'},
                                                       {0x12, ':'},
                                                       {0x32, '.'},
                                                       {0x16, '!'},
                                                       {0x26, '?'},
                                                       {0x04, '\''},
                                                       {0x24, '-'},
                                                       {0x00, ' '}}};

struct Entity {
  std::string_view name;
  std::uint32_t value;
};
/// Names that texts are written with, and those that hide: HTML 5 has 2,231.
constexpr std::array<Entity, 46> kEntities = {{
    {"amp", '&'},      {"lt", '<'},     {"gt", '>'},      {"quot", '"'},   {"apos", '\''},
    {"nbsp", ' '},     {"shy", 0xAD},   {"zwnj", 0x200C}, {"zwj", 0x200D}, {"lrm", 0x200E},
    {"rlm", 0x200F},   {"ensp", ' '},   {"emsp", ' '},    {"thinsp", ' '}, {"Tab", '\t'},
    {"NewLine", '\n'}, {"excl", '!'},   {"num", '#'},     {"dollar", '$'}, {"percnt", '%'},
    {"lpar", '('},     {"rpar", ')'},   {"ast", '*'},     {"plus", '+'},   {"comma", ','},
    {"period", '.'},   {"sol", '/'},    {"colon", ':'},   {"semi", ';'},   {"equals", '='},
    {"quest", '?'},    {"commat", '@'}, {"lbrack", '['},  {"lsqb", '['},   {"bsol", '\\'},
    {"rbrack", ']'},   {"rsqb", ']'},   {"Hat", '^'},     {"lowbar", '_'}, {"grave", '`'},
    {"lbrace", '{'},   {"lcub", '{'},   {"vert", '|'},    {"rbrace", '}'}, {"rcub", '}'},
    {"hyphen", '-'},
}};

/// Up to `most` hexadecimal digits; answers how many there are.
std::size_t hex_number(std::string_view text, std::size_t most, std::uint32_t& value) {
  std::size_t size = 0;
  value = 0;
  while (size < most && size < text.size() && hex_digit(text[size]) >= 0)
    value = value << 4U | static_cast<std::uint32_t>(hex_digit(text[size++]));
  return size;
}

/// Digits of `bits` bits, spaces between them skipped, to the end but for padding.
bool decode_digits(std::string_view source, std::size_t begin, std::size_t end, unsigned bits,
                   std::size_t group, int (*digit_of)(char), Piece& out) {
  BitGroups groups(bits, group, out);
  std::size_t at = begin;
  for (; at < end; ++at) {
    if (is_space(source[at])) continue;
    const int digit = digit_of(source[at]);
    if (digit < 0) break;
    groups.add(static_cast<unsigned>(digit), at);
  }
  groups.flush();
  while (at < end && (source[at] == '=' || is_space(source[at]))) ++at;
  return at == end && !out.text.empty();
}

}  // namespace

bool decode_base64_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  return decode_digits(source, begin, end, 6, 4, [](char c) { return base64_digit(c); }, out);
}

bool decode_base32_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  return decode_digits(source, begin, end, 5, 8, &base32_digit, out);
}

bool decode_hex_text(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  std::size_t at = begin;
  while (at < end) {
    const char c = source[at];
    const bool prefix = (c == '0' || c == '\\') && at + 1 < end && lower(source[at + 1]) == 'x';
    if (prefix) {
      at += 2;
      continue;
    }
    if (hex_digit(c) < 0) {
      ++at;
      continue;
    }
    if (at + 1 >= end || hex_digit(source[at + 1]) < 0) return false;
    out.put(static_cast<char>(hex_digit(c) << 4 | hex_digit(source[at + 1])), at, 2);
    at += 2;
  }
  return !out.text.empty();
}

bool decode_base85_text(std::string_view source, std::size_t begin, std::size_t end,
                        Base85 alphabet, Piece& out) {
  if (alphabet == Base85::kAscii85) {
    if (source.substr(begin, end - begin).starts_with("<~")) begin += 2;
    if (end - begin >= 2 && source.substr(end - 2, 2) == "~>") end -= 2;
  }
  std::uint64_t value = 0;
  std::size_t count = 0;
  std::size_t first = begin;
  const auto flush = [&](std::size_t last) {
    for (std::size_t i = count; i < 5; ++i) value = value * 85 + 84;
    if (value > 0xFFFFFFFFU) return false;
    std::array<char, 4> made{};
    for (std::size_t i = 0; i < 4; ++i) made[i] = static_cast<char>(value >> (24 - 8 * i) & 0xFFU);
    out.put({made.data(), count - 1}, first, last + 1 - first);
    value = 0;
    count = 0;
    return true;
  };
  for (std::size_t at = begin; at < end; ++at) {
    const char c = source[at];
    if (is_space(c)) continue;
    if (c == 'z' && count == 0 && alphabet == Base85::kAscii85) {
      out.put(std::string_view("\0\0\0\0", 4), at, 1);
      continue;
    }
    const int digit = base85_digit(c, alphabet);
    if (digit < 0) return false;
    if (count == 0) first = at;
    value = value * 85 + static_cast<unsigned>(digit);
    if (++count == 5 && !flush(at)) return false;
  }
  if (count == 1) return false;
  if (count > 1 && !flush(end - 1)) return false;
  return !out.text.empty();
}

bool decode_numbers(std::string_view source, std::size_t begin, std::size_t end, unsigned base,
                    Piece& out) {
  const char top = static_cast<char>('0' + base - 1);
  std::size_t at = begin;
  while (at < end) {
    if (!is_digit(source[at])) {
      ++at;
      continue;
    }
    const std::size_t first = at;
    while (at < end && is_digit(source[at])) {
      if (source[at] > top) return false;
      ++at;
    }
    const std::size_t digits = at - first;
    std::size_t width = digits;
    if (base == 2 && digits > 8) width = digits % 8 == 0 ? 8 : digits % 7 == 0 ? 7 : 0;
    if (base == 2 && digits < 7) width = 0;
    if (width == 0 || width > 8) return false;
    for (std::size_t from = first; from < at; from += width) {
      unsigned value = 0;
      for (std::size_t i = 0; i < width; ++i)
        value = value * base + static_cast<unsigned>(source[from + i] - '0');
      if (value > 0xFF) return false;
      out.put(static_cast<char>(value), from, width);
    }
  }
  return !out.text.empty();
}

bool decode_letter_numbers(std::string_view source, std::size_t begin, std::size_t end,
                           Piece& out) {
  std::size_t at = begin;
  while (at < end) {
    const char c = source[at];
    if (!is_digit(c)) {
      if (c == '/' || c == '|' || c == '\n') out.put(' ', at, 1);
      ++at;
      continue;
    }
    unsigned value = 0;
    const std::size_t first = at;
    while (at < end && is_digit(source[at]) && at - first < 3)
      value = value * 10 + static_cast<unsigned>(source[at++] - '0');
    if (value < 1 || value > 26) return false;
    out.put(static_cast<char>('a' + value - 1), first, at - first);
  }
  return !out.text.empty();
}

bool decode_morse(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  std::size_t at = begin;
  std::size_t gap = 0;
  std::size_t letters = 0;
  while (at < end) {
    const char c = source[at];
    if (c != '.' && c != '-' && c != '_') {
      // Letters are one space apart; anything wider ends a word.
      gap += c == ' ' ? 1 : 3;
      ++at;
      continue;
    }
    const std::size_t first = at;
    std::array<char, 8> code{};
    std::size_t size = 0;
    while (at < end && (source[at] == '.' || source[at] == '-' || source[at] == '_')) {
      if (size == code.size()) return false;
      code[size++] = source[at] == '.' ? '.' : '-';
      ++at;
    }
    if (gap > 1 && letters != 0) out.put(' ', first - 1, 1);
    gap = 0;
    const std::string_view wanted(code.data(), size);
    const auto found = std::find_if(kMorse.begin(), kMorse.end(),
                                    [&](const MorseCode& row) { return row.code == wanted; });
    if (found == kMorse.end()) return false;
    ++letters;
    out.put(found->letter, first, size);
  }
  return letters != 0;
}

bool decode_braille(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  std::size_t at = begin;
  bool number = false;
  while (at < end) {
    const auto byte = [&](std::size_t i) {
      return at + i < end ? static_cast<std::uint8_t>(source[at + i]) : std::uint8_t{0};
    };
    const bool pattern =
        byte(0) == 0xE2 && byte(1) >= 0xA0 && byte(1) <= 0xA3 && (byte(2) & 0xC0U) == 0x80;
    if (!pattern) {
      number = false;
      out.keep(source, at, at + 1);
      ++at;
      continue;
    }
    const unsigned dots = (byte(1) & 0x03U) << 6U | (byte(2) & 0x3FU);
    const auto letter = std::find(kBraille.begin(), kBraille.end(), dots);
    const auto sign = std::find_if(kBrailleSigns.begin(), kBrailleSigns.end(),
                                   [&](const BrailleSign& row) { return row.dots == dots; });
    if (letter != kBraille.end()) {
      const auto index = static_cast<unsigned>(letter - kBraille.begin());
      out.put(number && index < 10 ? static_cast<char>('0' + (index + 1) % 10)
                                   : static_cast<char>('a' + index),
              at, 3);
    } else if (sign != kBrailleSigns.end()) {
      number = false;
      out.put(sign->sign, at, 3);
    } else if (dots == 0x3C) {
      number = true;
    }
    // The sign of a capital letter (dot 6) and what is left stand for nothing here.
    at += 3;
  }
  return !out.text.empty();
}

bool decode_uu_line(std::string_view source, std::size_t begin, std::size_t end, Piece& out) {
  if (begin == end) return false;
  const auto value = [](char c) { return static_cast<unsigned>(c - ' ') & 0x3FU; };
  std::size_t bytes = value(source[begin]);
  std::size_t at = begin + 1;
  while (bytes != 0) {
    // Spaces at the end of a line count as zeros: mailers cut them off.
    unsigned group = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      const char c = at + i < end ? source[at + i] : ' ';
      if (c < ' ' || c > '`') return false;
      group = group << 6U | value(c);
    }
    const std::size_t made = std::min<std::size_t>(bytes, 3);
    const std::array<char, 3> three = {static_cast<char>(group >> 16U & 0xFFU),
                                       static_cast<char>(group >> 8U & 0xFFU),
                                       static_cast<char>(group & 0xFFU)};
    const std::size_t there = at < end ? std::min<std::size_t>(4, end - at) : 0;
    if (there == 0) break;
    out.put({three.data(), made}, at, there);
    bytes -= made;
    at += there;
  }
  return bytes == 0 && !out.text.empty();
}

Escape url_escape(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() >= 6 && lower(text[1]) == 'u' && hex_number(text.substr(2), 4, value) == 4)
    return {6, value, false};
  if (text.size() >= 3 && hex_number(text.substr(1), 2, value) == 2) return {3, value, false};
  return {};
}

Escape html_entity(std::string_view text) {
  if (text.size() < 3) return {};
  std::uint32_t value = 0;
  std::size_t size = 0;
  if (text[1] == '#') {
    const bool hexadecimal = lower(text[2]) == 'x';
    std::size_t at = hexadecimal ? 3 : 2;
    // Leading zeros are a way to hide a number from patterns.
    while (at < text.size() && at < 24 && text[at] == '0') ++at;
    const std::size_t first = at;
    if (hexadecimal) {
      at += hex_number(text.substr(at), 6, value);
    } else {
      while (at < text.size() && at - first < 7 && is_digit(text[at]))
        value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
    }
    if (at == first || value > 0x10FFFF) return {};
    size = at;
    if (size < text.size() && text[size] == ';') ++size;
    return {size, value, false};
  }
  const std::size_t semicolon = text.substr(0, 10).find(';');
  if (semicolon == std::string_view::npos) return {};
  const std::string_view name = text.substr(1, semicolon - 1);
  const auto found = std::find_if(kEntities.begin(), kEntities.end(),
                                  [&](const Entity& row) { return row.name == name; });
  if (found == kEntities.end()) return {};
  return {semicolon + 1, found->value, false};
}

Escape backslash_escape(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() < 2) return {};
  if (text[0] == 'U' || text[0] == 'u') {
    if (text[1] != '+') return {};
    const std::size_t digits = hex_number(text.substr(2), 6, value);
    if (digits < 4 || value > 0x10FFFF) return {};
    return {2 + digits, value, false};
  }
  const char kind = text[1];
  if (kind == 'u' && text.size() > 3 && text[2] == '{') {
    const std::size_t digits = hex_number(text.substr(3), 6, value);
    const bool closed = digits != 0 && 3 + digits < text.size() && text[3 + digits] == '}';
    if (!closed || value > 0x10FFFF) return {};
    return {4 + digits, value, false};
  }
  if (kind == 'u' || kind == 'U' || kind == 'x') {
    const std::size_t wanted = kind == 'u' ? 4 : kind == 'U' ? 8 : 2;
    if (hex_number(text.substr(2), wanted, value) != wanted || value > 0x10FFFF) return {};
    // Two halves of a pair, as JSON writes code points over U+FFFF.
    std::uint32_t low = 0;
    if (kind == 'u' && value >= 0xD800 && value < 0xDC00 && text.size() >= 12 && text[6] == '\\' &&
        text[7] == 'u' && hex_number(text.substr(8), 4, low) == 4 && low >= 0xDC00 && low < 0xE000)
      return {12, 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00), false};
    return {2 + wanted, value, false};
  }
  if (kind >= '0' && kind <= '3' && text.size() >= 4) {
    for (std::size_t i = 1; i < 4; ++i) {
      if (text[i] < '0' || text[i] > '7') return {};
      value = value * 8 + static_cast<std::uint32_t>(text[i] - '0');
    }
    return {4, value, false};
  }
  if (kind == 'n' || kind == 'r') return {2, '\n', false};
  if (kind == 't') return {2, '\t', false};
  return {};
}

Escape quoted_printable_escape(std::string_view text) {
  std::uint32_t value = 0;
  if (text.size() >= 2 && text[1] == '\n') return {2, 0, true};
  if (text.size() >= 3 && text[1] == '\r' && text[2] == '\n') return {3, 0, true};
  if (text.size() >= 3 && hex_number(text.substr(1), 2, value) == 2) return {3, value, false};
  return {};
}

bool looks_like_text(std::string_view bytes) {
  if (bytes.size() < 3) return false;
  std::size_t letters = 0;
  std::size_t shown = 0;
  std::size_t nuls = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const char c = bytes[at];
    if (static_cast<std::uint8_t>(c) >= 0x80) {
      const std::size_t length = utf8_sequence_length(as_bytes(bytes.substr(at, 4)));
      letters += length;
      shown += length;
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    if (is_letter(c) || c == ' ') ++letters;
    if ((c >= ' ' && c < 0x7F) || is_space(c)) ++shown;
    if (c == 0) ++nuls;
    ++at;
  }
  std::size_t size = bytes.size();
  // UTF-16 of ASCII: every other byte is zero.
  if (nuls * 5 >= size * 2 && nuls * 2 <= size + 1) size -= nuls;
  if (size < 12) return shown == size && letters * 4 >= size * 3;
  return shown * 100 >= size * 95 && letters * 10 >= size * 6;
}

}  // namespace saiph::match
