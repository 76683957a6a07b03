// What a RuleSet holds: shared by the loader and the search.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "match/rules/literal_gate.h"
#include "match/rules/rule_set.h"

namespace saiph::match {

struct CompiledRule {
  std::unique_ptr<const re2::RE2> regex;                 ///< null: a literal is a match
  std::vector<std::unique_ptr<const re2::RE2>> context;  ///< one for each of TextRule::context
};

struct CompiledSet {
  std::vector<TextRule> rules;
  std::vector<CompiledRule> compiled;  ///< one a rule
  LiteralGate gate;
  std::vector<std::vector<std::uint16_t>> rules_of;  ///< by literal
  std::string version;
};

/// The longest line back and forth that a rule may ask for.
inline constexpr std::uint32_t kMaxWindow = 4096;
/// Matches of one rule in one view that may be asked for by `at_least`.
inline constexpr std::uint32_t kMaxAtLeast = 256;
/// Rules of one set.
inline constexpr std::size_t kMaxRules = 2000;

/// What came out of reading files of rules: the rules that are right, and all problems.
struct LoadedRules {
  std::vector<TextRule> rules;
  std::vector<CompiledRule> compiled;
  std::vector<RuleProblem> problems;
  std::string version;
};
/// Reads sources in order. Never fails as a whole. Any thread.
LoadedRules load_rules(std::span<const RuleSource> sources);
/// Builds the literal gate over rules. Any thread.
std::unique_ptr<const CompiledSet> assemble(LoadedRules loaded);

}  // namespace saiph::match
