#include "formats/python/python_token.h"

#include <algorithm>
#include <array>

namespace saiph::formats {

namespace {

constexpr std::size_t kMaxNesting = 400;  // CPython stops at 200 brackets and 100 indentations

bool is_name_start(char c) {
  const auto b = static_cast<unsigned char>(c);
  return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_' || b >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c);
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Longest first, so that a prefix never wins.
constexpr auto kOperators = std::to_array<std::string_view>(
    {"**=", "//=", ">>=", "<<=", "...", "!=", "->", ":=", "+=", "-=", "*=", "/=", "%=",
     "@=",  "&=",  "|=",  "^=",  "==",  "<=", ">=", "<>", "**", "//", "<<", ">>"});

}  // namespace

PythonTokenizer::PythonTokenizer(std::string_view source) : source_(source) {
  if (source_.starts_with("\xEF\xBB\xBF")) position_ = 3;
  indents_.push_back(0);
  field_work_ = source_.size() * 4 + 64;  // keeps crafted fields linear; real files need under 1
}

void PythonTokenizer::note(std::string_view problem, std::size_t offset) {
  if (!problem_.empty()) return;
  problem_ = problem;
  problem_offset_ = offset;
}

PythonToken PythonTokenizer::make(PythonTokenKind kind, std::size_t begin, std::size_t end) {
  PythonToken token;
  token.kind = kind;
  token.line = line_;
  token.text = source_.substr(begin, end - begin);
  token.offset = begin;
  return token;
}

void PythonTokenizer::skip_line_end() {
  if (at(position_, '\r') && at(position_ + 1, '\n')) ++position_;
  ++position_;
  ++line_;
}

// Measures the indentation of a new logical line; true when that yields a token.
bool PythonTokenizer::begin_line(PythonToken& token) {
  std::uint32_t column = 0;
  while (position_ < source_.size()) {
    const char c = source_[position_];
    if (c == ' ') {
      ++column;
    } else if (c == '\t') {
      column = (column / 8 + 1) * 8;
    } else if (c == '\f') {
      column = 0;
    } else if (c == '#') {
      while (position_ < source_.size() && !is_line_end(source_[position_])) ++position_;
      continue;
    } else if (is_line_end(c)) {
      skip_line_end();
      column = 0;
      continue;
    } else if (c == '\\' && position_ + 1 < source_.size() && is_line_end(source_[position_ + 1])) {
      ++position_;
      skip_line_end();
      continue;
    } else {
      break;
    }
    ++position_;
  }
  line_start_ = false;
  if (position_ >= source_.size()) column = 0;
  if (column > indents_.back()) {
    if (indents_.size() >= kMaxNesting) {
      note("indentation deeper than may be followed", position_);
      return false;
    }
    indents_.push_back(column);
    token = make(PythonTokenKind::kIndent, position_, position_);
    return true;
  }
  while (column < indents_.back()) {
    indents_.pop_back();
    ++pending_dedents_;
  }
  if (column > indents_.back()) {
    note("indentation matches no outer level", position_);
    indents_.push_back(column);
    --pending_dedents_;  // at least one level was closed to get here
  }
  return false;
}

PythonToken PythonTokenizer::next() {
  while (true) {
    if (pending_dedents_ > 0) {
      --pending_dedents_;
      return make(PythonTokenKind::kDedent, position_, position_);
    }
    if (line_start_) {
      PythonToken token;
      if (begin_line(token)) return token;
      if (pending_dedents_ > 0) continue;
    }
    if (position_ >= source_.size()) {
      if (!brackets_.empty()) {
        note("bracket is never closed", source_.size());
        brackets_.clear();
      }
      if (line_has_tokens_) {
        line_has_tokens_ = false;
        return make(PythonTokenKind::kNewline, position_, position_);
      }
      if (indents_.size() > 1) {
        pending_dedents_ = static_cast<std::uint32_t>(indents_.size() - 1);
        indents_.resize(1);
        continue;
      }
      return make(PythonTokenKind::kEnd, position_, position_);
    }
    const char c = source_[position_];
    if (c == ' ' || c == '\t' || c == '\f') {
      ++position_;
      continue;
    }
    if (c == '#') {
      while (position_ < source_.size() && !is_line_end(source_[position_])) ++position_;
      continue;
    }
    if (c == '\\' && position_ + 1 < source_.size() && is_line_end(source_[position_ + 1])) {
      ++position_;
      skip_line_end();
      continue;
    }
    if (is_line_end(c)) {
      if (!brackets_.empty()) {
        skip_line_end();
        continue;
      }
      PythonToken token = make(PythonTokenKind::kNewline, position_, position_);
      skip_line_end();
      line_start_ = true;
      if (!line_has_tokens_) continue;
      line_has_tokens_ = false;
      return token;
    }
    line_has_tokens_ = true;
    if (c == '"' || c == '\'') return read_string(position_);
    if (is_name_start(c)) return read_name();
    if (is_digit(c) ||
        (c == '.' && position_ + 1 < source_.size() && is_digit(source_[position_ + 1]))) {
      return read_number();
    }
    return read_operator();
  }
}

PythonToken PythonTokenizer::read_name() {
  std::size_t end = position_;
  while (end < source_.size() && is_name_part(source_[end])) ++end;
  // A short run of prefix letters directly before a quote is a string prefix.
  if (end - position_ <= 3 && end < source_.size() &&
      (source_[end] == '"' || source_[end] == '\'')) {
    const bool prefix = std::all_of(
        source_.begin() + static_cast<std::ptrdiff_t>(position_),
        source_.begin() + static_cast<std::ptrdiff_t>(end),
        [](char c) { return std::string_view("rbuft").find(lower(c)) != std::string_view::npos; });
    if (prefix) return read_string(end);
  }
  PythonToken token = make(PythonTokenKind::kName, position_, end);
  position_ = end;
  return token;
}

PythonToken PythonTokenizer::read_number() {
  std::size_t end = position_;
  while (end < source_.size()) {
    const char c = source_[end];
    const bool exponent_sign =
        (c == '+' || c == '-') && end > position_ &&
        (source_[end - 1] == 'e' || source_[end - 1] == 'E') &&
        !(at(position_, '0') && (at(position_ + 1, 'x') || at(position_ + 1, 'X')));
    const bool ascii_part = is_name_part(c) && static_cast<unsigned char>(c) < 0x80;
    if (!ascii_part && c != '.' && !exponent_sign) break;
    ++end;
  }
  PythonToken token = make(PythonTokenKind::kNumber, position_, end);
  position_ = end;
  return token;
}

PythonToken PythonTokenizer::read_operator() {
  const std::string_view rest = source_.substr(position_, 3);
  std::size_t length = 1;
  const bool longer =
      rest.size() > 1 && std::string_view("=*/<>.").find(rest[1]) != std::string_view::npos;
  for (const std::string_view op : kOperators) {
    if (longer && rest.starts_with(op)) {
      length = op.size();
      break;
    }
  }
  const char c = source_[position_];
  if (length == 1) {
    if (c == '(' || c == '[' || c == '{') {
      if (brackets_.size() < kMaxNesting) {
        brackets_.push_back(c);
      } else {
        note("brackets deeper than may be followed", position_);
      }
    } else if (c == ')' || c == ']' || c == '}') {
      if (brackets_.empty()) {
        note("closing bracket without its opening one", position_);
      } else {
        brackets_.pop_back();
      }
    } else if (std::string_view("+-*/%@&|^~<>=.,:;`!").find(c) == std::string_view::npos) {
      note("character that no token begins with", position_);
    }
  }
  PythonToken token = make(PythonTokenKind::kOperator, position_, position_ + length);
  position_ += length;
  return token;
}

// Behind the field that opens at `position` (a brace): strings inside may hold any quote. Answers
// `limit` when the field does not close.
std::size_t PythonTokenizer::skip_format_field(std::size_t position, std::size_t limit) {
  std::size_t depth = 0;
  while (position < limit) {
    const char c = source_[position];
    if (c == '{' || c == '[' || c == '(') {
      ++depth;
    } else if (c == '}' || c == ']' || c == ')') {
      if (depth > 0) --depth;
      if (depth == 0) return position + 1;
    } else if (c == '\'' || c == '"') {
      const bool triple = at(position + 1, c) && at(position + 2, c);
      std::size_t end = position + (triple ? 3 : 1);
      while (end < limit &&
             !(source_[end] == c && (!triple || (at(end + 1, c) && at(end + 2, c))))) {
        end += source_[end] == '\\' ? 2U : 1U;
      }
      position = end + (triple ? 3 : 1);
      continue;
    }
    ++position;
  }
  return limit;
}

PythonToken PythonTokenizer::read_string(std::size_t quote) {
  PythonToken token;
  token.kind = PythonTokenKind::kString;
  token.line = line_;
  token.offset = position_;
  for (std::size_t i = position_; i < quote; ++i) {
    const char c = lower(source_[i]);
    token.is_raw |= c == 'r';
    token.is_bytes |= c == 'b';
    token.is_format |= c == 'f' || c == 't';
  }
  const char mark = source_[quote];
  const bool triple = at(quote + 1, mark) && at(quote + 2, mark);
  const std::size_t begin = quote + (triple ? 3 : 1);
  // A string of one line ends with its line; looking further would make a stray quote quadratic.
  std::size_t limit = std::min(source_.size(), begin + field_work_);
  if (!triple && token.is_format) {
    const std::size_t whole = limit;
    limit = begin;
    while (limit < whole && !is_line_end(source_[limit])) {
      limit += source_[limit] == '\\' && limit + 1 < source_.size() ? 2U : 1U;
    }
    limit = std::min(limit, whole);
    field_work_ -= std::min(field_work_, limit - begin);
  }
  std::size_t end = begin;
  bool closed = false;
  while (end < source_.size()) {
    const char c = source_[end];
    if (c == '\\' && end + 1 < source_.size()) {
      const bool crlf = source_[end + 1] == '\r' && at(end + 2, '\n');
      if (is_line_end(source_[end + 1])) ++line_;
      end += crlf ? 3U : 2U;
      continue;
    }
    if (c == mark && (!triple || (at(end + 1, mark) && at(end + 2, mark)))) {
      closed = true;
      break;
    }
    if (is_line_end(c)) {
      if (!triple) break;
      if (!(c == '\r' && at(end + 1, '\n'))) ++line_;
    }
    if (c == '{' && token.is_format && !at(end + 1, '{')) {
      const std::size_t behind = skip_format_field(end, limit);
      field_work_ -= std::min(field_work_, behind - std::min(end, behind));
      if (behind < limit) {  // a field that does not close is left to the plain reading
        line_ += static_cast<std::uint32_t>(
            std::count(source_.begin() + static_cast<std::ptrdiff_t>(end),
                       source_.begin() + static_cast<std::ptrdiff_t>(behind), '\n'));
        end = behind;
        continue;
      }
      limit = std::min(limit, end);  // no later field needs another search
    } else if (c == '{' && token.is_format) {
      ++end;
    }
    ++end;
  }
  end = std::min(end, source_.size());
  if (!closed) note("string is never closed", token.offset);
  token.text = source_.substr(begin, end - begin);
  position_ = closed ? end + (triple ? 3 : 1) : end;
  return token;
}

std::string declared_encoding(std::string_view source) {
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  for (int line = 0; line < 2 && !source.empty(); ++line) {
    const std::size_t end = std::min(source.find_first_of("\r\n"), source.size());
    const std::string_view text = source.substr(0, end);
    const std::size_t first = text.find_first_not_of(" \t\f");
    if (first != std::string_view::npos && text[first] != '#') break;
    if (const std::size_t found = text.find("coding"); found != std::string_view::npos) {
      std::size_t at = found + 6;
      if (at < text.size() && (text[at] == ':' || text[at] == '=')) {
        ++at;
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
        std::string name;
        for (; at < text.size() && name.size() < 40; ++at) {
          const char c = lower(text[at]);
          if (!(is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.')) break;
          name.push_back(c == '_' ? '-' : c);
        }
        return name;
      }
    }
    source.remove_prefix(
        std::min(end + (source.substr(end).starts_with("\r\n") ? 2U : 1U), source.size()));
  }
  return {};
}

}  // namespace saiph::formats
