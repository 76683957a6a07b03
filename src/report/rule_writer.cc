#include "report/rule_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/json/json_writer.h"

namespace saiph::report {

namespace {

constexpr std::array<std::string_view, 3> kNames = {"text", "json", "markdown"};

std::string joined(std::span<const std::string_view> texts) {
  std::string out;
  for (const std::string_view text : texts) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

/// Breaks the text at spaces; every line stands behind `indent` spaces.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find(' ', i), text.size());
    const std::string_view word = text.substr(i, end - i);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) {
      out += std::string(indent, ' ') + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
    i = end + 1;
  }
  return out + std::string(indent, ' ') + line + "\n";
}

std::string as_list(std::span<const Rule* const> rules, std::string_view version) {
  std::size_t width = 0;
  for (const Rule* rule : rules) width = std::max(width, rule->id.size());
  std::string out;
  for (const Rule* rule : rules) {
    out += fmt::format("{:<{}}  {:<8}  {}{}\n", rule->id, width, name_of(rule->severity),
                       rule->title, rule->maturity == Maturity::kBeta ? " (beta)" : "");
  }
  out += fmt::format("\n{} rules, rule set {}. `saiph rules ID` explains one.\n", rules.size(),
                     version);
  return out;
}

std::string as_text(std::span<const Rule* const> rules, const WriterOptions& options) {
  const std::size_t width = std::clamp<std::size_t>(options.width, 40, 100);
  std::string out;
  for (const Rule* rule : rules) {
    if (!out.empty()) out += "\n";
    const std::string_view bold = options.colour ? "\x1b[1m" : "";
    const std::string_view plain = options.colour ? "\x1b[0m" : "";
    out += fmt::format("{}{}{}\n  {}\n\n", bold, rule->id, plain, rule->title);
    out += fmt::format("  Severity  {}{}\n\n", name_of(rule->severity),
                       rule->maturity == Maturity::kBeta ? ", beta: reported, fails no gate" : "");
    out += "  What it means\n" + wrapped(rule->meaning, 4, width);
    out += "\n  What to do\n" + wrapped(rule->remedy, 4, width);
    out += "\n  References\n" + wrapped(joined(rule->references), 4, width);
  }
  return out;
}

std::string as_markdown(std::span<const Rule* const> rules) {
  std::string out;
  for (const Rule* rule : rules) {
    if (!out.empty()) out += "\n";
    out +=
        fmt::format("### {}\n\n**{}**\n\nSeverity: {}. Maturity: {}.\n\n{}\n\n", rule->id,
                    rule->title, name_of(rule->severity), name_of(rule->maturity), rule->meaning);
    out +=
        fmt::format("What to do: {}\n\nReferences: {}\n", rule->remedy, joined(rule->references));
  }
  return out;
}

std::string as_json(std::span<const Rule* const> rules, std::string_view version) {
  std::string out;
  codec::JsonWriter json(out, 1);
  json.begin_object();
  json.member("rules_version", version);
  json.array("rules");
  for (const Rule* rule : rules) {
    json.begin_object();
    json.member("id", rule->id);
    json.member("title", rule->title);
    json.member("severity", name_of(rule->severity));
    json.member("maturity", name_of(rule->maturity));
    json.member("meaning", rule->meaning);
    json.member("remedy", rule->remedy);
    json.array("references");
    for (const std::string_view reference : rule->references) json.string(reference);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out + "\n";
}

}  // namespace

std::optional<RuleFormat> parse_rule_format(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RuleFormat>(i);
  }
  return std::nullopt;
}

std::span<const std::string_view> rule_format_names() {
  return kNames;
}

std::string rules_text(std::span<const Rule* const> rules, RuleFormat format, bool explain,
                       std::string_view catalogue_version, const WriterOptions& options) {
  switch (format) {
    case RuleFormat::kJson:
      return as_json(rules, catalogue_version);
    case RuleFormat::kMarkdown:
      return as_markdown(rules);
    case RuleFormat::kText:
      break;
  }
  return explain ? as_text(rules, options) : as_list(rules, catalogue_version);
}

}  // namespace saiph::report
