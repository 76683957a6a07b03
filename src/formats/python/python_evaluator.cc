// The part of PythonEvaluator that reads expressions.
#include <algorithm>
#include <array>
#include <utility>

#include "formats/python/python_frame.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

constexpr std::size_t kMaxCallArguments = 128;
// CPython refuses more than 200 open brackets.
constexpr std::size_t kMaxFrames = 400;
constexpr std::uint32_t kMaxFieldDepth = 4;

constexpr auto kWords = std::to_array<std::string_view>(
    {"and", "as", "async", "await", "else", "False", "for", "from", "if", "in", "is", "lambda",
     "None", "not", "or", "True", "yield"});

bool is_word(std::string_view text) {
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool is_arithmetic(std::string_view op) {
  return op == "+" || op == "-" || op == "*" || op == "%" || op == "^" || op == "|" || op == "&" ||
         op == "//";
}

}  // namespace

void PythonEvaluator::set_operand(Frame& frame, PythonValue value) {
  if (frame.has_operand) close_operand(frame, " ");
  frame.operand = std::move(value);
  frame.has_operand = true;
  frame.operand_is_literal = false;
  frame.operand_name = {};
}

PythonValue PythonEvaluator::combine(const PythonValue& left, std::string_view op,
                                     const PythonValue& right) {
  if (is_arithmetic(op)) return folder_.binary(left, op, right);
  const auto origins = static_cast<PythonOrigins>(left.origins | right.origins);
  if (op == "or" || op == "and" || op == "if" || op == "else" || op == " ") {
    // One of them: the one that matters wins.
    const bool right_wins = (right.is(Kind::kPath) && handler_->is_notable(right.text())) ||
                            left.is(Kind::kUnknown) || left.is(Kind::kNumber);
    PythonValue value = op == "if" ? left : right_wins ? right : left;
    value.origins |= origins;
    if (value.is(Kind::kText)) value.origins |= kOriginPartial;
    return value;
  }
  return PythonValue::unknown(origins);
}

void PythonEvaluator::close_operand(Frame& frame, std::string_view next_operator) {
  if (!frame.has_operand) {
    if (next_operator == "-" && !frame.has_accumulator) frame.negative = !frame.negative;
    if (next_operator == "*" || next_operator == "**") frame.starred = true;
    if (frame.has_accumulator && next_operator != "not" && next_operator != "-" &&
        next_operator != "+") {
      frame.op = next_operator;
    }
    return;
  }
  if (frame.negative && frame.operand.is(Kind::kNumber))
    frame.operand.number = -frame.operand.number;
  frame.negative = false;
  if (frame.has_accumulator) {
    frame.accumulator = combine(frame.accumulator, frame.op, frame.operand);
  } else {
    frame.accumulator = std::move(frame.operand);
    frame.has_accumulator = true;
  }
  frame.operand = {};
  frame.has_operand = false;
  frame.operand_is_literal = false;
  frame.op = next_operator;
}

void PythonEvaluator::close_element(Frame& frame, std::span<const PythonToken> tokens,
                                    std::size_t at) {
  close_operand(frame, {});
  const bool any = frame.has_accumulator;
  PythonValue value = std::move(frame.accumulator);
  if (frame.has_saved) value = combine(frame.saved, frame.saved_op, value);
  const bool generator = frame.phase != Frame::Phase::kNone;
  if (generator) {
    value = comprehension(frame, tokens, value);
    frame.had_generator = true;
  }
  if (!frame.walrus.empty() && any) bind(frame.walrus, value);
  if (any || generator) {
    const bool call = frame.role == Frame::Role::kCall;
    const std::size_t limit = call ? kMaxCallArguments : PythonFolder::kItems;
    if (frame.elements.size() < limit && (call || items_left_ > 0)) {
      if (!call) --items_left_;
      frame.elements.push_back({frame.keyword, frame.starred, std::move(value)});
    } else {
      frame.overflowed = true;
      frame.dropped |= value.origins;
    }
  }
  frame.has_accumulator = false;
  frame.accumulator = {};
  frame.values = {};
  frame.saved = {};
  frame.has_saved = false;
  frame.op = {};
  frame.keyword = {};
  frame.walrus = {};
  frame.loop_variable = {};
  frame.lambda_parameter = {};
  frame.phase = Frame::Phase::kNone;
  frame.in_clause = false;
  frame.starred = false;
  frame.negative = false;
  frame.lambdas = 0;
  frame.element_begin = at + 1;
}

PythonValue PythonEvaluator::close_frame(Frame& frame) {
  if (frame.role == Frame::Role::kCall) {
    // The call stands where its name stands, not where its bracket closes.
    const PythonPlace here = place_;
    place_ = frame.place;
    PythonValue value = call(frame.base, frame.elements);
    place_ = here;
    value.origins |= frame.dropped;
    return value;
  }
  if (frame.role == Frame::Role::kSubscript) {
    const bool reversed = frame.colons == 2 && frame.elements.size() == 1 &&
                          frame.elements[0].value.is(Kind::kNumber) &&
                          frame.elements[0].value.number == -1;
    if (reversed) return folder_.subscript(frame.base, {}, true);
    if (frame.colons > 0 && frame.base.is(Kind::kList)) return changed(frame.base, 0);
    if (frame.colons > 0 || frame.elements.empty()) return PythonValue::unknown(frame.base.origins);
    return subscript(frame.base, frame.elements[0].value);
  }
  if (frame.elements.size() == 1 && !frame.comma &&
      (frame.role == Frame::Role::kTop || frame.role == Frame::Role::kGroup ||
       frame.had_generator)) {
    return std::move(frame.elements[0].value);
  }
  PythonOrigins origins = frame.dropped;
  std::vector<PythonValue> items;
  items.reserve(frame.elements.size());
  for (PythonArgument& element : frame.elements) {
    origins |= element.value.origins;
    items.push_back(std::move(element.value));
  }
  if (frame.overflowed || items.empty()) return PythonValue::unknown(origins);
  PythonValue list = PythonValue::of_list(
      std::move(items), origins & ~(kOriginBuilt | kOriginReflected | kOriginPartial));
  list.is_mapping = frame.role == Frame::Role::kBrace && frame.colons > 0 && !frame.had_generator &&
                    list.is(Kind::kList) && list.items_ptr->size() == std::size_t{2} * frame.colons;
  return list;
}

void PythonEvaluator::open_bracket(const PythonToken& token, std::vector<Frame>& stack,
                                   std::size_t at) const {
  Frame& top = stack.back();
  Frame inner;
  inner.place = place_;
  inner.element_begin = at + 1;
  inner.locals = locals_.size();
  const char open = token.text[0];
  if (open != '{' && top.has_operand) {
    inner.role = open == '(' ? Frame::Role::kCall : Frame::Role::kSubscript;
    inner.base = std::move(top.operand);
    top.operand = {};
    top.has_operand = false;
    top.operand_is_literal = false;
  } else {
    inner.role = open == '('   ? Frame::Role::kGroup
                 : open == '[' ? Frame::Role::kList
                               : Frame::Role::kBrace;
  }
  top.operand_name = {};
  stack.push_back(std::move(inner));
}

void PythonEvaluator::keyword(const PythonToken& token, Frame& frame) {
  const std::string_view word = token.text;
  if (word == "await" || word == "async") return;
  if (word == "None") {
    set_operand(frame, PythonValue::unknown());
  } else if (word == "True" || word == "False") {
    set_operand(frame, PythonValue::of_number(word == "True" ? 1 : 0));
  } else if (word == "lambda") {
    close_operand(frame, " ");
    if (frame.lambdas == 0 && frame.has_accumulator && !frame.has_saved) {
      frame.saved = std::move(frame.accumulator);
      frame.saved_op = frame.op;
      frame.has_saved = true;
      frame.accumulator = {};
      frame.has_accumulator = false;
    }
    ++frame.lambdas;
  } else if (word == "as") {
    close_operand(frame, {});
    frame.bind_next = true;
  } else {
    close_operand(frame, word);
  }
}

PythonValue PythonEvaluator::string_value(const PythonToken& token) {
  if (!token.is_format) return folder_.literal(token.text, token.is_bytes, token.is_raw);
  const std::string_view body = token.text;
  std::string out;
  PythonOrigins origins = 0;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if ((c == '{' || c == '}') && at + 1 < body.size() && body[at + 1] == c) {
      if (out.size() < 4096) out.push_back(c);
      ++at;
      continue;
    }
    if (c != '{') {
      if (out.size() < PythonFolder::kTextBytes) out.push_back(c);
      continue;
    }
    std::size_t end = at;
    std::uint32_t depth = 0;
    for (; end < body.size(); ++end) {
      if (body[end] == '{') ++depth;
      if (body[end] == '}' && --depth == 0) break;
    }
    const std::string_view field =
        body.substr(at + 1, end - at - std::min<std::size_t>(1, end - at));
    const std::string_view inner = field.substr(0, std::min(field.find('}'), field.size()));
    const bool simple = inner.find_first_not_of(
                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                            std::string_view::npos &&
                        !inner.empty() && (inner[0] < '0' || inner[0] > '9');
    bool known = false;
    if (simple) {
      const PythonValue value = look_up(inner);
      origins |= value.origins;
      known =
          value.is(Kind::kText) && value.is_constant() && out.size() + value.text().size() < 4096;
      if (known) {
        out.append(value.text());
        origins |= kOriginBuilt;
      }
    } else if (inner.find('(') != std::string_view::npos ||
               inner.find('{') != std::string_view::npos ||
               inner.find('[') != std::string_view::npos ||
               inner.find('.') != std::string_view::npos) {
      if (field_depth_ < kMaxFieldDepth) fields_.push_back({field, place_, field_depth_ + 1});
    }
    if (!known) {
      if (out.size() < 4096) out.append("{}");
      origins |= kOriginPartial;
    }
    at = end;
  }
  return PythonValue::of_text(std::move(out), false, origins);
}

// A name that is no keyword, or a keyword; `at` moves on where more than one token is read.
void PythonEvaluator::name(const PythonToken& token, Frame& frame,
                           std::span<const PythonToken> tokens, std::size_t& at) {
  if (frame.after_dot) {
    frame.after_dot = false;
    if (frame.has_operand) note_change(frame.operand_name, frame.operand, token.text);
    frame.operand = attribute(frame.has_operand ? frame.operand : PythonValue{}, token.text);
    frame.has_operand = true;
    frame.operand_is_literal = false;
    frame.operand_name = {};
  } else if (frame.bind_next) {
    bind(token.text, frame.accumulator);
    frame.bind_next = false;
  } else if (frame.phase == Frame::Phase::kClauses &&
             (token.text == "for" || (token.text == "if" && frame.in_clause))) {
    end_clause(frame, tokens);
    if (token.text == "for") at = begin_clause(frame, tokens, at);
  } else if (is_word(token.text)) {
    keyword(token, frame);
  } else {
    // A keyword argument's name is no use of that name.
    const bool names_argument = frame.role == Frame::Role::kCall && !frame.has_operand &&
                                at + 1 < tokens.size() && tokens[at + 1].op("=");
    set_operand(frame, names_argument ? PythonValue{} : look_up(token.text));
    frame.operand_name = token.text;
  }
}

PythonValue PythonEvaluator::evaluate(std::span<const PythonToken> tokens) {
  const std::vector<Comprehension> comprehensions = find_comprehensions(tokens);
  locals_.clear();
  std::vector<Frame> stack(1);
  std::size_t ignored = 0;  // brackets beyond kMaxFrames; the tokenizer says so
  for (std::size_t at = 0;; ++at) {
    if (Frame& top = stack.back(); ignored == 0 && top.phase != Frame::Phase::kNone) {
      if (top.phase == Frame::Phase::kClauses && at >= top.clauses_end) {
        end_clause(top, tokens);
        top.phase = Frame::Phase::kBody;
        at = top.element_begin;
      }
      if (top.phase == Frame::Phase::kBody && at >= top.body_end) {
        top.phase = Frame::Phase::kRead;
        at = top.clauses_end;
      }
    }
    if (at >= tokens.size()) break;
    const PythonToken& token = tokens[at];
    Frame& frame = stack.back();
    place_.line = token.line;
    place_.offset = token.offset;
    if (token.kind == PythonTokenKind::kName) {
      name(token, frame, tokens, at);
    } else if (token.kind == PythonTokenKind::kString) {
      PythonValue value = string_value(token);
      if (frame.has_operand && frame.operand_is_literal) {
        frame.operand = folder_.binary(frame.operand, "+", value);
      } else {
        set_operand(frame, std::move(value));
      }
      frame.operand_is_literal = true;
    } else if (token.kind == PythonTokenKind::kNumber) {
      set_operand(frame, python_number(token.text));
    } else if (token.kind == PythonTokenKind::kOperator) {
      const std::string_view op = token.text;
      if (op == ".") {
        frame.after_dot = true;
      } else if (frame.bind_next && (op == "(" || op == "[")) {
        at = bind_pattern(frame, tokens, at);
      } else if (op == "(" || op == "[" || op == "{") {
        if (stack.size() < kMaxFrames) {
          open_bracket(token, stack, at);
          at = enter_comprehension(stack.back(), comprehensions, at);
        } else {
          ++ignored;
          close_operand(frame, " ");
        }
      } else if ((op == ")" || op == "]" || op == "}") && ignored > 0) {
        --ignored;
      } else if (op == ")" || op == "]" || op == "}") {
        close_element(frame, tokens, at);
        locals_.resize(std::min(locals_.size(), frame.locals));
        if (stack.size() == 1) continue;
        PythonValue value = close_frame(frame);
        stack.pop_back();
        // The frame below waits for an operand: what stood before the bracket moved into it.
        set_operand(stack.back(), std::move(value));
      } else if (op == ",") {
        if (frame.lambdas > 0) {
          end_lambda_parameter(frame);
        } else {
          close_element(frame, tokens, at);
          locals_.resize(std::min(locals_.size(), frame.locals));
          frame.comma = true;
          if (ignored == 0) at = enter_comprehension(frame, comprehensions, at);
        }
      } else if (op == ":") {
        if (frame.lambdas > 0) {
          end_lambda_parameter(frame);
          --frame.lambdas;
        } else if (frame.phase != Frame::Phase::kNone) {
          close_operand(frame, " ");  // key and value of a comprehension
        } else {
          close_element(frame, tokens, at);
          ++frame.colons;
          if (frame.role == Frame::Role::kTop) frame.comma = true;
        }
      } else if (op == ":=") {
        frame.walrus = frame.operand_name;
        frame.has_operand = false;
      } else if (op == "=") {
        if (frame.role == Frame::Role::kCall && frame.lambdas == 0)
          frame.keyword = frame.operand_name;
        if (frame.lambdas > 0) frame.lambda_parameter = frame.operand_name;
        frame.has_operand = false;
        frame.has_accumulator = false;
      } else if (op == ";" || op == "`" || op == "->" || op == "...") {
        close_operand(frame, " ");
      } else {
        close_operand(frame, op);
      }
    }
  }
  while (stack.size() > 1) {  // brackets that never close: what was read counts
    close_element(stack.back(), tokens, tokens.size());
    PythonValue value = close_frame(stack.back());
    stack.pop_back();
    set_operand(stack.back(), std::move(value));
  }
  close_element(stack.back(), tokens, tokens.size());
  return close_frame(stack.back());
}

}  // namespace saiph::formats
