#include "formats/python/python_reader.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <span>
#include <utility>

#include "base/text.h"
#include "formats/python/python_evaluator.h"
#include "formats/python/python_token.h"

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
constexpr auto kPrefixes =
    std::to_array<std::string_view>({"return", "assert", "raise", "del", "await", "yield",
                                     "nonlocal", "pass", "break", "continue"});

bool is_assignment(std::string_view op) {
  return op.size() >= 2 && op.ends_with('=') && op != "==" && op != "!=" && op != "<=" &&
         op != ">=" && op != ":=";
}

class Reader {
 public:
  Reader(std::string_view source, PythonHandler& handler, Budget& budget)
      : source_(source), handler_(handler), budget_(budget), evaluator_(handler) {}

  Result<PythonSummary> run() {
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

 private:
  struct Block {
    PythonScopeId scope = 0;
    PythonScopeId class_scope = 0;  ///< of the innermost class around, 0 for none
    bool pushed = false;            ///< opened a scope of names
    bool script_only = false;
    bool is_class = false;
    bool branch = false;
    bool indented = false;
    bool one_line = false;
    bool awaits_body = false;
  };

  bool pass() {
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
      if (token.kind == Kind::kNewline || token.kind == Kind::kEnd ||
          (depth == 0 && token.op(";"))) {
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

  void keep(const PythonToken& token, std::uint32_t depth) {
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

  bool is_header() const {
    const PythonToken& first = statement_.front();
    if (first.kind != Kind::kName) return false;
    if (first.text == "async" && statement_.size() > 1) return one_of(kHeaders, statement_[1].text);
    return one_of(kHeaders, first.text);
  }

  PythonPlace place_of(const PythonToken& token) const {
    return {blocks_.back().scope, token.line, token.offset, blocks_.back().script_only};
  }

  void enter_place(const PythonToken& token) {
    evaluator_.place() = place_of(token);
    evaluator_.set_conditional(blocks_.back().branch);
    if (report_) ++summary_.statements;
  }

  // --- blocks ---

  void open_indented() {
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

  void push_block(const Block& block) {
    if (blocks_.size() >= kMaxBlocks) return;
    if (block.pushed) evaluator_.push_names(block.scope);
    blocks_.push_back(block);
  }

  void pop_block() {
    if (blocks_.size() <= 1) return;
    if (blocks_.back().pushed) evaluator_.pop_names();
    blocks_.pop_back();
  }

  void close_indented() {
    while (blocks_.size() > 1 && !blocks_.back().indented) pop_block();
    pop_block();
  }

  // `if x: f()`: the block ends with its line; with nothing behind the colon it waits for INDENT.
  void close_one_line_blocks() {
    if (blocks_.back().one_line && !last_had_body_) {
      blocks_.back().one_line = false;
      blocks_.back().awaits_body = true;
      return;
    }
    while (blocks_.size() > 1 && blocks_.back().one_line) pop_block();
  }

  // --- headers ---

  void finish_header() {
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
  static bool is_main_guard(std::span<const PythonToken> tokens) {
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

  static bool compares_main(std::span<const PythonToken> tokens) {
    if (tokens.size() == 5 && tokens[0].op("(") && tokens[4].op(")")) tokens = tokens.subspan(1, 3);
    if (tokens.size() != 3 || !tokens[1].op("==")) return false;
    const auto is_name = [](const PythonToken& t) { return t.name("__name__"); };
    const auto is_main = [](const PythonToken& t) {
      return t.kind == Kind::kString && t.text == "__main__";
    };
    return (is_name(tokens[0]) && is_main(tokens[2])) || (is_main(tokens[0]) && is_name(tokens[2]));
  }

  void loop(std::span<const PythonToken> tokens) {
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
  PythonScopeId define(bool is_class, std::span<const PythonToken> tokens, Block& block,
                       std::vector<PythonBinding>& parameters) {
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

  void bind_parameters(const std::vector<PythonBinding>& parameters, PythonScopeId self,
                       PythonScopeId scope) {
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

  void decorate(PythonValue& value) {
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
  std::vector<PythonBinding> read_parameters(std::span<const PythonToken> tokens) {
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

  // --- simple statements ---

  void finish_statement() {
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

  void simple(std::span<const PythonToken> tokens) {
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

  void assign_or_evaluate(std::span<const PythonToken> tokens) {
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

  void assign(std::span<const PythonToken> target, const PythonValue& value) {
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
  bool assign_item(std::span<const PythonToken> target, const PythonValue& value) {
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

  void report_import(std::string_view module, std::string_view name, const PythonToken& token) {
    if (!report_) return;
    ++summary_.imports;
    handler_.on_import({module, name, place_of(token)});
  }

  static std::string dotted(std::span<const PythonToken> tokens, std::size_t& at) {
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

  PythonValue imported(std::string path) {
    const PythonOrigins origins = handler_.origins_of_path(path);
    return PythonValue::of_path(std::move(path), origins);
  }

  void import_plain(std::span<const PythonToken> tokens) {
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

  void import_from(std::span<const PythonToken> tokens) {
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

  PythonValue evaluate(std::span<const PythonToken> tokens) { return evaluator_.evaluate(tokens); }

  // Calls inside f-strings; each level of nesting is read once more, four levels at most.
  void drain_fields() {
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

  std::string_view source_;
  PythonHandler& handler_;
  Budget& budget_;
  PythonEvaluator evaluator_;
  PythonFolder folder_;
  PythonSummary summary_;
  bool report_ = false;
  bool last_had_body_ = false;
  bool is_static_ = false;
  std::vector<PythonToken> statement_;
  std::vector<Block> blocks_;
  PythonScopeId next_scope_ = 1;
  std::vector<PythonValue> decorators_;
};

}  // namespace

Result<PythonSummary> read_python(std::string_view source, PythonHandler& handler, Budget& budget) {
  Reader reader(source, handler, budget);
  return reader.run();
}

}  // namespace saiph::formats
