#include "formats/text_proto/text_fields.h"

#include <string>

#include "formats/text_proto/text_lexer.h"

namespace saiph::formats {

Status read_text_fields(const ByteSource& source, TextFieldHandler& handler, Budget& budget) {
  SourceReader reader(source);
  TextLexer lexer(reader, budget);
  std::uint64_t depth = 0;
  std::string key;
  std::string value;
  std::uint64_t value_at = 0;
  bool after_colon = false;
  bool strings = false;
  while (true) {
    const TextToken token = lexer.next();
    if (token == TextToken::kString) {
      if (depth == 0) {
        if (!strings) value_at = lexer.start;
        if (value.size() + lexer.text.size() > kTextProtoStringBytes)
          return Error(ErrorCode::kLimit, "string of protobuf text is longer than may be held",
                       value_at);
        value += lexer.text;
        strings = true;
      }
      after_colon = false;
      continue;
    }
    if (strings) handler.on_string(key, value, value_at);
    strings = false;
    value.clear();
    switch (token) {
      case TextToken::kEnd:
        if (depth == 0) return {};
        return Error(ErrorCode::kMalformed, "truncated protobuf text", reader.offset());
      case TextToken::kFailed:
        return *lexer.error;
      case TextToken::kOpen:
        ++depth;
        break;
      case TextToken::kClose:
        if (depth == 0)
          return Error(ErrorCode::kMalformed, "protobuf text closes a message that is not open",
                       lexer.start);
        --depth;
        break;
      case TextToken::kWord:
        if (depth == 0 && !after_colon) key = lexer.text.substr(0, 64);
        break;
      case TextToken::kString:
      case TextToken::kColon:
      case TextToken::kOther:
        break;
    }
    after_colon = token == TextToken::kColon;
  }
}

}  // namespace saiph::formats
