#include "domain/text_inspector.h"

#include <array>

namespace saiph {

namespace {
constexpr std::array<std::string_view, 4> kActions = {"ignore", "note", "flag", "block"};
constexpr std::array<std::string_view, kTextRedactionCount> kRedactions = {"none", "label", "mask",
                                                                           "token"};

bool fits(std::string_view pattern, std::string_view finding) {
  if (pattern.ends_with(".*")) return finding.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == finding;
}
}  // namespace

std::string_view name_of(TextAction action) {
  return kActions[static_cast<std::size_t>(action)];
}

std::string_view name_of(TextRedaction redaction) {
  return kRedactions[static_cast<std::size_t>(redaction)];
}

TextAction TextPolicy::action_for(std::string_view finding, TextAction otherwise) const {
  TextAction action = otherwise;
  for (const Choice& choice : choices) {
    if (fits(choice.finding, finding)) action = choice.action;
  }
  return action;
}

}  // namespace saiph
