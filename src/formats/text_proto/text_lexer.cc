#include "formats/text_proto/text_lexer.h"

#include <string_view>
#include <utility>

#include "base/text.h"

namespace saiph::formats {

namespace {

bool is_word(std::uint8_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '.' || c == '-' || c == '+' || c == '/';
}

}  // namespace

TextToken TextLexer::next() {
  while (true) {
    if (!budget_.take_work(1)) return fail(ErrorCode::kLimit, budget_.reason());
    if (reader_.at_end()) return TextToken::kEnd;
    start = reader_.offset();
    std::uint8_t c = 0;
    if (!reader_.u8(c)) return fail_read();
    if (c == ' ' || (c >= '\t' && c <= '\r')) continue;
    if (c == '#') {
      while (!reader_.at_end() && c != '\n') {
        if (!reader_.u8(c)) return fail_read();
      }
      continue;
    }
    if (c == '{' || c == '<') return TextToken::kOpen;
    if (c == '}' || c == '>') return TextToken::kClose;
    if (c == ':') return TextToken::kColon;
    if (c == '"' || c == '\'') return string(c);
    if (!is_word(c)) return TextToken::kOther;
    return word(c);
  }
}

TextToken TextLexer::fail(ErrorCode code, std::string message) {
  error.emplace(code, std::move(message), reader_.offset());
  return TextToken::kFailed;
}

TextToken TextLexer::fail_read() {
  error = reader_.failure("protobuf text");
  return TextToken::kFailed;
}

TextToken TextLexer::word(std::uint8_t first) {
  text.assign(1, static_cast<char>(first));
  while (!reader_.at_end()) {
    ByteView ahead;
    if (!reader_.peek(1, ahead)) return fail_read();
    if (!is_word(ahead[0])) break;
    if (text.size() < kTextProtoStringBytes) text.push_back(static_cast<char>(ahead[0]));
    (void)reader_.skip(1);
  }
  return TextToken::kWord;
}

TextToken TextLexer::string(std::uint8_t quote) {
  text.clear();
  while (true) {
    std::uint8_t c = 0;
    if (reader_.at_end()) return fail(ErrorCode::kMalformed, "truncated string in protobuf text");
    if (!reader_.u8(c)) return fail_read();
    if (c == quote) return TextToken::kString;
    if (text.size() >= kTextProtoStringBytes)
      return fail(ErrorCode::kLimit, "string of protobuf text is longer than may be held");
    if (c != '\\') {
      text.push_back(static_cast<char>(c));
      continue;
    }
    if (!escape()) return fail(ErrorCode::kMalformed, "truncated string in protobuf text");
  }
}

// At most `most` digits of a number, of which `value` was read already.
unsigned TextLexer::digits(unsigned base, int most, unsigned value) {
  for (int i = 0; i < most && !reader_.at_end(); ++i) {
    ByteView ahead;
    if (!reader_.peek(1, ahead)) break;
    const int digit = hex_digit(ahead[0]);
    if (digit < 0 || static_cast<unsigned>(digit) >= base) break;
    value = value * base + static_cast<unsigned>(digit);
    (void)reader_.skip(1);
  }
  return value;
}

bool TextLexer::escape() {
  std::uint8_t c = 0;
  if (!reader_.u8(c)) return false;
  if (c == 'u' || c == 'U') {
    append_utf8(text, digits(16, c == 'u' ? 4 : 8, 0));
  } else if (c == 'x' || c == 'X') {
    text.push_back(static_cast<char>(static_cast<std::uint8_t>(digits(16, 2, 0))));
  } else if (c >= '0' && c <= '7') {
    const unsigned value = digits(8, 2, c - unsigned{'0'});
    text.push_back(static_cast<char>(static_cast<std::uint8_t>(value & 0xFFU)));
  } else {
    constexpr std::string_view kFrom = "abfnrtv";
    constexpr std::string_view kTo = "\a\b\f\n\r\t\v";
    const std::size_t at = kFrom.find(static_cast<char>(c));
    text.push_back(at == std::string_view::npos ? static_cast<char>(c) : kTo[at]);
  }
  return true;
}

}  // namespace saiph::formats
