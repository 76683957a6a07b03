#include "codec/json/utf.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "codec/json/json.h"

namespace saiph::codec {

namespace {

using std::string_view_literals::operator""sv;

struct Encoding {
  std::uint32_t width = 1;  ///< bytes a code unit
  bool big = false;
  std::uint32_t mark = 0;  ///< bytes of the byte order mark
};

// As Python's json.detect_encoding: marks first, then where the zeros of the first two characters
// are.
Encoding encoding_of(ByteView head) {
  const std::string_view text = as_text(head);
  if (text.starts_with("\xEF\xBB\xBF"sv)) return {1, false, 3};
  if (text.starts_with("\0\0\xFE\xFF"sv)) return {4, true, 4};
  if (text.starts_with("\xFF\xFE\0\0"sv)) return {4, false, 4};
  if (text.starts_with("\xFE\xFF"sv)) return {2, true, 2};
  if (text.starts_with("\xFF\xFE"sv)) return {2, false, 2};
  if (head.size() >= 4) {
    if (head[0] == 0) return {head[1] == 0 ? 4U : 2U, true, 0};
    if (head[1] == 0) return {head[2] == 0 && head[3] == 0 ? 4U : 2U, false, 0};
  } else if (head.size() == 2) {
    if (head[0] == 0) return {2, true, 0};
    if (head[1] == 0) return {2, false, 0};
  }
  return {};
}

void append(Bytes& out, std::uint32_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) code = 0xFFFD;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<std::uint8_t>(byte)); };
  if (code < 0x80) {
    put(code);
    return;
  }
  if (code < 0x800) {
    put(0xC0U | code >> 6U);
  } else {
    if (code < 0x10000) {
      put(0xE0U | code >> 12U);
    } else {
      put(0xF0U | code >> 18U);
      put(0x80U | (code >> 12U & 0x3FU));
    }
    put(0x80U | (code >> 6U & 0x3FU));
  }
  put(0x80U | (code & 0x3FU));
}

Bytes to_utf8(ByteView bytes, Encoding encoding) {
  ByteReader reader(bytes);
  Bytes out;
  if (!reader.skip(encoding.mark)) return out;
  while (reader.remaining() >= encoding.width) {
    std::uint32_t code = 0;
    if (encoding.width == 4) {
      if (!(encoding.big ? reader.u32be(code) : reader.u32le(code))) break;
    } else {
      const auto unit = [&](std::uint32_t& value) {
        std::uint16_t half = 0;
        if (!(encoding.big ? reader.u16be(half) : reader.u16le(half))) return false;
        value = half;
        return true;
      };
      if (!unit(code)) break;
      if (code >= 0xD800 && code < 0xDC00 && reader.remaining() >= 2) {
        const std::uint64_t at = reader.offset();
        std::uint32_t low = 0;
        if (!unit(low)) break;
        if (low >= 0xDC00 && low <= 0xDFFF) {
          code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
        } else if (!reader.seek(at)) {
          break;
        }
      }
    }
    append(out, code);
  }
  if (reader.remaining() != 0) append(out, 0xFFFD);
  return out;
}

}  // namespace

bool looks_like_json(ByteView head, std::uint64_t file_bytes) {
  const Encoding encoding = encoding_of(head);
  Bytes converted;
  if (encoding.width != 1) {
    converted = to_utf8(head, encoding);
    head = converted;
  }
  const std::string_view text = as_text(head).substr(encoding.width == 1 ? encoding.mark : 0);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
  const ViewSource source(as_bytes(text));
  SourceReader reader(source);
  JsonHandler ignore;
  Budget budget{Limits::strict()};
  const auto parsed = parse_json(reader, ignore, budget, {.allow_nan = true});
  if (parsed || parsed.error().code() == ErrorCode::kLimit) return true;
  // Cut off by the end of the head, perhaps inside a word or a multi-byte sequence.
  const bool whole = encoding.width == 1 ? head.size() >= file_bytes : false;
  const std::uint64_t at = parsed.error().offset().value_or(0);
  return parsed.error().message().starts_with("truncated") || (!whole && at + 12 >= text.size());
}

Result<std::shared_ptr<const ByteSource>> json_in_utf8(const ByteSource& source,
                                                       std::uint64_t limit) {
  Bytes head(static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), 4)));
  SAIPH_TRY(const std::size_t got, source.read_at(0, head));
  head.resize(got);
  const Encoding encoding = encoding_of(head);
  if (encoding.width == 1) return std::shared_ptr<const ByteSource>();
  SAIPH_TRY(const Bytes all, read_all(source, limit));
  return std::shared_ptr<const ByteSource>(
      std::make_shared<const MemorySource>(to_utf8(all, encoding)));
}

}  // namespace saiph::codec
