#include "formats/jinja/jinja.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kMaxNodes = 400'000;
constexpr std::size_t kMaxDepth = 500;

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr auto kWordOperators =
    std::to_array<std::string_view>({"and", "or", "not", "in", "if", "else", "recursive"});

std::string unescape(std::string_view body) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] != '\\' || at + 1 >= body.size()) {
      out.push_back(body[at]);
      continue;
    }
    const char e = body[++at];
    if (e == 'n') {
      out.push_back('\n');
    } else if (e == 't') {
      out.push_back('\t');
    } else if (e == 'x' && at + 2 < body.size() && hex_digit(body[at + 1]) >= 0 &&
               hex_digit(body[at + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(body[at + 1]) * 16 + hex_digit(body[at + 2])));
      at += 2;
    } else if (e == 'u' && at + 4 < body.size()) {
      int value = 0;
      for (std::size_t i = 1; i <= 4; ++i)
        value = value * 16 + std::max(0, hex_digit(body[at + i]));
      if (value < 0x80) {
        out.push_back(static_cast<char>(value));
      } else {
        out.append("?");
      }
      at += 4;
    } else if (e >= '0' && e <= '7') {
      int value = 0;
      std::size_t digits = 0;
      while (digits < 3 && at + digits < body.size() && body[at + digits] >= '0' &&
             body[at + digits] <= '7') {
        value = value * 8 + (body[at + digits] - '0');
        ++digits;
      }
      at += digits - 1;
      out.push_back(static_cast<char>(value & 0xFF));
    } else {
      if (e != '\\' && e != '\'' && e != '"') out.push_back('\\');
      out.push_back(e);
    }
  }
  return out;
}

struct Token {
  enum class Kind : std::uint8_t { kName, kNumber, kString, kOperator, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;
  std::uint32_t offset = 0;
};

class Parser {
 public:
  Parser(std::string_view source, Budget& budget) : source_(source), budget_(budget) {
    out_.nodes.emplace_back();
    out_.texts.emplace_back();
  }

  Result<JinjaTemplate> run() {
    std::size_t text_begin = 0;
    while (position_ < source_.size()) {
      const std::size_t open = source_.find('{', position_);
      if (open == std::string_view::npos || open + 1 >= source_.size()) break;
      const char mark = source_[open + 1];
      if (mark != '{' && mark != '%' && mark != '#') {
        position_ = open + 1;
        continue;
      }
      if (!budget_.take_work(1)) return Error(ErrorCode::kLimit, budget_.reason());
      add_text(text_begin, open);
      position_ = open + 2;
      if (mark == '#') {
        const std::size_t close = source_.find("#}", position_);
        if (close == std::string_view::npos) {
          note("comment is never closed", open);
          position_ = source_.size();
        } else {
          position_ = close + 2;
        }
      } else if (auto status = tag(mark == '%', open); !status) {
        return std::move(status).error();
      }
      text_begin = position_;
    }
    position_ = source_.size();
    add_text(text_begin, source_.size());
    return std::move(out_);
  }

 private:
  struct Frame {
    enum class Role : std::uint8_t { kTop, kCall, kSubscript, kList, kFilter };
    Role role = Role::kTop;
    JinjaIndex base = 0;
    std::vector<JinjaIndex> items;     // finished items
    std::vector<JinjaIndex> sequence;  // operands and operators of the current item
    JinjaIndex operand = 0;
    std::uint32_t keyword = 0;
    std::uint32_t filter_name = 0;
    std::uint32_t offset = 0;
    char close = 0;
  };

  void note(std::string_view problem, std::size_t offset) {
    if (!out_.problem.empty()) return;
    out_.problem = std::string(problem);
    out_.problem_offset = offset;
  }

  std::uint32_t line_at(std::size_t offset) {
    for (; counted_ < offset; ++counted_) line_ += source_[counted_] == '\n' ? 1U : 0U;
    return line_;
  }

  void add_text(std::size_t begin, std::size_t end) {
    if (begin >= end) return;
    JinjaStatement statement;
    statement.text = source_.substr(begin, end - begin);
    statement.offset = static_cast<std::uint32_t>(begin);
    statement.line = line_at(begin);
    out_.statements.push_back(statement);
  }

  std::uint32_t add_string(std::string text) {
    out_.texts.push_back(std::move(text));
    return static_cast<std::uint32_t>(out_.texts.size() - 1);
  }

  JinjaIndex add_node(JinjaKind kind, std::uint32_t text, std::uint32_t offset,
                      JinjaIndex first = 0) {
    out_.nodes.push_back({kind, first, 0, text, offset});
    return static_cast<JinjaIndex>(out_.nodes.size() - 1);
  }

  JinjaIndex link(const std::vector<JinjaIndex>& children) {
    for (std::size_t i = 0; i + 1 < children.size(); ++i)
      out_.nodes[children[i]].next_sibling = children[i + 1];
    return children.empty() ? 0 : children.front();
  }

  void skip_space() {
    while (position_ < source_.size() && is_space(source_[position_])) ++position_;
  }

  // The next token of a tag; kEnd at its closing delimiter, which is consumed.
  Token next(bool block, bool balanced) {
    skip_space();
    Token token;
    token.offset = static_cast<std::uint32_t>(position_);
    if (position_ >= source_.size()) {
      note("tag is never closed", position_);
      return token;
    }
    const std::string_view rest = source_.substr(position_, 3);
    const std::string_view close = block ? "%}" : "}}";
    if (balanced || block) {
      if (rest.starts_with(close)) {
        position_ += 2;
        return token;
      }
      if ((rest[0] == '-' || rest[0] == '+') && rest.substr(1).starts_with(close)) {
        position_ += 3;
        return token;
      }
    }
    const char c = source_[position_];
    std::size_t end = position_ + 1;
    if (is_name_start(c)) {
      while (end < source_.size() && (is_name_start(source_[end]) || is_digit(source_[end]))) ++end;
      token.kind = Token::Kind::kName;
    } else if (is_digit(c)) {
      while (end < source_.size() &&
             (is_digit(source_[end]) || source_[end] == '_' || is_name_start(source_[end])))
        ++end;
      token.kind = Token::Kind::kNumber;
    } else if (c == '"' || c == '\'') {
      while (end < source_.size() && source_[end] != c) end += source_[end] == '\\' ? 2U : 1U;
      if (end >= source_.size()) {
        note("string is never closed", position_);
        end = source_.size();
        token.text = source_.substr(position_ + 1);
      } else {
        token.text = source_.substr(position_ + 1, end - position_ - 1);
        ++end;
      }
      token.kind = Token::Kind::kString;
      position_ = end;
      return token;
    } else {
      if (rest.starts_with("==") || rest.starts_with("!=") || rest.starts_with("<=") ||
          rest.starts_with(">=") || rest.starts_with("//") || rest.starts_with("**")) {
        ++end;
      }
      token.kind = Token::Kind::kOperator;
    }
    token.text = source_.substr(position_, end - position_);
    position_ = end;
    return token;
  }

  Status tag(bool block, std::size_t open) {
    if (position_ < source_.size() && (source_[position_] == '-' || source_[position_] == '+'))
      ++position_;
    JinjaStatement statement;
    statement.kind = block ? JinjaStatement::Kind::kTag : JinjaStatement::Kind::kOutput;
    statement.offset = static_cast<std::uint32_t>(open);
    statement.line = line_at(open);
    if (block) {
      skip_space();
      std::size_t end = position_;
      while (end < source_.size() && is_name_start(source_[end])) ++end;
      statement.text = source_.substr(position_, end - position_);
      position_ = end;
    }
    SAIPH_TRY(statement.expression, expression(block));
    out_.statements.push_back(statement);
    if (block && statement.text == "raw") return raw();
    return {};
  }

  // Behind {% raw %}: everything up to {% endraw %} is text.
  Status raw() {
    const std::size_t begin = position_;
    std::size_t at = begin;
    while ((at = source_.find("{%", at)) != std::string_view::npos) {
      std::size_t name = at + 2;
      while (name < source_.size() &&
             (is_space(source_[name]) || source_[name] == '-' || source_[name] == '+'))
        ++name;
      if (source_.substr(name, 6) == "endraw") {
        add_text(begin, at);
        position_ = at + 2;
        return tag_after_raw(at);
      }
      at += 2;
    }
    note("raw block is never closed", begin);
    add_text(begin, source_.size());
    position_ = source_.size();
    return {};
  }

  Status tag_after_raw(std::size_t open) {
    const std::size_t close = source_.find("%}", open);
    position_ = close == std::string_view::npos ? source_.size() : close + 2;
    return {};
  }

  void finish_operand(Frame& frame) {
    if (frame.operand != 0) frame.sequence.push_back(frame.operand);
    frame.operand = 0;
  }

  void finish_item(Frame& frame, std::uint32_t offset) {
    finish_operand(frame);
    if (frame.sequence.empty()) return;
    JinjaIndex item = frame.sequence.front();
    if (frame.sequence.size() > 1)
      item = add_node(JinjaKind::kSequence, 0, offset, link(frame.sequence));
    if (frame.keyword != 0) item = add_node(JinjaKind::kKeyword, frame.keyword, offset, item);
    frame.keyword = 0;
    frame.sequence.clear();
    frame.items.push_back(item);
  }

  JinjaIndex finish_frame(Frame& frame, std::uint32_t offset) {
    finish_item(frame, offset);
    std::vector<JinjaIndex> children;
    if (frame.base != 0) children.push_back(frame.base);
    children.insert(children.end(), frame.items.begin(), frame.items.end());
    switch (frame.role) {
      case Frame::Role::kCall:
        return add_node(JinjaKind::kCall, 0, frame.offset, link(children));
      case Frame::Role::kSubscript:
        return add_node(JinjaKind::kSubscript, 0, frame.offset, link(children));
      case Frame::Role::kFilter:
        return add_node(JinjaKind::kFilter, frame.filter_name, frame.offset, link(children));
      case Frame::Role::kTop:
      case Frame::Role::kList:
        break;
    }
    if (children.size() == 1 && (frame.role == Frame::Role::kTop || frame.close == ')'))
      return children.front();
    if (children.empty() && frame.role == Frame::Role::kTop) return 0;
    return add_node(JinjaKind::kList, 0, frame.offset, link(children));
  }

  Result<JinjaIndex> expression(bool block) {
    std::vector<Frame> stack(1);
    enum class Wait : std::uint8_t { kNothing, kAttribute, kFilter, kTest };
    Wait wait = Wait::kNothing;
    while (true) {
      if (!budget_.take_work(1)) return Error(ErrorCode::kLimit, budget_.reason());
      if (out_.nodes.size() > kMaxNodes)
        return Error(ErrorCode::kLimit, "template has more parts than may be held", position_);
      const Token token = next(block, stack.size() == 1);
      Frame& frame = stack.back();
      if (token.kind == Token::Kind::kEnd) break;
      if (wait != Wait::kNothing) {
        const bool named = token.kind == Token::Kind::kName || token.kind == Token::Kind::kNumber;
        if (wait == Wait::kTest && token.text == "not") continue;
        const Wait waited = std::exchange(wait, Wait::kNothing);
        if (named && frame.operand != 0) {
          const JinjaKind kind = waited == Wait::kAttribute ? JinjaKind::kAttribute
                                 : waited == Wait::kFilter  ? JinjaKind::kFilter
                                                            : JinjaKind::kTest;
          frame.operand =
              add_node(kind, add_string(std::string(token.text)), token.offset, frame.operand);
          continue;
        }
        if (named) {
          frame.operand =
              add_node(JinjaKind::kName, add_string(std::string(token.text)), token.offset);
          continue;
        }
        note("a name is missing", token.offset);
      }
      if (token.kind == Token::Kind::kString) {
        set_operand(frame,
                    add_node(JinjaKind::kString, add_string(unescape(token.text)), token.offset));
      } else if (token.kind == Token::Kind::kNumber) {
        set_operand(
            frame, add_node(JinjaKind::kNumber, add_string(std::string(token.text)), token.offset));
      } else if (token.kind == Token::Kind::kName) {
        if (token.text == "is") {
          wait = Wait::kTest;
        } else if (std::find(kWordOperators.begin(), kWordOperators.end(), token.text) !=
                   kWordOperators.end()) {
          add_operator(frame, token);
        } else {
          set_operand(
              frame, add_node(JinjaKind::kName, add_string(std::string(token.text)), token.offset));
        }
      } else {
        const char c = token.text[0];
        if (token.text.size() == 1 && c == '.') {
          wait = Wait::kAttribute;
        } else if (token.text.size() == 1 && c == '|') {
          wait = Wait::kFilter;
        } else if (c == '(' || c == '[' || c == '{') {
          if (stack.size() >= kMaxDepth)
            return Error(ErrorCode::kLimit, "template nests deeper than may be followed",
                         token.offset);
          open(frame, stack, c, token.offset);
        } else if (c == ')' || c == ']' || c == '}') {
          if (stack.size() == 1) {
            note("closing bracket without its opening one", token.offset);
            continue;
          }
          const JinjaIndex node = finish_frame(frame, token.offset);
          stack.pop_back();
          stack.back().operand = node;
        } else if (c == ',' || (c == ':' && stack.size() > 1)) {
          finish_item(frame, token.offset);
        } else if (token.text == "=") {
          // A keyword argument, or the target of {% set %}.
          if (frame.operand != 0 && out_.nodes[frame.operand].kind == JinjaKind::kName &&
              stack.size() > 1) {
            frame.keyword = out_.nodes[frame.operand].text;
            frame.operand = 0;
          } else {
            add_operator(frame, token);
          }
        } else {
          add_operator(frame, token);
        }
      }
    }
    while (stack.size() > 1) {
      note("bracket is never closed", position_);
      const JinjaIndex node = finish_frame(stack.back(), static_cast<std::uint32_t>(position_));
      stack.pop_back();
      stack.back().operand = node;
    }
    return finish_frame(stack.back(), static_cast<std::uint32_t>(position_));
  }

  void set_operand(Frame& frame, JinjaIndex node) {
    // Two operands in a row: adjacent strings, or words of a tag ("x recursive", macro names).
    finish_operand(frame);
    frame.operand = node;
  }

  void add_operator(Frame& frame, const Token& token) {
    finish_operand(frame);
    frame.sequence.push_back(
        add_node(JinjaKind::kOperator, add_string(std::string(token.text)), token.offset));
  }

  void open(Frame& frame, std::vector<Frame>& stack, char c, std::uint32_t offset) {
    Frame inner;
    inner.offset = offset;
    inner.close = c == '(' ? ')' : c == '[' ? ']' : '}';
    if (c != '{' && frame.operand != 0) {
      const JinjaNode& base = out_.nodes[frame.operand];
      if (c == '(' && base.kind == JinjaKind::kFilter && base.first_child != 0 &&
          out_.nodes[base.first_child].next_sibling == 0 &&
          frame.operand + 1 == out_.nodes.size()) {
        // The arguments of the filter just named; its node is made again when they are complete.
        inner.role = Frame::Role::kFilter;
        inner.filter_name = base.text;
        inner.base = base.first_child;
        out_.nodes.pop_back();
      } else {
        inner.role = c == '(' ? Frame::Role::kCall : Frame::Role::kSubscript;
        inner.base = frame.operand;
      }
      frame.operand = 0;
    } else {
      inner.role = Frame::Role::kList;
    }
    stack.push_back(std::move(inner));
  }

  std::string_view source_;
  Budget& budget_;
  JinjaTemplate out_;
  std::size_t position_ = 0;
  std::size_t counted_ = 0;
  std::uint32_t line_ = 1;
};

}  // namespace

Result<JinjaTemplate> parse_jinja(std::string_view source, Budget& budget) {
  if (source.size() > kMaxJinjaBytes) {
    return Error(ErrorCode::kLimit, "template is longer than 2 MiB");
  }
  Parser parser(source, budget);
  return parser.run();
}

bool looks_like_jinja(std::string_view head, std::string_view name) {
  if (name.ends_with(".jinja") || name.ends_with(".jinja2") || name.ends_with(".j2")) return true;
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const std::string_view text = head.substr(first);
  if (!text.starts_with("{%") && !text.starts_with("{{") && !text.starts_with("{#")) return false;
  return text.find("messages") != std::string_view::npos ||
         text.find("add_generation_prompt") != std::string_view::npos ||
         text.find("bos_token") != std::string_view::npos ||
         text.find("tools") != std::string_view::npos;
}

}  // namespace saiph::formats
