// The part of PythonStatements that reads simple statements: imports, assignments, expressions.
#include "formats/python/python_statements.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"

namespace saiph::formats {

namespace {

using Kind = PythonTokenKind;

constexpr auto kPrefixes =
    std::to_array<std::string_view>({"return", "assert", "raise", "del", "await", "yield",
                                     "nonlocal", "pass", "break", "continue"});

bool is_assignment(std::string_view op) {
  return op.size() >= 2 && op.ends_with('=') && op != "==" && op != "!=" && op != "<=" &&
         op != ">=" && op != ":=";
}

}  // namespace

void PythonStatements::simple(std::span<const PythonToken> tokens) {
  const PythonToken& first = tokens[0];
  enter_place(first);
  if (first.name("import")) return import_plain(tokens.subspan(1));
  if (first.name("from")) return import_from(tokens.subspan(1));
  if (first.op("@")) {
    PythonValue value = evaluate(tokens.subspan(1));
    if (decorators_.size() < 64) decorators_.push_back(std::move(value));
    return;
  }
  if (first.name("global")) {
    for (const PythonToken& token : tokens.subspan(1)) {
      if (token.kind == Kind::kName) evaluator_.declare_global(token.text);
    }
    return;
  }
  if (first.name("exec") && tokens.size() > 1 && !tokens[1].op("(") && !tokens[1].op("=") &&
      !tokens[1].op(".")) {
    const PythonValue callee = evaluator_.look_up("exec");
    evaluator_.call(callee, {PythonArgument{{}, false, evaluate(tokens.subspan(1))}});
    return;
  }
  if (first.kind == Kind::kName && one_of(kPrefixes, first.text)) {
    const PythonValue value = evaluate(tokens.subspan(1));
    if (first.text == "return" && blocks_.back().scope != 0) {
      evaluator_.add_return(blocks_.back().scope, value);
      if (report_) handler_.on_return(value, place_of(first));
    }
    return;
  }
  assign_or_evaluate(tokens);
}

void PythonStatements::assign_or_evaluate(std::span<const PythonToken> tokens) {
  // Positions of "=" (and of one augmented "+=") outside brackets and lambdas.
  std::vector<std::size_t> marks;
  std::uint32_t depth = 0;
  std::size_t annotation = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const PythonToken& token = tokens[i];
    if (token.kind != Kind::kOperator) {
      if (depth == 0 && token.name("lambda")) break;
      continue;
    }
    const char c = token.text[0];
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
    if (depth == 0 && (token.text == "=" || is_assignment(token.text))) marks.push_back(i);
    if (depth == 0 && token.text == ":" && annotation == 0 && marks.empty()) annotation = i;
  }
  if (marks.empty()) {
    evaluate(tokens);
    return;
  }
  PythonValue value = evaluate(tokens.subspan(marks.back() + 1));
  std::size_t begin = 0;
  for (const std::size_t mark : marks) {
    std::span<const PythonToken> target = tokens.subspan(begin, mark - begin);
    if (annotation != 0 && begin == 0 && annotation < mark) {
      evaluate(target.subspan(annotation + 1));
      target = target.first(annotation);
    }
    const std::string_view op = tokens[mark].text;
    if (op.size() > 1 && target.size() == 1 && target[0].kind == Kind::kName) {
      value =
          folder_.binary(evaluator_.look_up(target[0].text), op.substr(0, op.size() - 1), value);
    }
    assign(target, value);
    begin = mark + 1;
  }
}

void PythonStatements::assign(std::span<const PythonToken> target, const PythonValue& value) {
  if (target.empty()) return;
  if (target.size() == 1 && target[0].kind == Kind::kName) {
    if (report_) handler_.on_assign(target[0].text, value, place_of(target[0]));
    evaluator_.bind(target[0].text, value);
    if (blocks_.back().is_class) {
      evaluator_.bind_attribute(blocks_.back().class_scope, target[0].text, value);
    }
    return;
  }
  if (target.size() == 3 && target[0].kind == Kind::kName && target[1].op(".")) {
    const PythonValue owner = evaluator_.look_up(target[0].text);
    if (owner.is(PythonValueKind::kInstance) || owner.is(PythonValueKind::kClass)) {
      evaluator_.bind_attribute(static_cast<PythonScopeId>(owner.number), target[2].text, value);
    }
    if (report_) handler_.on_assign(target[2].text, value, place_of(target[0]));
    return;
  }
  if (assign_item(target, value)) return;
  // a, b = x, y
  const bool plain = std::none_of(target.begin(), target.end(), [](const PythonToken& token) {
    return token.kind != Kind::kName && !token.op(",") && !token.op("(") && !token.op(")") &&
           !token.op("[") && !token.op("]") && !token.op("*");
  });
  if (!plain) {
    const PythonValue whole = evaluate(target);
    if (report_ && whole.is(PythonValueKind::kPath))
      handler_.on_assign(whole.text(), value, place_of(target[0]));
    return;
  }
  for (PythonBinding& binding : evaluator_.destructure(target, value)) {
    if (report_) handler_.on_assign(binding.name, binding.value, place_of(target[0]));
    if (blocks_.back().is_class)
      evaluator_.bind_attribute(blocks_.back().class_scope, binding.name, binding.value);
    evaluator_.bind(binding.name, std::move(binding.value));
  }
}

// name[index] = value, globals()["name"] = value
bool PythonStatements::assign_item(std::span<const PythonToken> target, const PythonValue& value) {
  if (target.size() < 4 || target[0].kind != Kind::kName || !target.back().op("]")) return false;
  const bool namespace_call =
      target.size() >= 6 && target[1].op("(") && target[2].op(")") && target[3].op("[");
  if (!namespace_call && !target[1].op("[")) return false;
  const auto index =
      target.subspan(namespace_call ? 4 : 2).first(target.size() - (namespace_call ? 5 : 3));
  std::uint32_t depth = 0;
  for (const PythonToken& token : index) {
    if (token.op("[")) ++depth;
    if (!token.op("]")) continue;
    if (depth == 0) return false;  // a[b][c]
    --depth;
  }
  const PythonValue key = evaluate(index);
  if (!namespace_call) {
    evaluator_.assign_item(target[0].text, key, value);
  } else if (key.is(PythonValueKind::kText) && key.is_constant() &&
             (target[0].text == "globals" || target[0].text == "locals" ||
              target[0].text == "vars")) {
    evaluator_.bind_global(key.text(), value);
  }
  if (report_ && !namespace_call) {
    const PythonValue owner = evaluator_.look_up(target[0].text);
    if (owner.is(PythonValueKind::kPath))
      handler_.on_assign(std::string(owner.text()).append("[]"), value, place_of(target[0]));
  }
  return true;
}

void PythonStatements::report_import(std::string_view module, std::string_view name,
                                     const PythonToken& token) {
  if (!report_) return;
  ++summary_.imports;
  handler_.on_import({module, name, place_of(token)});
}

std::string PythonStatements::dotted(std::span<const PythonToken> tokens, std::size_t& at) {
  std::string out;
  bool want_name = true;
  for (; at < tokens.size(); ++at) {
    const PythonToken& token = tokens[at];
    if (token.op(".") || token.op("...")) {
      out.append(token.text);
      want_name = true;
    } else if (token.kind == Kind::kName && want_name && token.text != "import") {
      out.append(token.text);
      want_name = false;
    } else {
      break;
    }
    if (out.size() > PythonEvaluator::kMaxPath) out.resize(PythonEvaluator::kMaxPath);
  }
  return out;
}

PythonValue PythonStatements::imported(std::string path) {
  const PythonOrigins origins = handler_.origins_of_path(path);
  return PythonValue::of_path(std::move(path), origins);
}

void PythonStatements::import_plain(std::span<const PythonToken> tokens) {
  std::size_t at = 0;
  while (at < tokens.size()) {
    const std::size_t begin = at;
    const std::string module = dotted(tokens, at);
    if (module.empty()) {
      ++at;
      continue;
    }
    report_import(module, {}, tokens[begin]);
    if (at + 1 < tokens.size() && tokens[at].name("as")) {
      evaluator_.bind(tokens[at + 1].text, imported(module));
      at += 2;
    } else {
      const std::string top = module.substr(0, module.find('.'));
      if (!top.empty()) evaluator_.bind(top, imported(top));
    }
  }
}

void PythonStatements::import_from(std::span<const PythonToken> tokens) {
  std::size_t at = 0;
  const std::string module = dotted(tokens, at);
  if (at >= tokens.size() || !tokens[at].name("import")) {
    evaluate(tokens);
    return;
  }
  const std::string prefix = module.ends_with('.') ? module : module + ".";
  for (++at; at < tokens.size(); ++at) {
    const PythonToken& token = tokens[at];
    if (token.op("*")) {
      report_import(module, "*", token);
      evaluator_.add_star_module(module);
    } else if (token.kind == Kind::kName) {
      report_import(module, token.text, token);
      std::string_view bound = token.text;
      std::string path = prefix + std::string(token.text);
      if (module == "builtins" || module == "__builtin__") path = std::string(token.text);
      if (at + 2 < tokens.size() && tokens[at + 1].name("as")) {
        bound = tokens[at + 2].text;
        at += 2;
      }
      if (path.size() <= PythonEvaluator::kMaxPath)
        evaluator_.bind(bound, imported(std::move(path)));
    }
  }
}

// Calls inside f-strings; each level of nesting is read once more, four levels at most.
void PythonStatements::drain_fields() {
  auto& queue = evaluator_.fields();
  // The queue grows while it is read: a field may hold another f-string.
  std::size_t next = 0;
  while (next < queue.size()) {
    const PythonEvaluator::Field field = queue[next++];
    PythonTokenizer tokenizer(field.text);
    std::vector<PythonToken> tokens;
    while (tokens.size() < 4096) {
      PythonToken token = tokenizer.next();
      if (token.kind == Kind::kEnd) break;
      if (!budget_.take_work(1)) break;
      if (token.kind == Kind::kNewline || token.kind == Kind::kIndent ||
          token.kind == Kind::kDedent)
        continue;
      token.line = field.place.line;
      token.offset = field.place.offset;
      tokens.push_back(token);
    }
    if (tokens.size() >= 4096 && summary_.limit.empty())
      summary_.limit = "a field of an f-string is too long";
    evaluator_.set_field_depth(field.depth);
    evaluator_.place() = field.place;
    evaluate(tokens);
  }
  evaluator_.set_field_depth(0);
  queue.clear();
}

}  // namespace saiph::formats
