// Blocks and their headers; simple statements are in python_statements.cc.
#include "formats/python/python_reader.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <utility>

#include "base/text.h"
#include "formats/python/python_statements.h"

namespace saiph::formats {

namespace {

using Kind = PythonTokenKind;

// Tokens of one statement that are kept: 600,000 are 38 MB at most, reached only by data tables,
// whose plain constants are left out from kSparseTokens on.
constexpr std::size_t kSparseTokens = 50'000;
constexpr std::size_t kMaxTokens = 300'000;
constexpr std::size_t kMaxBlocks = 1'200;

constexpr auto kHeaders = std::to_array<std::string_view>(
    {"if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class"});

}  // namespace

Result<PythonSummary> PythonStatements::run() {
  for (const bool report : {false, true}) {
    report_ = report;
    evaluator_.begin_pass(report);
    next_scope_ = 1;
    blocks_.clear();
    blocks_.push_back({});
    if (!pass()) return Error(ErrorCode::kLimit, budget_.reason());
  }
  summary_.encoding = declared_encoding(source_);
  if (evaluator_.names_overflowed()) summary_.limit = "more names than are followed in one file";
  if (evaluator_.scan_overflowed()) summary_.limit = "tables are read too often to be followed";
  return std::move(summary_);
}

bool PythonStatements::pass() {
  PythonTokenizer tokenizer(source_);
  statement_.clear();
  std::uint32_t depth = 0;
  std::uint32_t lambdas = 0;
  while (true) {
    const PythonToken token = tokenizer.next();
    if (!budget_.take_work(1)) return false;
    if (token.kind == Kind::kOperator) {
      const char c = token.text[0];
      if (c == '(' || c == '[' || c == '{') ++depth;
      if ((c == ')' || c == ']' || c == '}') && depth > 0) --depth;
    }
    if (depth == 0 && token.name("lambda")) ++lambdas;
    if (token.kind == Kind::kNewline || token.kind == Kind::kEnd || (depth == 0 && token.op(";"))) {
      finish_statement();
      if (token.kind != Kind::kOperator) close_one_line_blocks();
      depth = 0;
      lambdas = 0;
      if (token.kind == Kind::kEnd) break;
      continue;
    }
    if (token.kind == Kind::kIndent) {
      open_indented();
      continue;
    }
    if (token.kind == Kind::kDedent) {
      close_indented();
      continue;
    }
    if (depth == 0 && token.op(":") && !statement_.empty() && is_header()) {
      if (lambdas > 0) {
        --lambdas;
      } else {
        finish_header();
        continue;
      }
    }
    keep(token, depth);
  }
  if (!tokenizer.problem().empty() && summary_.problem.empty()) {
    summary_.problem = std::string(tokenizer.problem());
    summary_.problem_offset = tokenizer.problem_offset();
  }
  return true;
}

void PythonStatements::keep(const PythonToken& token, std::uint32_t depth) {
  if (statement_.empty() && blocks_.back().awaits_body) pop_block();  // its body never came
  if (statement_.size() >= kSparseTokens && depth > 0 &&
      (token.kind == Kind::kNumber || (token.kind == Kind::kString && !token.is_format) ||
       token.op("-"))) {
    return;
  }
  if (statement_.size() >= kSparseTokens && token.op(",") && statement_.back().op(",")) return;
  if (statement_.size() >= kMaxTokens) {
    if (summary_.limit.empty()) summary_.limit = "a statement is longer than may be held";
    return;
  }
  statement_.push_back(token);
}

bool PythonStatements::is_header() const {
  const PythonToken& first = statement_.front();
  if (first.kind != Kind::kName) return false;
  if (first.text == "async" && statement_.size() > 1) return one_of(kHeaders, statement_[1].text);
  return one_of(kHeaders, first.text);
}

PythonPlace PythonStatements::place_of(const PythonToken& token) const {
  return {blocks_.back().scope, token.line, token.offset, blocks_.back().script_only};
}

void PythonStatements::enter_place(const PythonToken& token) {
  evaluator_.place() = place_of(token);
  evaluator_.set_conditional(blocks_.back().branch);
  if (report_) ++summary_.statements;
}

void PythonStatements::open_indented() {
  if (blocks_.back().awaits_body) {
    blocks_.back().awaits_body = false;
    blocks_.back().indented = true;
    return;
  }
  Block block = blocks_.back();
  block.pushed = false;
  block.indented = true;
  block.one_line = false;
  push_block(block);
}

void PythonStatements::push_block(const Block& block) {
  if (blocks_.size() >= kMaxBlocks) return;
  if (block.pushed) evaluator_.push_names(block.scope);
  blocks_.push_back(block);
}

void PythonStatements::pop_block() {
  if (blocks_.size() <= 1) return;
  if (blocks_.back().pushed) evaluator_.pop_names();
  blocks_.pop_back();
}

void PythonStatements::close_indented() {
  while (blocks_.size() > 1 && !blocks_.back().indented) pop_block();
  pop_block();
}

// `if x: f()`: the block ends with its line; with nothing behind the colon it waits for INDENT.
void PythonStatements::close_one_line_blocks() {
  if (blocks_.back().one_line && !last_had_body_) {
    blocks_.back().one_line = false;
    blocks_.back().awaits_body = true;
    return;
  }
  while (blocks_.size() > 1 && blocks_.back().one_line) pop_block();
}

void PythonStatements::finish_header() {
  std::vector<PythonToken> header = std::move(statement_);
  statement_.clear();
  const PythonToken first = header.front();
  enter_place(first);
  Block block = blocks_.back();
  block.pushed = false;
  block.branch = true;
  block.indented = false;
  block.one_line = true;
  block.awaits_body = false;
  std::vector<PythonBinding> parameters;
  PythonScopeId self = 0;
  std::span<const PythonToken> tokens(header);
  if (tokens[0].text == "async") tokens = tokens.subspan(1);
  const std::string_view word = tokens.empty() ? std::string_view() : tokens[0].text;
  tokens = tokens.subspan(std::min<std::size_t>(1, tokens.size()));
  if (word == "def" || word == "class") {
    self = define(word == "class", tokens, block, parameters);
  } else if (word == "for") {
    loop(tokens);
  } else {
    if (word == "if" && is_main_guard(tokens)) block.script_only = true;
    if (word == "else" || word == "elif") block.script_only = blocks_.back().script_only;
    if (!tokens.empty()) evaluate(tokens);
  }
  last_had_body_ = false;
  push_block(block);
  bind_parameters(parameters, self, block.scope);
  drain_fields();
  statement_ = std::move(header);  // keeps the memory
  statement_.clear();
}

// `__name__ == "__main__"`, also as one part of a conjunction (any `or` makes it no guard).
bool PythonStatements::is_main_guard(std::span<const PythonToken> tokens) {
  std::uint32_t depth = 0;
  std::size_t begin = 0;
  bool guarded = false;
  for (std::size_t i = 0; i <= tokens.size(); ++i) {
    const bool end = i == tokens.size();
    if (!end) {
      if (tokens[i].op("(") || tokens[i].op("[") || tokens[i].op("{")) ++depth;
      if ((tokens[i].op(")") || tokens[i].op("]") || tokens[i].op("}")) && depth > 0) --depth;
      if (tokens[i].name("or") || tokens[i].name("if") || tokens[i].name("lambda")) return false;
    }
    if (!end && (depth > 0 || !tokens[i].name("and"))) continue;
    guarded |= compares_main(tokens.subspan(begin, i - begin));
    begin = i + 1;
  }
  return guarded;
}

bool PythonStatements::compares_main(std::span<const PythonToken> tokens) {
  if (tokens.size() == 5 && tokens[0].op("(") && tokens[4].op(")")) tokens = tokens.subspan(1, 3);
  if (tokens.size() != 3 || !tokens[1].op("==")) return false;
  const auto is_name = [](const PythonToken& t) { return t.name("__name__"); };
  const auto is_main = [](const PythonToken& t) {
    return t.kind == Kind::kString && t.text == "__main__";
  };
  return (is_name(tokens[0]) && is_main(tokens[2])) || (is_main(tokens[0]) && is_name(tokens[2]));
}

void PythonStatements::loop(std::span<const PythonToken> tokens) {
  std::size_t in = 0;
  std::uint32_t depth = 0;
  for (; in < tokens.size(); ++in) {
    if (tokens[in].op("(") || tokens[in].op("[")) ++depth;
    if ((tokens[in].op(")") || tokens[in].op("]")) && depth > 0) --depth;
    if (depth == 0 && tokens[in].name("in")) break;
  }
  if (in >= tokens.size()) return;
  const PythonValue values = evaluate(tokens.subspan(in + 1));
  for (PythonBinding& binding :
       evaluator_.destructure(tokens.first(in), evaluator_.item_of(values))) {
    evaluator_.bind(binding.name, std::move(binding.value));
  }
}

// Answers the class whose object the first parameter is, 0 for none.
PythonScopeId PythonStatements::define(bool is_class, std::span<const PythonToken> tokens,
                                       Block& block, std::vector<PythonBinding>& parameters) {
  PythonScope scope;
  scope.kind = is_class ? PythonScope::Kind::kClass : PythonScope::Kind::kFunction;
  scope.id = next_scope_++;
  scope.parent = block.scope;
  scope.line = tokens.empty() ? 0 : tokens[0].line;
  if (!tokens.empty()) scope.name = std::string(tokens[0].text.substr(0, 200));
  const auto rest = tokens.subspan(std::min<std::size_t>(1, tokens.size()));
  // Default values and base classes are evaluated now, in the scope around.
  if (!is_class) {
    parameters = read_parameters(rest);
  } else if (!rest.empty()) {
    evaluate(rest);
  }
  PythonValue value;
  value.kind = is_class ? PythonValueKind::kClass : PythonValueKind::kFunction;
  value.number = scope.id;
  if (report_) {
    ++summary_.definitions;
    handler_.on_scope(scope);
  }
  decorate(value);
  const bool method = !is_class && block.is_class;
  if (method) evaluator_.bind_attribute(block.class_scope, scope.name, value);
  evaluator_.bind(scope.name, value);
  const PythonScopeId self = method && !is_static_ ? block.class_scope : 0;
  is_static_ = false;
  block.scope = scope.id;
  block.pushed = true;
  block.branch = false;
  block.is_class = is_class;
  block.script_only = is_class && block.script_only;
  if (is_class) block.class_scope = scope.id;
  return self;
}

void PythonStatements::bind_parameters(const std::vector<PythonBinding>& parameters,
                                       PythonScopeId self, PythonScopeId scope) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    PythonValue argument;
    if (i == 0 && self != 0) {
      argument.kind = PythonValueKind::kInstance;
      argument.number = self;
    } else {
      argument = evaluator_.parameter(scope, self != 0 ? i - 1 : i, parameters[i].name,
                                      parameters[i].value);
    }
    evaluator_.bind(parameters[i].name, std::move(argument));
  }
}

void PythonStatements::decorate(PythonValue& value) {
  for (const PythonValue& decorator : std::views::reverse(decorators_)) {
    if (decorator.is(PythonValueKind::kPath) && decorator.text() == "staticmethod")
      is_static_ = true;
    const bool known =
        decorator.is(PythonValueKind::kPath) || decorator.is(PythonValueKind::kFunction);
    evaluator_.place().decorator = true;
    if (known) evaluator_.call(decorator, {PythonArgument{{}, false, value}});
  }
  evaluator_.place().decorator = false;
  decorators_.clear();
}

// Names between the brackets of a def; evaluates the default values.
std::vector<PythonBinding> PythonStatements::read_parameters(std::span<const PythonToken> tokens) {
  std::vector<PythonBinding> names;
  std::uint32_t depth = 0;
  bool want_name = true;
  bool is_default = false;
  std::size_t value_begin = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const PythonToken& token = tokens[i];
    const bool opens = token.op("(") || token.op("[") || token.op("{");
    const bool closes = token.op(")") || token.op("]") || token.op("}");
    if (closes && depth > 0) --depth;
    if ((depth == 1 && token.op(",")) || (depth == 0 && closes)) {
      if (value_begin != 0 && value_begin < i) {
        PythonValue value = evaluate(tokens.subspan(value_begin, i - value_begin));
        if (is_default && !names.empty()) names.back().value = std::move(value);
      }
      value_begin = 0;
      is_default = false;
      want_name = true;
      if (depth == 0 && i + 1 < tokens.size()) {  // -> annotation
        evaluate(tokens.subspan(i + 1));
        break;
      }
    } else if (depth == 1 && want_name && token.kind == Kind::kName) {
      if (names.size() < 1024) names.push_back({token.text, {}});
      want_name = false;
    } else if (depth == 1 && token.op("=")) {
      if (value_begin != 0 && value_begin < i)  // behind an annotation
        evaluate(tokens.subspan(value_begin, i - value_begin));
      value_begin = i + 1;
      is_default = true;
    } else if (depth == 1 && token.op(":") && value_begin == 0) {
      value_begin = i + 1;
    }
    if (opens) ++depth;
  }
  return names;
}

void PythonStatements::finish_statement() {
  if (statement_.empty()) return;
  last_had_body_ = true;
  if (is_header()) {
    // A header without its colon: broken text, or the inline form's rest. Read it as expressions.
    const std::span<const PythonToken> tokens(statement_);
    enter_place(tokens[0]);
    evaluate(tokens.subspan(1));
  } else {
    simple(statement_);
  }
  drain_fields();
  statement_.clear();
}

Result<PythonSummary> read_python(std::string_view source, PythonHandler& handler, Budget& budget) {
  PythonStatements reader(source, handler, budget);
  return reader.run();
}

}  // namespace saiph::formats
