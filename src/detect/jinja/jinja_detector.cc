#include "detect/jinja/jinja_detector.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "base/text.h"
#include "detect/jinja/template_facts.h"
#include "detect/rules/jinja.h"
#include "formats/jinja/jinja.h"

namespace saiph::detect {

namespace {

using formats::JinjaIndex;
using formats::JinjaKind;
using formats::JinjaNode;
using formats::JinjaStatement;

// Objects of the engine (or of a web framework around it) from which Python is one attribute away.
constexpr auto kGadgets = std::to_array<std::string_view>(
    {"_self", "app", "application", "config", "current_app", "cycler", "environment", "g",
     "get_flashed_messages", "joiner", "lipsum", "os", "request", "self", "session", "subprocess",
     "sys", "url_for"});

// Functions that runtimes of chat templates define, beside macros of the template itself.
constexpr auto kFunctions = std::to_array<std::string_view>(
    {"caller", "dict", "list", "loop", "namespace", "range", "raise_exception", "strftime_now",
     "super", "zip", "enumerate", "len", "str", "int", "tojson", "raise", "debug"});

constexpr auto kMethods = std::to_array<std::string_view>(
    {"append",       "capitalize", "copy",       "count",     "cycle",      "date",
     "endswith",     "extend",     "find",       "format",    "get",        "index",
     "insert",       "isalnum",    "isalpha",    "isdecimal", "isdigit",    "islower",
     "isnumeric",    "isspace",    "isupper",    "items",     "join",       "keys",
     "lower",        "lstrip",     "partition",  "pop",       "remove",     "removeprefix",
     "removesuffix", "replace",    "reverse",    "rfind",     "rindex",     "rpartition",
     "rsplit",       "rstrip",     "setdefault", "split",     "splitlines", "startswith",
     "strftime",     "strip",      "swapcase",   "title",     "trim",       "tojson",
     "update",       "upper",      "values",     "changed",   "has_key"});

constexpr auto kInner =
    std::to_array<std::string_view>({"__class__",        "__globals__",
                                     "__subclasses__",   "__builtins__",
                                     "__import__",       "__init__",
                                     "__mro__",          "__base",
                                     "__getattribute__", "__dict__",
                                     "__code__",         "__reduce",
                                     "func_globals",     "gi_frame",
                                     "f_globals",        "f_back",
                                     "cr_frame",         "tb_frame",
                                     "__call__",         "__loader__",
                                     "__spec__",         "_TemplateReference__context"});

std::string_view inner_name(std::string_view text) {
  for (const std::string_view name : kInner) {
    if (text.find(name) != std::string_view::npos) return name;
  }
  return {};
}

// Length of an invisible character at `at`, 0 when it is none: zero width, bidirectional controls,
// tags and variation selectors of supplementary planes.
std::size_t invisible_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  if (byte(0) == 0xE2 && byte(1) == 0x80 &&
      ((byte(2) >= 0x8B && byte(2) <= 0x8F) || (byte(2) >= 0xAA && byte(2) <= 0xAE)))
    return 3;
  if (byte(0) == 0xE2 && byte(1) == 0x81 &&
      ((byte(2) >= 0xA0 && byte(2) <= 0xA4) || (byte(2) >= 0xA6 && byte(2) <= 0xAF)))
    return 3;
  if (byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF && at != 0) return 3;
  if (byte(0) == 0xF3 && byte(1) == 0xA0 && byte(2) >= 0x80 && byte(2) <= 0x87) return 4;
  return 0;
}

class Judge {
 public:
  Judge(const formats::JinjaTemplate& parsed, std::string_view source, Inspection& inspection)
      : parsed_(parsed), source_(source), inspection_(inspection), facts_(parsed) {}

  void run() {
    collect_local_names();
    for (const JinjaStatement& statement : parsed_.statements) {
      switch (statement.kind) {
        case JinjaStatement::Kind::kText:
          inserted(statement.text, statement);
          break;
        case JinjaStatement::Kind::kOutput:
          output(statement);
          break;
        case JinjaStatement::Kind::kTag:
          tag(statement);
          break;
      }
    }
    invisible();
    if (facts_.overflowed())
      inspection_.incomplete("limit", "more template variables than are followed", std::nullopt);
  }

 private:
  struct Branch {
    bool trigger = false;
    std::string text;
  };

  void state(const Rule& rule, const JinjaStatement& statement, std::uint32_t offset,
             std::string detail, std::string_view excerpt,
             std::optional<Severity> severity = std::nullopt) {
    FindingDraft draft;
    draft.severity = severity;
    draft.offset = offset;
    draft.line = statement.line;
    draft.detail = std::move(detail);
    draft.excerpt = shorten(excerpt, 160);
    inspection_.finding(rule, std::move(draft));
  }

  std::string_view source_at(std::uint32_t offset) const {
    return source_.substr(std::min<std::size_t>(offset, source_.size()), 120);
  }

  // Names that the template itself defines: set, for, macro and its parameters.
  void collect_local_names() {
    for (const JinjaStatement& statement : parsed_.statements) {
      if (statement.kind != JinjaStatement::Kind::kTag || statement.expression == 0) continue;
      if (statement.text != "set" && statement.text != "for" && statement.text != "macro" &&
          statement.text != "with" && statement.text != "import" && statement.text != "from") {
        continue;
      }
      names_before_operator(statement.expression, statement.text == "macro");
    }
    std::sort(local_.begin(), local_.end());
  }

  void names_before_operator(JinjaIndex index, bool whole) {
    // Breadth over at most 64 nodes: targets are short.
    std::vector<JinjaIndex> todo{index};
    for (std::size_t i = 0; i < todo.size() && i < 64; ++i) {
      const JinjaNode& node = parsed_.nodes[todo[i]];
      if (node.kind == JinjaKind::kName || (node.kind == JinjaKind::kKeyword && whole))
        local_.push_back(parsed_.texts[node.text]);
      if (node.kind == JinjaKind::kAttribute || node.kind == JinjaKind::kSubscript) continue;
      for (JinjaIndex child = node.first_child; child != 0;
           child = parsed_.nodes[child].next_sibling) {
        const JinjaNode& part = parsed_.nodes[child];
        if (part.kind == JinjaKind::kOperator &&
            (parsed_.texts[part.text] == "=" || parsed_.texts[part.text] == "in"))
          break;
        todo.push_back(child);
      }
    }
  }

  bool is_local(std::string_view name) const {
    return std::binary_search(local_.begin(), local_.end(), name);
  }

  // Judges all nodes between the last statement's and this one's root.
  void judge(const JinjaStatement& statement) {
    if (statement.expression == 0) return;
    facts_.evaluate(statement.expression);
    for (; judged_ < statement.expression; ++judged_) judge_node(judged_ + 1, statement);
  }

  void judge_node(JinjaIndex index, const JinjaStatement& statement) {
    const JinjaNode& node = parsed_.nodes[index];
    const std::string_view text = parsed_.texts[node.text];
    const TemplateFact& fact = facts_.of(index);
    if (fact.constant && (node.kind == JinjaKind::kString || fact.built)) {
      if (const auto name = inner_name(fact.text); !name.empty() && fact.text.size() < 4096) {
        state(rules::kJinjaObjectEscape, statement, node.offset,
              "holds the text " + std::string(name) + " in an expression", source_at(node.offset));
      }
    }
    switch (node.kind) {
      case JinjaKind::kAttribute: {
        if (text.starts_with("__") || !inner_name(text).empty()) {
          state(rules::kJinjaObjectEscape, statement, node.offset,
                "reads the attribute " + std::string(text), source_at(node.offset));
        } else if (text.size() > 1 && text.starts_with("_")) {
          state(rules::kJinjaObjectEscape, statement, node.offset,
                "reads the private attribute " + std::string(text), source_at(node.offset),
                Severity::kHigh);
          gadget(node.first_child, statement);
        } else {
          gadget(node.first_child, statement);
        }
        break;
      }
      case JinjaKind::kSubscript: {
        gadget(node.first_child, statement);
        const JinjaIndex key = parsed_.nodes[node.first_child].next_sibling;
        if (key != 0) computed_name(key, statement, "as a subscript", false);
        break;
      }
      case JinjaKind::kFilter:
        filter(node, text, statement);
        break;
      case JinjaKind::kCall:
        call(node, statement);
        break;
      case JinjaKind::kSequence: {
        const JinjaIndex behind = parsed_.nodes[node.first_child].next_sibling;
        if (behind != 0 && parsed_.texts[parsed_.nodes[behind].text] == "%")
          letters_from_numbers(node.first_child, "%c", statement);
        break;
      }
      default:
        break;
    }
  }

  void gadget(JinjaIndex base, const JinjaStatement& statement) {
    const JinjaNode& node = parsed_.nodes[base];
    if (node.kind != JinjaKind::kName) return;
    const std::string_view name = parsed_.texts[node.text];
    if (!one_of(kGadgets, name) || is_local(name)) return;
    const bool common = name == "config" || name == "g" || name == "app" || name == "environment" ||
                        name == "session" || name == "request";
    state(rules::kJinjaObjectEscape, statement, node.offset,
          "uses the engine object " + std::string(name), source_at(node.offset),
          common ? Severity::kMedium : Severity::kCritical);
  }

  void computed_name(JinjaIndex index, const JinjaStatement& statement, std::string_view where,
                     bool attribute) {
    const TemplateFact& fact = facts_.of(index);
    if (!fact.built && !attribute) return;
    if (!fact.built && fact.constant) {
      state(rules::kJinjaBuiltAttribute, statement, parsed_.nodes[index].offset,
            "names the attribute " + fact.text + " " + std::string(where),
            source_at(parsed_.nodes[index].offset),
            fact.text.starts_with("_") ? Severity::kHigh : Severity::kMedium);
      return;
    }
    // What cannot be folded may be a plain key with a number in it.
    std::optional<Severity> severity;
    if (!fact.constant && !attribute)
      severity = fact.disguised ? Severity::kHigh : Severity::kMedium;
    if (!attribute && !fact.constant && !fact.disguised && is_arithmetic(index)) return;
    state(rules::kJinjaBuiltAttribute, statement, parsed_.nodes[index].offset,
          "puts the name " + (fact.constant ? fact.text + " " : std::string()) +
              "together and uses it " + std::string(where),
          source_at(parsed_.nodes[index].offset), severity);
  }

  // messages[loop.index0 + 1], values[i % 2]: no text takes part.
  bool is_arithmetic(JinjaIndex index) const {
    const JinjaNode& node = parsed_.nodes[index];
    if (node.kind == JinjaKind::kName) return true;  // a variable; judged where it is set
    if (node.kind != JinjaKind::kSequence) return false;
    for (JinjaIndex child = node.first_child; child != 0;
         child = parsed_.nodes[child].next_sibling) {
      const JinjaNode& part = parsed_.nodes[child];
      if (part.kind == JinjaKind::kString || facts_.of(child).constant) return false;
      if (part.kind == JinjaKind::kOperator && parsed_.texts[part.text] == "~") return false;
    }
    return true;
  }

  void filter(const JinjaNode& node, std::string_view name, const JinjaStatement& statement) {
    const JinjaIndex argument = parsed_.nodes[node.first_child].next_sibling;
    if (name == "format") letters_from_numbers(node.first_child, "%c", statement);
    if (name == "attr" && argument != 0) {
      computed_name(argument, statement, "through the attr filter", true);
      gadget(node.first_child, statement);
      return;
    }
    // map(attribute=...), selectattr, groupby, sort, sum, unique: dotted attribute paths.
    for (JinjaIndex child = argument; child != 0; child = parsed_.nodes[child].next_sibling) {
      const JinjaNode& part = parsed_.nodes[child];
      const JinjaIndex value = part.kind == JinjaKind::kKeyword ? part.first_child : child;
      const bool names =
          (part.kind == JinjaKind::kKeyword && parsed_.texts[part.text] == "attribute") ||
          name == "selectattr" || name == "rejectattr" || name == "groupby";
      if (names && facts_.of(value).built)
        computed_name(value, statement, "in the filter " + std::string(name), false);
      if (name == "map" && value == child && facts_.of(value).constant &&
          facts_.of(value).text == "attr") {
        state(rules::kJinjaBuiltAttribute, statement, part.offset,
              "maps the attr filter over values", source_at(part.offset));
      }
    }
  }

  // '%c%c'|format(95, 95) has no use but to write a text that does not stand there.
  void letters_from_numbers(JinjaIndex format, std::string_view mark,
                            const JinjaStatement& statement) {
    const TemplateFact& fact = facts_.of(format);
    if (!fact.constant || fact.text.find(mark) == std::string::npos) return;
    state(rules::kJinjaBuiltAttribute, statement, parsed_.nodes[format].offset,
          "writes letters by their numbers", source_at(parsed_.nodes[format].offset),
          Severity::kHigh);
  }

  void call(const JinjaNode& node, const JinjaStatement& statement) {
    const JinjaNode& callee = parsed_.nodes[node.first_child];
    const std::string_view name = parsed_.texts[callee.text];
    if (callee.kind == JinjaKind::kAttribute && name == "format")
      letters_from_numbers(callee.first_child, ":c}", statement);
    if (callee.kind == JinjaKind::kName) {
      if (one_of(kGadgets, name) && !is_local(name)) return gadget(node.first_child, statement);
      if (one_of(kFunctions, name) || is_local(name) || statement.text == "macro" ||
          statement.text == "call")
        return;
      state(rules::kJinjaUnknownName, statement, callee.offset,
            "calls the function " + std::string(name), source_at(callee.offset));
    } else if (callee.kind == JinjaKind::kAttribute && !one_of(kMethods, name) &&
               !name.starts_with("__")) {
      const JinjaNode& base = parsed_.nodes[callee.first_child];
      const bool macro = base.kind == JinjaKind::kName && is_local(parsed_.texts[base.text]);
      state(rules::kJinjaUnknownName, statement, callee.offset,
            "calls the method " + std::string(name), source_at(callee.offset),
            macro ? Severity::kLow : Severity::kMedium);
    } else if (callee.kind == JinjaKind::kSubscript) {
      const JinjaIndex key = parsed_.nodes[callee.first_child].next_sibling;
      const bool known =
          key != 0 && facts_.of(key).constant && one_of(kMethods, facts_.of(key).text);
      state(rules::kJinjaBuiltAttribute, statement, callee.offset, "calls what a subscript names",
            source_at(callee.offset), known ? Severity::kMedium : Severity::kHigh);
    }
  }

  const Branch* triggered() const {
    for (const Branch& branch : branches_) {
      if (branch.trigger) return &branch;
    }
    return nullptr;
  }

  void inserted(std::string_view text, const JinjaStatement& statement) {
    if (text.size() > 8192) {
      state(rules::kJinjaLongText, statement, statement.offset,
            "fixed text of " + std::to_string(text.size()) + " bytes", text);
    }
    judge_inserted(text, statement, triggered());
  }

  void judge_inserted(std::string_view text, const JinjaStatement& statement,
                      const Branch* branch) {
    text = text.substr(0, 64U << 10);
    if (branch != nullptr && !is_marker(text)) {
      const std::string_view why = directive_in(text);
      const bool specific = !is_marker(branch->text);
      if (!why.empty() && (specific || !address_in(text).empty())) {
        state(rules::kJinjaHiddenInstruction, statement, statement.offset,
              "when a message holds \"" + shorten(branch->text, 60) + "\", inserts text with " +
                  std::string(why),
              text);
        return;
      }
      std::size_t letters = 0;
      for (const char c : text)
        letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           static_cast<unsigned char>(c) >= 0x80
                       ? 1U
                       : 0U;
      if (specific && letters >= 40 && text.find(' ') != std::string_view::npos) {
        state(rules::kJinjaHiddenInstruction, statement, statement.offset,
              "when a message holds \"" + shorten(branch->text, 60) + "\", inserts a sentence",
              text, Severity::kMedium);
        return;
      }
    }
    if (const auto why = address_in(text); !why.empty()) {
      state(rules::kJinjaInsertedDirective, statement, statement.offset,
            "inserts text with " + std::string(why), text);
    } else if (directive_in(text) == "a direction that hides something") {
      state(rules::kJinjaInsertedDirective, statement, statement.offset,
            "inserts a direction that hides something", text);
    }
  }

  // Fixed texts of an expression that end up in the prompt.
  void output(const JinjaStatement& statement) {
    const JinjaIndex first = judged_ + 1;
    judge(statement);
    inserted_constants(first, statement);
  }

  void inserted_constants(JinjaIndex first, const JinjaStatement& statement) {
    if (statement.expression == 0 || is_raise(statement.expression)) return;
    const TemplateFact& whole = facts_.of(statement.expression);
    const Branch own{whole.trigger, whole.trigger_text};
    const Branch* branch = own.trigger ? &own : triggered();
    for (JinjaIndex index = first; index <= statement.expression; ++index) {
      const JinjaNode& node = parsed_.nodes[index];
      if (node.kind != JinjaKind::kString || facts_.of(index).text == own.text) continue;
      const std::string_view text = parsed_.texts[node.text];
      if (text.size() > 8192) {
        state(rules::kJinjaLongText, statement, node.offset,
              "fixed text of " + std::to_string(text.size()) + " bytes", text);
      }
      judge_inserted(text, statement, branch);
    }
  }

  bool is_raise(JinjaIndex index) const {
    const JinjaNode& node = parsed_.nodes[index];
    if (node.kind != JinjaKind::kCall) return false;
    const JinjaNode& callee = parsed_.nodes[node.first_child];
    return callee.kind == JinjaKind::kName && parsed_.texts[callee.text] == "raise_exception";
  }

  void tag(const JinjaStatement& statement) {
    const std::string_view name = statement.text;
    const JinjaIndex first = judged_ + 1;
    judge(statement);
    if (name == "include" || name == "import" || name == "from" || name == "extends") {
      state(rules::kJinjaLoadsTemplate, statement, statement.offset, "uses " + std::string(name),
            source_at(statement.offset));
    } else if (name == "if" || name == "elif") {
      Branch branch;
      if (statement.expression != 0) {
        branch.trigger = facts_.of(statement.expression).trigger;
        branch.text = facts_.of(statement.expression).trigger_text;
      }
      if (name == "elif" && !branches_.empty()) branches_.pop_back();
      if (branches_.size() < 512) branches_.push_back(std::move(branch));
    } else if (name == "else") {
      if (!branches_.empty()) branches_.back().trigger = false;
    } else if (name == "endif") {
      if (!branches_.empty()) branches_.pop_back();
    } else if (name == "set" || name == "for") {
      bind(statement);
      if (name == "set") inserted_constants(first, statement);
    }
  }

  // {% set a = value %}, {% set ns.a = value %}, {% for a in values %}
  void bind(const JinjaStatement& statement) {
    if (statement.expression == 0) return;
    const JinjaNode& node = parsed_.nodes[statement.expression];
    if (node.kind != JinjaKind::kSequence && node.kind != JinjaKind::kList) return;
    const TemplateFact& whole = facts_.of(statement.expression);
    const bool loop = statement.text == "for";
    const JinjaIndex sequence =
        node.kind == JinjaKind::kList ? node.first_child : statement.expression;
    const JinjaNode& target = parsed_.nodes[parsed_.nodes[sequence].kind == JinjaKind::kSequence
                                                ? parsed_.nodes[sequence].first_child
                                                : sequence];
    if (target.kind != JinjaKind::kName) return;
    TemplateFact fact;
    fact.content = whole.content;
    fact.trigger = false;
    if (!loop) {
      fact.built = whole.built;
      // One operand behind "=" keeps its value.
      const JinjaIndex equals = target.next_sibling;
      const JinjaIndex value = equals == 0 ? 0 : parsed_.nodes[equals].next_sibling;
      if (value != 0 && parsed_.nodes[value].next_sibling == 0) {
        fact = facts_.of(value);
      } else if (value != 0) {
        std::string text;
        bool constant = true;
        for (JinjaIndex child = value; child != 0; child = parsed_.nodes[child].next_sibling) {
          const JinjaNode& part = parsed_.nodes[child];
          if (part.kind == JinjaKind::kOperator) {
            constant &= parsed_.texts[part.text] == "~" || parsed_.texts[part.text] == "+";
          } else {
            constant &= facts_.of(child).constant;
            if (text.size() < 4096) text += facts_.of(child).text;
          }
        }
        fact.constant = constant;
        fact.text = constant ? text : std::string();
        if (constant && !inner_name(text).empty()) {
          state(rules::kJinjaObjectEscape, statement, statement.offset,
                "puts together the text " + shorten(text, 60), source_at(statement.offset));
        }
      }
    }
    facts_.set_variable(parsed_.texts[target.text], fact);
  }

  void invisible() {
    std::size_t count = 0;
    std::size_t first = 0;
    for (std::size_t at = 0; at < source_.size(); ++at) {
      const auto lead = static_cast<unsigned char>(source_[at]);
      if (lead < 0xE2) continue;
      const std::size_t length = invisible_at(source_, at);
      if (length == 0) continue;
      if (count++ == 0) first = at;
      at += length - 1;
    }
    if (count == 0) return;
    FindingDraft draft;
    draft.offset = first;
    draft.line = static_cast<std::uint64_t>(std::count(
                     source_.begin(), source_.begin() + static_cast<std::ptrdiff_t>(first), '\n')) +
                 1;
    draft.detail = std::to_string(count) + " invisible characters";
    draft.excerpt = std::string(
        source_at(static_cast<std::uint32_t>(first - std::min<std::size_t>(first, 20))));
    inspection_.finding(rules::kJinjaInvisibleText, std::move(draft));
  }

  const formats::JinjaTemplate& parsed_;
  std::string_view source_;
  Inspection& inspection_;
  TemplateFacts facts_;
  JinjaIndex judged_ = 0;
  std::vector<Branch> branches_;
  std::vector<std::string_view> local_;
};

}  // namespace

void inspect_jinja(Inspection& inspection) {
  const ByteSource& source = inspection.source();
  auto bytes = read_all(source, formats::kMaxJinjaBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  const std::string_view text = as_text(*bytes);
  const auto parsed = formats::parse_jinja(text, inspection.budget());
  if (!parsed) return inspection.incomplete(parsed.error());
  if (!parsed->problem.empty()) {
    inspection.incomplete("malformed", "template: " + parsed->problem, parsed->problem_offset);
  }
  Judge(*parsed, text, inspection).run();
}

}  // namespace saiph::detect
