// The part of PythonEvaluator that reads comprehensions and lambdas: names that are known in one
// expression only. A comprehension's clauses are read before its body, so that its variables are
// known in the body; each token is read once.
#include <algorithm>
#include <utility>

#include "formats/python/python_frame.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

constexpr std::size_t kMaxLocals = 32;

bool opens(const PythonToken& token) {
  return token.op("(") || token.op("[") || token.op("{");
}
bool closes(const PythonToken& token) {
  return token.op(")") || token.op("]") || token.op("}");
}

}  // namespace

std::vector<PythonEvaluator::Comprehension> PythonEvaluator::find_comprehensions(
    std::span<const PythonToken> tokens) {
  std::vector<Comprehension> found;
  const bool any = std::any_of(tokens.begin(), tokens.end(),
                               [](const PythonToken& token) { return token.name("for"); });
  if (!any) return found;
  struct Level {
    std::size_t begin = 0;
    std::size_t body_end = 0;  ///< 0: no `for` yet
    std::uint32_t lambdas = 0;
    bool in_target = false;
  };
  std::vector<Level> levels(1);
  const auto end_element = [&](std::size_t at) {
    Level& level = levels.back();
    if (level.body_end != 0) found.push_back({level.begin, level.body_end, at});
    level = {at + 1, 0, 0, false};
  };
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    const PythonToken& token = tokens[at];
    Level& level = levels.back();
    if (opens(token)) {
      levels.push_back({at + 1, 0, 0, false});
    } else if (closes(token)) {
      end_element(at);
      if (levels.size() > 1) levels.pop_back();
    } else if (token.op(",")) {
      if (level.lambdas == 0 && !level.in_target) end_element(at);
    } else if (token.op(":")) {
      if (level.lambdas > 0) --level.lambdas;
    } else if (token.name("lambda")) {
      ++level.lambdas;
    } else if (token.name("for") && levels.size() > 1 && level.lambdas == 0) {
      if (level.body_end == 0) level.body_end = at;
      level.in_target = true;
    } else if (token.name("in")) {
      level.in_target = false;
    }
  }
  while (!levels.empty()) {  // brackets that never close
    end_element(tokens.size());
    levels.pop_back();
  }
  std::sort(found.begin(), found.end(),
            [](const Comprehension& a, const Comprehension& b) { return a.begin < b.begin; });
  return found;
}

// Called in front of an element: answers where reading goes on, less one.
std::size_t PythonEvaluator::enter_comprehension(Frame& frame,
                                                 const std::vector<Comprehension>& found,
                                                 std::size_t at) {
  const auto it =
      std::lower_bound(found.begin(), found.end(), at + 1,
                       [](const Comprehension& c, std::size_t begin) { return c.begin < begin; });
  if (it == found.end() || it->begin != at + 1) return at;
  frame.phase = Frame::Phase::kClauses;
  frame.body_end = it->body_end;
  frame.clauses_end = it->end;
  return it->body_end - 1;
}

// `at` is the position of `for`; answers that of its `in`.
std::size_t PythonEvaluator::begin_clause(Frame& frame, std::span<const PythonToken> tokens,
                                          std::size_t at) {
  frame.target_begin = at + 1;
  std::size_t in = at + 1;
  std::size_t depth = 0;
  for (; in + 1 < frame.clauses_end; ++in) {
    if (opens(tokens[in])) ++depth;
    if (closes(tokens[in]) && depth > 0) --depth;
    if (depth == 0 && tokens[in].name("in")) break;
  }
  frame.target_end = std::min(in, tokens.size());
  frame.in_clause = true;
  frame.has_operand = false;
  frame.has_accumulator = false;
  return std::max(in, at + 1);
}

void PythonEvaluator::end_clause(Frame& frame, std::span<const PythonToken> tokens) {
  close_operand(frame, {});
  if (frame.in_clause) {
    frame.in_clause = false;
    const bool first = frame.loop_variable.empty();
    const auto target = tokens.subspan(
        frame.target_begin, frame.target_end - std::min(frame.target_begin, frame.target_end));
    const PythonValue item = item_of(frame.accumulator);
    for (PythonBinding& binding : destructure(target, item))
      bind_local(binding.name, std::move(binding.value));
    if (first) {
      frame.values = std::move(frame.accumulator);
      frame.loop_variable = target.size() == 1 ? target[0].text : std::string_view("?");
    } else {
      frame.values = PythonValue::unknown(frame.values.origins | frame.accumulator.origins);
    }
  }
  frame.accumulator = {};
  frame.has_accumulator = false;
  frame.op = {};
}

void PythonEvaluator::bind_local(std::string_view name, PythonValue value) {
  if (locals_.size() < kMaxLocals) locals_.emplace_back(folded_name(name), std::move(value));
}

// Behind "," or ":" in the parameters of a lambda: what was read last is a default value.
void PythonEvaluator::end_lambda_parameter(Frame& frame) {
  close_operand(frame, {});
  if (!frame.lambda_parameter.empty() && frame.has_accumulator &&
      frame.accumulator.is(Kind::kPath) && handler_->is_notable(frame.accumulator.text())) {
    bind_local(frame.lambda_parameter, std::move(frame.accumulator));
  }
  frame.lambda_parameter = {};
  frame.accumulator = {};
  frame.has_accumulator = false;
  frame.op = {};
}

// `as (a, b)`: answers the position of the closing bracket.
std::size_t PythonEvaluator::bind_pattern(Frame& frame, std::span<const PythonToken> tokens,
                                          std::size_t at) {
  std::size_t end = at;
  std::size_t depth = 0;
  for (; end < tokens.size(); ++end) {
    if (opens(tokens[end])) ++depth;
    if (closes(tokens[end]) && --depth == 0) break;
  }
  end = std::min(end, tokens.size() - 1);
  for (PythonBinding& binding : destructure(tokens.subspan(at, end + 1 - at), frame.accumulator))
    bind(binding.name, std::move(binding.value));
  frame.bind_next = false;
  return end;
}

PythonValue python_number(std::string_view text) {
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char mark = text[1];
    base = mark == 'x' || mark == 'X'   ? 16
           : mark == 'o' || mark == 'O' ? 8
           : mark == 'b' || mark == 'B' ? 2
                                        : 10;
    if (base != 10) text.remove_prefix(2);
  }
  std::int64_t value = 0;
  for (const char c : text) {
    if (c == '_') continue;
    int digit = 99;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit >= base) return PythonValue::unknown();
    if (__builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return PythonValue::unknown();
    }
  }
  return PythonValue::of_number(value);
}

// [chr(c) for c in [...]], (chr(ord(c) - 1) for c in "..."): the shapes that hide text.
PythonValue PythonEvaluator::comprehension(const Frame& frame, std::span<const PythonToken> tokens,
                                           const PythonValue& value) {
  const PythonValue& values = frame.values;
  const auto origins = static_cast<PythonOrigins>(value.origins | values.origins);
  const auto body = tokens.subspan(frame.element_begin, frame.body_end - frame.element_begin);
  if (value.is(Kind::kPath) && handler_->is_notable(value.text()))
    return new_list({value}, origins);
  const bool used = std::any_of(body.begin(), body.end(), [&](const PythonToken& token) {
    return token.kind == PythonTokenKind::kName && token.text == frame.loop_variable;
  });
  if (!used) return PythonValue::unknown(origins);
  const bool makes_text = !body.empty() && body.front().name("chr");
  auto unknown = PythonValue::unknown(origins | (makes_text ? kOriginBuilt : 0));
  std::vector<PythonValue> items;
  if (values.is(Kind::kList)) {
    items = *values.items_ptr;
  } else if (values.is(Kind::kText) && values.is_constant()) {
    for (std::size_t i = 0; i < values.text().size() && i < 4096; ++i) {
      items.push_back(
          folder_.subscript(values, PythonValue::of_number(static_cast<std::int64_t>(i)), false));
    }
  } else {
    return unknown;
  }
  if (items.size() > items_left_) return unknown;
  items_left_ -= items.size();
  if (body.size() == 1) return PythonValue::of_list(std::move(items), origins);
  if (!makes_text) return unknown;
  // chr ( v ) | chr ( v OP n ) | chr ( ord ( v ) OP n )
  std::size_t at = 2;
  const bool with_ord = body.size() > 2 && body[2].name("ord");
  if (with_ord) at = 4;
  if (at >= body.size() || body[at].text != frame.loop_variable) return unknown;
  at += with_ord ? 2 : 1;
  std::string_view op;
  PythonValue number;
  if (at + 2 < body.size() && body[at + 1].kind == PythonTokenKind::kNumber) {
    op = body[at].text;
    number = python_number(body[at + 1].text);
    at += 2;
  }
  if (at + 1 != body.size()) return unknown;
  for (PythonValue& item : items) {
    if (with_ord)
      item = folder_.function("ord", {PythonArgument{{}, false, item}}).value_or(PythonValue{});
    if (!op.empty()) item = folder_.binary(item, op, number);
    item = folder_.function("chr", {PythonArgument{{}, false, item}}).value_or(PythonValue{});
  }
  return PythonValue::of_list(std::move(items), origins | kOriginBuilt);
}

}  // namespace saiph::formats
