// TextRule: one row of the text rule language, as written in catalogue/text/*.toml and in files of
// users. docs/formats/text-rules.md describes the language.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/toml/toml.h"
#include "domain/severity.h"
#include "domain/text.h"

namespace saiph::match {

/// What a rule asks for when it fires. A hint: the policy decides.
enum class ActionHint : std::uint8_t { kFlag, kBlock, kRedact };
std::string_view name_of(ActionHint action);

/// Context near a match that changes what it counts: `change` is added once (it is negative for
/// `not`) when any of the pattern's alternatives stands within `within` bytes of the match.
struct ContextRule {
  std::string pattern;  ///< expanded RE2 syntax
  std::uint32_t within = 80;
  double change = 0;
};

/// Views a rule looks at.
enum class ViewKind : std::uint8_t { kAny, kCanonical, kDerived };

/// One rule as a value; immutable once in a RuleSet.
struct TextRule {
  std::string id;  ///< kebab-case, unique
  std::string
      family;         ///< what it is about, as in "override"; rules of a family are listed together
  std::string title;  ///< one line, no full stop
  std::string meaning;
  std::string remedy;
  Severity severity = Severity::kMedium;
  ActionHint action = ActionHint::kFlag;
  std::uint8_t paranoia = 1;  ///< 1 to 4: a set at level N runs the rules up to N
  /// Base score by channel, 0 to 100; 0 means that the rule does not run there.
  std::array<double, kChannelCount> scores{};
  double threshold = 1;  ///< a match whose score ends below this is not reported
  double hidden = 0;     ///< added when the match stands in a derived view (decoded, joined)
  ViewKind views = ViewKind::kAny;
  std::uint32_t at_least = 1;         ///< matches in one view before the rule fires at all
  std::uint32_t before = 160;         ///< bytes before a literal that the pattern may look at
  std::uint32_t after = 240;          ///< bytes after it
  std::vector<std::string> literals;  ///< expanded, ASCII lower case; 4 to 64 bytes each
  std::string pattern;                ///< expanded RE2 syntax; empty: a literal is a match
  std::vector<ContextRule> context;   ///< `near` and `not`
  std::vector<std::string> references;
  std::vector<std::string> hits;    ///< examples that must fire
  std::vector<std::string> misses;  ///< examples that must not
  std::string source;               ///< name of the file it came from
  codec::TomlPosition position;     ///< of its table
};

}  // namespace saiph::match
