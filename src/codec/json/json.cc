#include "codec/json/json.h"

#include <algorithm>

#include "base/byte_scan.h"
#include "base/text.h"
#include "codec/json/key_set.h"

namespace saiph::codec {

namespace {

using std::string_view_literals::operator""sv;

// Longer numbers have no use; Python refuses integers of more than 4,300 digits.
constexpr std::size_t kNumberBytes = 64U << 10;

enum class Expect : std::uint8_t { kValue, kFirstValue, kFirstKey, kKey, kComma, kDone };

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 8259 section 6.
bool is_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at != from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

bool is_number_byte(std::uint8_t byte) {
  return (byte >= '0' && byte <= '9') || byte == '-' || byte == '+' || byte == '.' || byte == 'e' ||
         byte == 'E';
}

class Parser {
 public:
  Parser(SourceReader& reader, JsonHandler& handler, Budget& budget, JsonStreamOptions options)
      : reader_(reader),
        handler_(handler),
        budget_(budget),
        options_(options),
        keys_(budget.limits().items, budget.limits().memory_bytes / 2) {
    refresh();
  }

  Result<bool> run();

 private:
  enum class Step : std::uint8_t { kGo, kStopped, kError };

  Step value(int byte);
  Step key();
  Step open(bool is_object);
  Step close(bool is_object);
  Step number();
  Step literal(std::string_view word);
  /// The string whose opening quote is at the cursor; `out` is valid until the next read.
  bool string(std::string_view& out);
  bool escape();
  bool unit(std::size_t at, std::uint32_t& out);

  void refresh() {
    view_ = reader_.buffered();
    position_ = 0;
    base_ = reader_.offset();
  }
  /// Makes n bytes readable at the cursor, or all that are left.
  bool fill(std::size_t n) {
    reader_.consume_buffered(position_);
    const bool ok = reader_.refill(n);
    refresh();
    if (!ok) error_ = reader_.failure("JSON");
    return ok && !view_.empty();
  }
  int peek() {
    if (position_ < view_.size()) [[likely]]
      return view_[position_];
    return fill(1) ? view_[0] : -1;
  }
  int peek_past_space() {
    while (true) {
      const int byte = peek();
      if (byte != ' ' && byte != '\n' && byte != '\r' && byte != '\t') return byte;
      ++position_;
    }
  }
  std::uint64_t offset() const { return base_ + position_; }
  ByteView rest() const { return view_.subspan(position_); }
  bool buffered_to_end() const { return base_ + view_.size() == reader_.size(); }

  Step malformed(std::string reason, std::uint64_t at) {
    if (!error_) error_ = Error(ErrorCode::kMalformed, std::move(reason), at);
    return Step::kError;
  }
  Step limit(std::string reason, std::uint64_t at) {
    if (!error_) error_ = Error(ErrorCode::kLimit, std::move(reason), at);
    return Step::kError;
  }
  Step truncated() { return malformed("truncated JSON", offset()); }
  bool append(ByteView bytes) {
    if (bytes.size() >
        budget_.limits().string_bytes -
            std::min<std::uint64_t>(scratch_.size(), budget_.limits().string_bytes)) {
      limit("JSON string is longer than may be held", offset());
      return false;
    }
    scratch_.append(as_text(bytes));
    return true;
  }
  static Step go(bool more) { return more ? Step::kGo : Step::kStopped; }

  SourceReader& reader_;
  JsonHandler& handler_;
  Budget& budget_;
  JsonStreamOptions options_;
  ByteView view_;
  std::size_t position_ = 0;
  std::uint64_t base_ = 0;
  std::string scratch_;
  std::vector<bool> open_objects_;  ///< one entry a nesting level: is it an object
  JsonKeySets keys_;
  Expect expect_ = Expect::kValue;
  std::optional<Error> error_;
};

Parser::Step Parser::open(bool is_object) {
  if (open_objects_.size() >= budget_.limits().nesting) {
    return limit("JSON nested deeper than " + std::to_string(budget_.limits().nesting), offset());
  }
  const std::uint64_t at = offset();
  ++position_;
  open_objects_.push_back(is_object);
  if (is_object) keys_.open();
  expect_ = is_object ? Expect::kFirstKey : Expect::kFirstValue;
  return go(is_object ? handler_.on_object_begin(at) : handler_.on_array_begin(at));
}

Parser::Step Parser::close(bool is_object) {
  ++position_;
  open_objects_.pop_back();
  if (is_object) keys_.close();
  expect_ = open_objects_.empty() ? Expect::kDone : Expect::kComma;
  return go(is_object ? handler_.on_object_end() : handler_.on_array_end());
}

Parser::Step Parser::literal(std::string_view word) {
  if (rest().size() < word.size() && !buffered_to_end()) fill(word.size());
  if (error_) return Step::kError;
  const std::uint64_t at = offset();
  const ByteView bytes = rest();
  const std::string_view text = as_text(bytes.first(std::min(bytes.size(), word.size())));
  if (text != word) {
    return word.starts_with(text) ? malformed("truncated JSON", at + text.size())
                                  : malformed("not a JSON value", at);
  }
  position_ += word.size();
  expect_ = open_objects_.empty() ? Expect::kDone : Expect::kComma;
  if (word == "true") return go(handler_.on_bool(true, at));
  if (word == "false") return go(handler_.on_bool(false, at));
  if (word == "null") return go(handler_.on_null(at));
  return go(handler_.on_number(word, at));
}

Parser::Step Parser::number() {
  std::size_t length = 0;
  while (true) {
    const ByteView bytes = rest();
    while (length < bytes.size() && is_number_byte(bytes[length])) ++length;
    if (length > kNumberBytes) return limit("JSON number of more than 65536 bytes", offset());
    if (length < bytes.size() || buffered_to_end()) break;
    if (!fill(kNumberBytes + 1)) break;
    if (view_.size() == length) return limit("JSON number longer than the window", offset());
  }
  if (error_) return Step::kError;
  const std::uint64_t at = offset();
  const std::string_view text = as_text(rest().first(length));
  if (!is_number(text)) {
    if (text == "-" && options_.allow_nan && rest().size() > 1 && rest()[1] == 'I') {
      return literal("-Infinity"sv);
    }
    return malformed("not a JSON number", at);
  }
  position_ += length;
  expect_ = open_objects_.empty() ? Expect::kDone : Expect::kComma;
  return go(handler_.on_number(text, at));
}

bool Parser::unit(std::size_t at, std::uint32_t& out) {
  const ByteView bytes = rest();
  if (bytes.size() < at + 6) {
    truncated();
    return false;
  }
  out = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(bytes[i]);
    if (digit < 0) {
      malformed("bad \\u escape in JSON string", offset());
      return false;
    }
    out = out << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

bool Parser::escape() {
  // Twelve bytes hold the longest escape, a surrogate pair.
  if (rest().size() < 12 && !buffered_to_end() && !fill(12)) return false;
  const ByteView bytes = rest();
  if (bytes.size() < 2) {
    truncated();
    return false;
  }
  char plain = 0;
  switch (bytes[1]) {
    case '"':
      plain = '"';
      break;
    case '\\':
      plain = '\\';
      break;
    case '/':
      plain = '/';
      break;
    case 'b':
      plain = '\b';
      break;
    case 'f':
      plain = '\f';
      break;
    case 'n':
      plain = '\n';
      break;
    case 'r':
      plain = '\r';
      break;
    case 't':
      plain = '\t';
      break;
    case 'u':
      break;
    default:
      malformed("unknown escape in JSON string", offset());
      return false;
  }
  if (bytes[1] != 'u') {
    scratch_.push_back(plain);
    position_ += 2;
    return true;
  }
  std::uint32_t code_point = 0;
  if (!unit(0, code_point)) return false;
  std::size_t used = 6;
  if (code_point >= 0xD800 && code_point <= 0xDFFF) {
    std::uint32_t low = 0;
    const bool pair =
        code_point < 0xDC00 && bytes.size() >= 8 && bytes[6] == '\\' && bytes[7] == 'u';
    if (pair && !unit(6, low)) return false;
    const bool paired = pair && low >= 0xDC00 && low <= 0xDFFF;
    if (!paired && !options_.keep_lone_surrogates) {
      malformed("unpaired surrogate in JSON string", offset());
      return false;
    }
    if (paired) {
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
      used = 12;
    }
  }
  append_utf8(scratch_, code_point);
  position_ += used;
  return true;
}

bool Parser::string(std::string_view& out) {
  ++position_;
  scratch_.clear();
  bool copied = false;
  std::size_t length = 0;  // of the run at the cursor that is not in scratch_ yet
  const auto flush = [&] {
    if (!append(rest().first(length))) return false;
    position_ += length;
    length = 0;
    copied = true;
    return true;
  };
  while (true) {
    const ByteView bytes = rest();
    length += plain_ascii_prefix(bytes.subspan(length), '"', '\\');
    if (length == bytes.size()) {
      if (!flush()) return false;
      if (!fill(1)) {
        truncated();
        return false;
      }
      continue;
    }
    const std::uint8_t byte = bytes[length];
    if (byte == '"') {
      if (copied) {
        if (!flush()) return false;
        out = scratch_;
      } else {
        out = as_text(bytes.first(length));
        if (length > budget_.limits().string_bytes) {
          limit("JSON string is longer than may be held", offset());
          return false;
        }
        position_ += length;
      }
      ++position_;
      if (!budget_.take_work(1 + (out.size() >> 6))) {
        limit(budget_.reason(), offset());
        return false;
      }
      return true;
    }
    if (byte == '\\') {
      if (!flush() || !escape()) return false;
      continue;
    }
    if (byte < 0x20) {
      malformed("control character in JSON string", offset() + length);
      return false;
    }
    const std::size_t sequence = utf8_sequence_length(bytes.subspan(length));
    if (sequence != 0) {
      length += sequence;
      continue;
    }
    if (bytes.size() - length < 4 && !buffered_to_end()) {
      if (!flush() || !fill(4)) return false;
      continue;
    }
    malformed("invalid UTF-8 in JSON string", offset() + length);
    return false;
  }
}

Parser::Step Parser::key() {
  const std::uint64_t at = offset();
  std::string_view text;
  if (!string(text)) return Step::kError;
  const JsonKeySets::Added added = keys_.add(text);
  if (added == JsonKeySets::Added::kFull) return limit("too many keys in one JSON object", at);
  if (added == JsonKeySets::Added::kDuplicate && !handler_.on_duplicate_key(text, at)) {
    return Step::kStopped;
  }
  if (!handler_.on_key(text, at)) return Step::kStopped;
  const int byte = peek_past_space();
  if (byte < 0) return truncated();
  if (byte != ':') return malformed("':' expected in JSON object", offset());
  ++position_;
  expect_ = Expect::kValue;
  return Step::kGo;
}

Parser::Step Parser::value(int byte) {
  switch (byte) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case '"': {
      const std::uint64_t at = offset();
      std::string_view text;
      if (!string(text)) return Step::kError;
      expect_ = open_objects_.empty() ? Expect::kDone : Expect::kComma;
      return go(handler_.on_string(text, at));
    }
    case 't':
      return literal("true"sv);
    case 'f':
      return literal("false"sv);
    case 'n':
      return literal("null"sv);
    case 'N':
      if (options_.allow_nan) return literal("NaN"sv);
      break;
    case 'I':
      if (options_.allow_nan) return literal("Infinity"sv);
      break;
    default:
      if (byte == '-' || (byte >= '0' && byte <= '9')) return number();
      break;
  }
  return malformed("not a JSON value", offset());
}

Result<bool> Parser::run() {
  if (options_.allow_bom && offset() == 0) {
    if (view_.size() < 3) fill(3);
    if (view_.size() >= 3 && as_text(view_.first(3)) == "\xEF\xBB\xBF"sv) position_ = 3;
  }
  Step step = Step::kGo;
  while (step == Step::kGo && expect_ != Expect::kDone) {
    if (!budget_.take_work(1)) {
      step = limit(budget_.reason(), offset());
      break;
    }
    const int byte = peek_past_space();
    if (byte < 0) {
      step = truncated();
      break;
    }
    switch (expect_) {
      case Expect::kFirstValue:
        step = byte == ']' ? close(false) : value(byte);
        break;
      case Expect::kValue:
        step = value(byte);
        break;
      case Expect::kFirstKey:
        if (byte == '}') {
          step = close(true);
          break;
        }
        [[fallthrough]];
      case Expect::kKey:
        step = byte == '"' ? key() : malformed("key expected in JSON object", offset());
        break;
      case Expect::kComma: {
        const bool in_object = open_objects_.back();
        if (byte == ',') {
          ++position_;
          expect_ = in_object ? Expect::kKey : Expect::kValue;
        } else if (byte == (in_object ? '}' : ']')) {
          step = close(in_object);
        } else {
          step = malformed("',' or the end of the container expected in JSON", offset());
        }
        break;
      }
      case Expect::kDone:
        break;
    }
  }
  if (step == Step::kGo && !options_.allow_trailing && peek_past_space() >= 0) {
    step = malformed("bytes after the JSON value", offset());
  }
  reader_.consume_buffered(position_);
  if (error_) return *error_;
  return step == Step::kGo;
}

}  // namespace

Result<bool> parse_json(SourceReader& reader, JsonHandler& handler, Budget& budget,
                        JsonStreamOptions options) {
  return Parser(reader, handler, budget, options).run();
}

}  // namespace saiph::codec
