#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/escape.h"
#include "base/suggest.h"
#include "match/canonical/canonical_form.h"
#include "match/rules/compiled_rules.h"
#include "match/rules/fragments.h"

namespace saiph::match {

namespace {

using codec::TomlKind;
using codec::TomlMember;
using codec::TomlPosition;
using codec::TomlValue;

/// What RE2 may keep for one expression; the states of all of ours fit.
constexpr std::int64_t kRegexMemory = 2 << 20;
/// Instructions: what one byte costs at worst when RE2 has to leave its fast path.
constexpr int kRegexMaxProgram = 6000;
constexpr std::size_t kMaxText = 2000;  ///< of prose
constexpr std::size_t kMaxWords = 400;  ///< of one list

constexpr std::array<std::string_view, kChannelCount> kChannels = {
    "system",    "user",        "assistant", "tool_definition",
    "tool_call", "tool_result", "document",  "output"};
constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 3> kActions = {"flag", "block", "redact"};
constexpr std::array<std::string_view, 3> kViews = {"any", "canonical", "derived"};
constexpr std::array<std::string_view, 5> kFileKeys = {"family", "words", "patterns", "rule",
                                                       "change"};
constexpr std::array<std::string_view, 22> kRuleKeys = {
    "id",     "title",    "meaning", "remedy",     "severity", "action", "channels", "score",
    "scores", "hidden",   "views",   "paranoia",   "near",     "not",    "at_least", "threshold",
    "window", "literals", "pattern", "references", "hits",     "misses"};
constexpr std::array<std::string_view, 9> kChangeKeys = {
    "id", "enabled", "severity", "action", "channels", "score", "scores", "threshold", "paranoia"};
constexpr std::array<std::string_view, 4> kContextKeys = {"pattern", "within", "add", "subtract"};

re2::RE2::Options regex_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  // Bytes: one instruction for "anything but a space", where UTF-8 takes a dozen. Canonical text
  // has one spelling of every letter, so nothing is lost.
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_max_mem(kRegexMemory);
  return options;
}

bool is_kebab(std::string_view id) {
  if (id.empty() || id.size() > 64 || id.front() == '-' || id.back() == '-') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Code points of the first `bytes` bytes.
std::uint32_t columns(std::string_view text, std::size_t bytes) {
  const std::string_view part = text.substr(0, bytes);
  return static_cast<std::uint32_t>(std::count_if(part.begin(), part.end(), [](char c) {
    return (static_cast<std::uint8_t>(c) & 0xC0U) != 0x80U;
  }));
}

/// Reads the files of one load, in order.
class Loader {
 public:
  void file(const RuleSource& source);
  LoadedRules finish();

 private:
  void problem(TomlPosition position, std::string_view what) {
    problems_.push_back({std::string(source_->name), position, std::string(what), false});
  }
  void unknown(TomlPosition position, std::string_view word, std::string_view what,
               std::span<const std::string_view> known);
  bool only_keys(const TomlValue& table, std::span<const std::string_view> known);
  bool expect(const TomlMember& member, TomlKind kind);
  TomlPosition inside(const TomlValue& value, std::size_t offset) const;

  void read_fragments(const TomlValue& root);
  void read_rule(const TomlValue& table);
  void read_change(const TomlValue& table);
  void read_prose(const TomlValue& table, std::string_view key, std::string& out);
  void read_strings(const TomlMember& member, std::vector<std::string>& out);
  template <typename Enum>
  void read_choice(const TomlValue& table, std::string_view key,
                   std::span<const std::string_view> known, Enum& out);
  std::optional<double> read_number(const TomlMember& member, double low, double high);
  void read_whole(const TomlValue& table, std::string_view key, std::uint32_t low,
                  std::uint32_t high, std::uint32_t& out);
  void read_scores(const TomlValue& table, TextRule& rule);
  void read_common(const TomlValue& table, TextRule& rule);
  void read_window(const TomlValue& table, TextRule& rule);
  void read_literals(const TomlValue& table, TextRule& rule);
  void read_context(const TomlValue& table, std::string_view key, double sign, TextRule& rule,
                    CompiledRule& compiled);
  std::unique_ptr<const re2::RE2> read_regex(const TomlMember& member, std::string& expanded);
  std::size_t index_of(std::string_view id) const;

  const RuleSource* source_ = nullptr;
  std::string family_;
  Fragments fragments_;
  std::vector<TextRule> rules_;
  std::vector<CompiledRule> compiled_;
  std::vector<RuleProblem> problems_;
  std::uint64_t version_ = 0xCBF29CE484222325U;
};

void Loader::unknown(TomlPosition position, std::string_view word, std::string_view what,
                     std::span<const std::string_view> known) {
  std::string message = fmt::format("\"{}\" is not {}", escape_terminal(shorten(word, 80)), what);
  if (const std::string_view near = closest_word(word, known); !near.empty()) {
    message += fmt::format("; did you mean \"{}\"?", near);
  } else {
    message += fmt::format("; known are {}", fmt::join(known, ", "));
  }
  problem(position, message);
}

bool Loader::only_keys(const TomlValue& table, std::span<const std::string_view> known) {
  bool good = true;
  for (const TomlMember& member : table.members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    unknown(member.key_position, member.key, "a known key here", known);
    good = false;
  }
  return good;
}

bool Loader::expect(const TomlMember& member, TomlKind kind) {
  if (member.value.kind == kind) return true;
  problem(member.value.position,
          fmt::format("{} must be {}, not {}", escape_terminal(shorten(member.key, 80)),
                      codec::toml_kind_name(kind), codec::toml_kind_name(member.value.kind)));
  return false;
}

/// Where byte `offset` of a string stands in the file; its beginning where that cannot be told
/// (escapes, strings of several lines).
TomlPosition Loader::inside(const TomlValue& value, std::size_t offset) const {
  std::string_view rest = source_->text;
  for (std::uint32_t line = 1; line < value.position.line && !rest.empty(); ++line) {
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  const std::string plain = "'" + value.string + "'";
  const std::size_t at = rest.find(plain);
  if (at == std::string_view::npos || rest.find("'''") != std::string_view::npos) {
    return value.position;
  }
  return {value.position.line, columns(rest, at + 1 + offset) + 1};
}

void Loader::read_prose(const TomlValue& table, std::string_view key, std::string& out) {
  const TomlMember* member = table.find(key);
  if (member == nullptr) return problem(table.position, fmt::format("the rule has no {}", key));
  if (!expect(*member, TomlKind::kString)) return;
  if (member->value.string.empty() || member->value.string.size() > kMaxText) {
    return problem(member->value.position,
                   fmt::format("{} must have 1 to {} bytes", key, kMaxText));
  }
  out = member->value.string;
}

void Loader::read_strings(const TomlMember& member, std::vector<std::string>& out) {
  if (!expect(member, TomlKind::kArray)) return;
  out.clear();
  for (const TomlValue& item : member.value.items) {
    if (item.kind != TomlKind::kString || item.string.empty()) {
      problem(item.position, fmt::format("{} must hold strings that are not empty", member.key));
      continue;
    }
    out.push_back(item.string);
  }
}

template <typename Enum>
void Loader::read_choice(const TomlValue& table, std::string_view key,
                         std::span<const std::string_view> known, Enum& out) {
  const TomlMember* member = table.find(key);
  if (member == nullptr || !expect(*member, TomlKind::kString)) return;
  const auto it = std::find(known.begin(), known.end(), member->value.string);
  if (it == known.end()) {
    return unknown(member->value.position, member->value.string, fmt::format("one of {}s", key),
                   known);
  }
  out = static_cast<Enum>(it - known.begin());
}

std::optional<double> Loader::read_number(const TomlMember& member, double low, double high) {
  const TomlValue& value = member.value;
  const bool whole = value.kind == TomlKind::kInteger;
  const double number = whole ? static_cast<double>(value.integer) : value.real;
  // Written so that not-a-number is refused too.
  if ((!whole && value.kind != TomlKind::kReal) || !(number >= low && number <= high)) {
    problem(value.position, fmt::format("{} must be a number from {} to {}",
                                        escape_terminal(shorten(member.key, 80)), low, high));
    return std::nullopt;
  }
  return number;
}

void Loader::read_whole(const TomlValue& table, std::string_view key, std::uint32_t low,
                        std::uint32_t high, std::uint32_t& out) {
  const TomlMember* member = table.find(key);
  if (member == nullptr) return;
  const TomlValue& value = member->value;
  if (value.kind != TomlKind::kInteger || value.integer < low || value.integer > high) {
    return problem(value.position,
                   fmt::format("{} must be a whole number from {} to {}", key, low, high));
  }
  out = static_cast<std::uint32_t>(value.integer);
}

void Loader::read_scores(const TomlValue& table, TextRule& rule) {
  std::optional<double> base;
  if (const TomlMember* member = table.find("score")) base = read_number(*member, 0, 100);
  std::array<bool, kChannelCount> chosen{};
  if (const TomlMember* member = table.find("channels")) {
    if (expect(*member, TomlKind::kArray)) {
      for (const TomlValue& item : member->value.items) {
        const auto channel =
            item.kind == TomlKind::kString ? parse_channel(item.string) : std::nullopt;
        if (!channel) {
          unknown(item.position, item.string, "a channel", kChannels);
        } else {
          chosen[static_cast<std::size_t>(*channel)] = true;
        }
      }
    }
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      if (!chosen[i]) rule.scores[i] = 0;
    }
  } else {
    chosen.fill(true);
  }
  if (base) {
    for (std::size_t i = 0; i < kChannelCount; ++i) {
      if (chosen[i]) rule.scores[i] = *base;
    }
  }
  const TomlMember* scores = table.find("scores");
  if (scores == nullptr || !expect(*scores, TomlKind::kTable)) return;
  for (const TomlMember& member : scores->value.members) {
    const auto channel = parse_channel(member.key);
    if (!channel) {
      unknown(member.key_position, member.key, "a channel", kChannels);
    } else if (const auto number = read_number(member, 0, 100)) {
      rule.scores[static_cast<std::size_t>(*channel)] = *number;
    }
  }
}

/// What a rule and a change to one share.
void Loader::read_common(const TomlValue& table, TextRule& rule) {
  read_choice(table, "severity", kSeverities, rule.severity);
  read_choice(table, "action", kActions, rule.action);
  read_scores(table, rule);
  if (const TomlMember* member = table.find("threshold")) {
    rule.threshold = read_number(*member, 0, 100).value_or(rule.threshold);
  }
  std::uint32_t paranoia = rule.paranoia;
  read_whole(table, "paranoia", 1, 4, paranoia);
  rule.paranoia = static_cast<std::uint8_t>(paranoia);
}

void Loader::read_window(const TomlValue& table, TextRule& rule) {
  const TomlMember* member = table.find("window");
  if (member == nullptr || !expect(*member, TomlKind::kArray)) return;
  const std::vector<TomlValue>& items = member->value.items;
  const auto good = [](const TomlValue& item) {
    return item.kind == TomlKind::kInteger && item.integer >= 0 && item.integer <= kMaxWindow;
  };
  if (items.size() != 2 || !good(items[0]) || !good(items[1])) {
    return problem(
        member->value.position,
        fmt::format("window must be [bytes before, bytes after], each up to {}", kMaxWindow));
  }
  rule.before = static_cast<std::uint32_t>(items[0].integer);
  rule.after = static_cast<std::uint32_t>(items[1].integer);
}

void Loader::read_literals(const TomlValue& table, TextRule& rule) {
  const TomlMember* member = table.find("literals");
  if (member == nullptr) {
    return problem(table.position,
                   "the rule has no literals: without one it would read every text in full");
  }
  if (!expect(*member, TomlKind::kArray)) return;
  for (const TomlValue& item : member->value.items) {
    if (item.kind != TomlKind::kString) {
      problem(item.position, "literals must hold strings");
      continue;
    }
    const auto literals = fragments_.literals(item.string);
    if (!literals) {
      problem(inside(item, literals.error().offset().value_or(0)), literals.error().message());
      continue;
    }
    for (const std::string& as_written : *literals) {
      const std::string literal = canonical_form(as_written);
      if (literal.size() < LiteralGate::kMinLength || literal.size() > LiteralGate::kMaxLength) {
        problem(item.position, fmt::format("the literal \"{}\" has {} bytes; {} to {} are needed",
                                           escape_terminal(shorten(literal, 80)), literal.size(),
                                           LiteralGate::kMinLength, LiteralGate::kMaxLength));
        continue;
      }
      rule.literals.push_back(literal);
    }
  }
  std::sort(rule.literals.begin(), rule.literals.end());
  rule.literals.erase(std::unique(rule.literals.begin(), rule.literals.end()), rule.literals.end());
  if (rule.literals.empty() && problems_.empty()) {
    problem(member->value.position, "literals must hold at least one");
  }
}

std::unique_ptr<const re2::RE2> Loader::read_regex(const TomlMember& member,
                                                   std::string& expanded) {
  const TomlValue& value = member.value;
  if (!expect(member, TomlKind::kString)) return nullptr;
  const auto pattern = fragments_.expand(value.string);
  if (!pattern) {
    problem(inside(value, pattern.error().offset().value_or(0)), pattern.error().message());
    return nullptr;
  }
  expanded = *pattern;
  auto regex = std::make_unique<const re2::RE2>("(?m)" + expanded, regex_options());
  if (!regex->ok()) {
    const std::string& part = regex->error_arg();
    const std::size_t at = part.empty() ? std::string::npos : value.string.find(part);
    std::string message = regex->error();
    if (regex->error_code() == re2::RE2::ErrorPatternTooLarge) {
      message = "the expression needs more memory than one may have";
    }
    problem(inside(value, at == std::string::npos ? 0 : at),
            fmt::format("{} is no regular expression of RE2: {}", member.key,
                        escape_terminal(shorten(message, 200))));
    return nullptr;
  }
  if (regex->ProgramSize() > kRegexMaxProgram) {
    problem(value.position,
            fmt::format("{} is too large: {} instructions, {} are allowed (counted repetitions "
                        "such as .{{1,200}} are what costs)",
                        member.key, regex->ProgramSize(), kRegexMaxProgram));
    return nullptr;
  }
  if (regex->Match("", 0, 0, re2::RE2::UNANCHORED, nullptr, 0)) {
    problem(value.position, fmt::format("{} matches nothing at all, so everywhere", member.key));
    return nullptr;
  }
  return regex;
}

void Loader::read_context(const TomlValue& table, std::string_view key, double sign, TextRule& rule,
                          CompiledRule& compiled) {
  const TomlMember* member = table.find(key);
  if (member == nullptr || !expect(*member, TomlKind::kArray)) return;
  const std::string_view change = sign > 0 ? "add" : "subtract";
  for (const TomlValue& item : member->value.items) {
    if (item.kind != TomlKind::kTable) {
      problem(item.position,
              fmt::format("{} must hold tables {{ pattern, within, {} }}", key, change));
      continue;
    }
    if (!only_keys(item, kContextKeys)) continue;
    const TomlMember* pattern = item.find("pattern");
    const TomlMember* number = item.find(change);
    if (pattern == nullptr || number == nullptr || item.members.size() > 3) {
      problem(item.position, fmt::format("{} needs pattern, {} and at most within", key, change));
      continue;
    }
    ContextRule context;
    read_whole(item, "within", 0, kMaxWindow, context.within);
    const auto value = read_number(*number, 0, 100);
    auto regex = read_regex(*pattern, context.pattern);
    if (!value || regex == nullptr) continue;
    context.change = sign * *value;
    rule.context.push_back(std::move(context));
    compiled.context.push_back(std::move(regex));
  }
}

std::size_t Loader::index_of(std::string_view id) const {
  const auto it = std::find_if(rules_.begin(), rules_.end(),
                               [id](const TextRule& rule) { return rule.id == id; });
  return static_cast<std::size_t>(it - rules_.begin());
}

void Loader::read_rule(const TomlValue& table) {
  const std::size_t problems_before = problems_.size();
  only_keys(table, kRuleKeys);
  TextRule rule;
  CompiledRule compiled;
  rule.family = family_;
  rule.source = std::string(source_->name);
  rule.position = table.position;
  read_prose(table, "id", rule.id);
  if (!rule.id.empty() && !is_kebab(rule.id)) {
    problem(table.find("id")->value.position,
            "id must be small letters and digits with single hyphens between, as in "
            "\"ignore-previous\"");
  }
  read_prose(table, "title", rule.title);
  read_prose(table, "meaning", rule.meaning);
  read_prose(table, "remedy", rule.remedy);
  for (const std::string_view key : {"severity", "score"}) {
    if (table.find(key) == nullptr) problem(table.position, fmt::format("the rule has no {}", key));
  }
  read_common(table, rule);
  read_choice(table, "views", kViews, rule.views);
  read_window(table, rule);
  read_whole(table, "at_least", 1, kMaxAtLeast, rule.at_least);
  if (const TomlMember* member = table.find("hidden")) {
    rule.hidden = read_number(*member, 0, 100).value_or(0);
  }
  read_literals(table, rule);
  if (const TomlMember* member = table.find("pattern")) {
    compiled.regex = read_regex(*member, rule.pattern);
  }
  read_context(table, "near", 1, rule, compiled);
  read_context(table, "not", -1, rule, compiled);
  if (const TomlMember* member = table.find("references")) read_strings(*member, rule.references);
  if (const TomlMember* member = table.find("hits")) read_strings(*member, rule.hits);
  if (const TomlMember* member = table.find("misses")) read_strings(*member, rule.misses);
  if (problems_.size() != problems_before) return;
  const std::size_t at = index_of(rule.id);
  if (at < rules_.size()) {
    if (rules_[at].source == source_->name) {
      return problem(table.position,
                     fmt::format("the rule \"{}\" stands twice in this file", rule.id));
    }
    rules_[at] = std::move(rule);
    compiled_[at] = std::move(compiled);
    return;
  }
  if (rules_.size() >= kMaxRules) {
    return problem(table.position, fmt::format("there are more than {} rules", kMaxRules));
  }
  rules_.push_back(std::move(rule));
  compiled_.push_back(std::move(compiled));
}

void Loader::read_change(const TomlValue& table) {
  only_keys(table, kChangeKeys);
  const TomlMember* id = table.find("id");
  if (id == nullptr) return problem(table.position, "the change has no id of a rule");
  if (!expect(*id, TomlKind::kString)) return;
  const std::size_t at = index_of(id->value.string);
  if (at == rules_.size()) {
    std::vector<std::string_view> known;
    known.reserve(rules_.size());
    for (const TextRule& rule : rules_) known.push_back(rule.id);
    const std::string_view near = closest_word(id->value.string, known);
    return problem(
        id->value.position,
        fmt::format("there is no rule \"{}\"{}", escape_terminal(shorten(id->value.string, 80)),
                    near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)));
  }
  if (const TomlMember* enabled = table.find("enabled")) {
    if (!expect(*enabled, TomlKind::kBoolean)) return;
    if (!enabled->value.boolean) {
      rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(at));
      compiled_.erase(compiled_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
  }
  read_common(table, rules_[at]);
}

void Loader::read_fragments(const TomlValue& root) {
  for (const std::string_view key : {"words", "patterns"}) {
    const TomlMember* section = root.find(key);
    if (section == nullptr || !expect(*section, TomlKind::kTable)) continue;
    for (const TomlMember& member : section->value.members) {
      if (!Fragments::is_name(member.key)) {
        problem(member.key_position, "a name is letters, digits and _, and begins with a letter");
        continue;
      }
      if (key == "patterns") {
        if (expect(member, TomlKind::kString))
          fragments_.add_pattern(member.key, member.value.string);
        continue;
      }
      std::vector<std::string> words;
      read_strings(member, words);
      if (words.empty() || words.size() > kMaxWords) {
        problem(member.value.position, fmt::format("a list has 1 to {} words", kMaxWords));
        continue;
      }
      fragments_.add_words(member.key, std::move(words));
    }
  }
}

void Loader::file(const RuleSource& source) {
  source_ = &source;
  for (const char c : source.text) {
    version_ = (version_ ^ static_cast<std::uint8_t>(c)) * 0x100000001B3U;
  }
  const auto parsed = codec::parse_toml(as_bytes(source.text), source.name);
  if (!parsed) {
    // "name:line:column: what", as the parser says it.
    TomlPosition position{1, 1};
    std::string message = parsed.error().message();
    const std::string prefix = escape_terminal(source.name) + ":";
    if (message.starts_with(prefix)) {
      std::string_view rest = std::string_view(message).substr(prefix.size());
      std::array<std::uint32_t, 2> numbers{};
      for (std::uint32_t& number : numbers) {
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
          number = number * 10 + static_cast<std::uint32_t>(rest.front() - '0');
          rest.remove_prefix(1);
        }
        if (!rest.empty()) rest.remove_prefix(1);
      }
      position = {numbers[0], numbers[1]};
      message = std::string(rest.substr(std::min(rest.find_first_not_of(' '), rest.size())));
    }
    return problem(position, message);
  }
  only_keys(*parsed, kFileKeys);
  family_ = "custom";
  if (const TomlMember* member = parsed->find("family")) {
    if (expect(*member, TomlKind::kString)) family_ = member->value.string;
    if (!is_kebab(family_)) problem(member->value.position, "family must be like \"override\"");
  }
  read_fragments(*parsed);
  for (const std::string_view key : {"rule", "change"}) {
    const TomlMember* section = parsed->find(key);
    if (section == nullptr || !expect(*section, TomlKind::kArray)) continue;
    for (const TomlValue& item : section->value.items) {
      if (item.kind != TomlKind::kTable) {
        problem(item.position, fmt::format("write [[{}]] before each {}", key, key));
      } else if (key == "rule") {
        read_rule(item);
      } else {
        read_change(item);
      }
    }
  }
}

LoadedRules Loader::finish() {
  return {std::move(rules_), std::move(compiled_), std::move(problems_),
          fmt::format("{:016x}", version_).substr(0, 12)};
}

}  // namespace

LoadedRules load_rules(std::span<const RuleSource> sources) {
  Loader loader;
  for (const RuleSource& source : sources) loader.file(source);
  return loader.finish();
}

std::unique_ptr<const CompiledSet> assemble(LoadedRules loaded) {
  auto set = std::make_unique<CompiledSet>();
  set->rules = std::move(loaded.rules);
  set->compiled = std::move(loaded.compiled);
  set->version = std::move(loaded.version);
  for (std::size_t i = 0; i < set->rules.size(); ++i) {
    for (const std::string& text : set->rules[i].literals) {
      const std::uint32_t literal = set->gate.add(text);
      if (literal == set->rules_of.size()) set->rules_of.emplace_back();
      set->rules_of[literal].push_back(static_cast<std::uint16_t>(i));
    }
  }
  return set;
}

}  // namespace saiph::match
