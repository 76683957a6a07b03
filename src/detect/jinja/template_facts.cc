#include "detect/jinja/template_facts.h"

#include <algorithm>
#include <array>

namespace saiph::detect {

namespace {

using formats::JinjaIndex;
using formats::JinjaKind;
using formats::JinjaNode;

constexpr std::size_t kMaxText = 64U << 10;
constexpr std::size_t kMaxFolded = 4U << 20;
constexpr std::size_t kMaxVariables = 4'096;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool compares(std::string_view op) {
  return op == "in" || op == "==" || op == "!=";
}

}  // namespace

void TemplateFacts::set_variable(std::string_view name, const TemplateFact& fact) {
  const auto found = variables_.find(std::string(name));
  if (found != variables_.end()) {
    // Set again, perhaps in a branch: what was true of it may still be.
    const bool content = found->second.content || fact.content;
    found->second = fact;
    found->second.content = content;
  } else if (variables_.size() < kMaxVariables) {
    variables_.emplace(std::string(name), fact);
  } else {
    overflowed_ = true;
  }
}

const TemplateFact& TemplateFacts::evaluate(JinjaIndex root) {
  for (; done_ < root; ++done_) compute(done_ + 1);
  return facts_[root];
}

void TemplateFacts::compute(JinjaIndex index) {
  const JinjaNode& node = parsed_.nodes[index];
  TemplateFact& fact = facts_[index];
  const std::string_view text = parsed_.texts[node.text];
  for (JinjaIndex child = node.first_child; child != 0; child = parsed_.nodes[child].next_sibling) {
    const TemplateFact& from = facts_[child];
    fact.content |= from.content;
    fact.built |= from.built;
    fact.disguised |= from.disguised;
    if (from.trigger && !fact.trigger) {
      fact.trigger = true;
      fact.trigger_text = from.trigger_text;
    }
  }
  switch (node.kind) {
    case JinjaKind::kString:
      fact.constant = text.size() <= kMaxText;
      if (fact.constant) fact.text = text;
      break;
    case JinjaKind::kName: {
      const auto found = variables_.find(std::string(text));
      if (found != variables_.end()) {
        if (folded_ + found->second.text.size() > kMaxFolded) {
          fact.content = found->second.content;
        } else {
          fact = found->second;
          folded_ += fact.text.size();
        }
        fact.trigger = false;
      }
      if (text == "content") fact.content = true;
      break;
    }
    case JinjaKind::kAttribute:
      fact.content |= text == "content" || text == "text";
      break;
    case JinjaKind::kSubscript: {
      const JinjaIndex key = parsed_.nodes[node.first_child].next_sibling;
      if (key != 0 && facts_[key].constant &&
          (facts_[key].text == "content" || facts_[key].text == "text"))
        fact.content = true;
      fact.built = facts_[node.first_child].built;
      fact.disguised = facts_[node.first_child].disguised;
      break;
    }
    case JinjaKind::kCall: {
      // "{}".format(..), ''.join(..), x.replace(..) of constants: the name of the method decides.
      const JinjaNode& callee = parsed_.nodes[node.first_child];
      const std::string_view method = callee.kind == JinjaKind::kAttribute
                                          ? std::string_view(parsed_.texts[callee.text])
                                          : std::string_view();
      if (method == "format" || method == "join" || method == "replace" || method == "decode" ||
          method == "fromhex") {
        fact.built |= facts_[callee.first_child].constant;
        fact.disguised |= facts_[callee.first_child].constant;
      }
      const JinjaIndex argument = callee.next_sibling;
      if ((method == "startswith" || method == "endswith" || method == "find" ||
           method == "count" || method == "index") &&
          facts_[node.first_child].content && argument != 0 && facts_[argument].constant) {
        fact.trigger = true;
        fact.trigger_text = facts_[argument].text;
      }
      break;
    }
    case JinjaKind::kFilter:
      filter(index, fact);
      break;
    case JinjaKind::kSequence:
      sequence(index, fact);
      break;
    case JinjaKind::kList:
    case JinjaKind::kKeyword:
    case JinjaKind::kTest:
    case JinjaKind::kNumber:
    case JinjaKind::kOperator:
    case JinjaKind::kNone:
      break;
  }
}

void TemplateFacts::filter(JinjaIndex index, TemplateFact& fact) {
  const JinjaNode& node = parsed_.nodes[index];
  const std::string_view name = parsed_.texts[node.text];
  const TemplateFact& base = facts_[node.first_child];
  if (name == "join" || name == "format" || name == "replace") {
    const bool list = parsed_.nodes[node.first_child].kind == JinjaKind::kList;
    fact.built |= base.constant || list;
    fact.disguised |= base.constant || list;
    if (name == "join" && list) {
      std::string text;
      bool constant = true;
      for (JinjaIndex item = parsed_.nodes[node.first_child].first_child; item != 0;
           item = parsed_.nodes[item].next_sibling) {
        constant &= facts_[item].constant;
        if (text.size() + facts_[item].text.size() <= kMaxText) text += facts_[item].text;
      }
      if (constant && folded_ + text.size() <= kMaxFolded) {
        folded_ += text.size();
        fact.constant = true;
        fact.text = std::move(text);
      }
    }
  } else if (name == "reverse" && base.constant) {
    fact.built = fact.constant = true;
    fact.text.assign(base.text.rbegin(), base.text.rend());
  } else if ((name == "trim" || name == "lower" || name == "upper" || name == "string" ||
              name == "safe") &&
             base.constant) {
    fact.constant = true;
    fact.text = base.text;
  }
}

void TemplateFacts::sequence(JinjaIndex index, TemplateFact& fact) {
  const JinjaNode& node = parsed_.nodes[index];
  bool constant = true;
  bool joins = false;
  bool formats = false;
  bool underscored = false;
  bool compared = false;
  JinjaIndex compared_at = 0;
  bool content = false;
  std::string text;
  std::string nearest;
  for (JinjaIndex child = node.first_child; child != 0; child = parsed_.nodes[child].next_sibling) {
    const JinjaNode& part = parsed_.nodes[child];
    const std::string_view value = parsed_.texts[part.text];
    if (part.kind == JinjaKind::kOperator) {
      if (compares(value)) compared_at = child;
      joins |= value == "~" || value == "+" || value == "%";
      formats |= value == "%" && child != node.first_child && facts_[node.first_child].constant;
      constant &= value == "~" || value == "+";
      compared |= compares(value);
      continue;
    }
    const TemplateFact& from = facts_[child];
    content |= from.content;
    constant &= from.constant;
    // The fixed text next to the comparison is what triggers.
    const JinjaIndex behind = part.next_sibling;
    const bool before_comparison = behind != 0 &&
                                   parsed_.nodes[behind].kind == JinjaKind::kOperator &&
                                   compares(parsed_.texts[parsed_.nodes[behind].text]);
    if (from.constant && nearest.empty() &&
        (before_comparison ||
         (compared_at != 0 && parsed_.nodes[compared_at].next_sibling == child))) {
      nearest = from.text;
    }
    if (from.constant) {
      underscored |= from.text.starts_with('_');
      if (text.size() + from.text.size() <= kMaxText) text += from.text;
    }
  }
  if (joins) fact.built = true;
  if (joins && (formats || underscored)) fact.disguised = true;
  if (constant && joins && folded_ + text.size() <= kMaxFolded) {
    folded_ += text.size();
    fact.constant = true;
    fact.text = std::move(text);
  }
  if (compared && content && !nearest.empty()) {
    fact.trigger = true;
    fact.trigger_text = std::move(nearest);
  }
}

bool is_marker(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return true;
  const char first = text.front();
  const char last = text.back();
  const bool bracketed = (first == '<' && last == '>') || (first == '[' && last == ']') ||
                         (first == '{' && last == '}') || (first == '(' && last == ')');
  const std::size_t words = static_cast<std::size_t>(std::count(text.begin(), text.end(), ' ')) + 1;
  if (bracketed && text.size() <= 64 && words <= 3) return true;
  if (first == '<' || first == '[' || first == '#' || first == '/' || first == '|')
    return text.size() <= 32;
  return false;
}

std::string_view address_in(std::string_view text) {
  const std::string low = lower(text);
  // An address inside angle brackets of a schema or namespace is data of a format.
  for (std::size_t at = low.find("://"); at != std::string::npos; at = low.find("://", at + 3)) {
    const std::string_view rest = std::string_view(low).substr(at + 3);
    if (rest.starts_with("json-schema.org") || rest.starts_with("www.w3.org")) continue;
    return "an address";
  }
  constexpr auto kMarkup =
      std::to_array<std::string_view>({"<script", "<iframe", "<img", "<a href", "<object", "<embed",
                                       "javascript:", "onerror=", "onload=", "data:text/html"});
  for (const std::string_view part : kMarkup) {
    if (low.find(part) != std::string::npos) return "active markup";
  }
  if (low.find("](http") != std::string::npos || low.find("![") != std::string::npos)
    return "a link";
  return {};
}

std::string_view directive_in(std::string_view text) {
  if (const std::string_view address = address_in(text); !address.empty()) return address;
  const std::string low = lower(text);
  constexpr auto kHiding = std::to_array<std::string_view>(
      {"ignore previous", "ignore all previous", "ignore the previous", "disregard previous",
       "disregard all", "do not tell", "don't tell", "do not mention", "don't mention",
       "do not reveal", "don't reveal", "never mention", "without telling", "keep this secret",
       "do not disclose", "pretend that"});
  for (const std::string_view part : kHiding) {
    if (low.find(part) != std::string::npos) return "a direction that hides something";
  }
  constexpr auto kDirections = std::to_array<std::string_view>(
      {"always ",           "never ",      "you must",     "must ",      "instead of", "recommend",
       "make sure",         "be sure to",  "include ",     "insert ",    "append ",    "add the",
       "use the following", "answer with", "respond with", "reply with", "say that",   "write code",
       "vulnerab",          "backdoor",    "password",     "execute",    "download"});
  std::size_t letters = 0;
  for (const char c : low) letters += c >= 'a' && c <= 'z' ? 1U : 0U;
  if (letters < 16) return {};
  for (const std::string_view part : kDirections) {
    if (low.find(part) != std::string::npos) return "a direction to the model";
  }
  return {};
}

}  // namespace saiph::detect
