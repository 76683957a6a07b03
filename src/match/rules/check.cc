// What is wrong with a file of rules beyond its syntax.
#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"
#include "match/canonical/canonical_form.h"
#include "match/rules/compiled_rules.h"

namespace saiph::match {

namespace {

/// Everyday text in which a good literal is rare.
constexpr std::string_view kOrdinary =
    "the quick report that you asked for is with this message, and there will be more when they "
    "have what they need from your other team; please have a look at it, because some people "
    "would like to know how this would work for them. thanks for your help. what about that "
    "which was there before? i think it could be good if we make these into one, then send them "
    "over to where they can be used by everyone who wants to.";

class FirstHit final : public RuleHitSink {
 public:
  explicit FirstHit(const TextRule& rule) : rule_(rule) {}
  void hit(const RuleHit& hit) override { found_ = found_ || hit.rule == &rule_; }
  void incomplete(std::string_view) override {}
  bool found() const { return found_; }

 private:
  const TextRule& rule_;
  bool found_ = false;
};

bool fires(const RuleSet& set, const TextRule& rule, std::string_view text, RuleScratch& scratch) {
  RuleLimits limits;
  limits.paranoia = 4;
  limits.hits_per_rule = 1;
  for (std::size_t channel = 0; channel < kChannelCount; ++channel) {
    if (rule.scores[channel] <= 0) continue;
    FirstHit sink(rule);
    set.match(canonical_form(text), rule.views == ViewKind::kDerived, static_cast<Channel>(channel),
              limits, scratch, sink);
    if (sink.found()) return true;
  }
  return false;
}

}  // namespace

std::vector<RuleProblem> check_rules(const RuleSource& source) {
  std::vector<RuleSource> sources(RuleSet::own_sources().begin(), RuleSet::own_sources().end());
  std::erase_if(sources, [&](const RuleSource& own) { return own.name == source.name; });
  sources.push_back(source);
  LoadedRules loaded = load_rules(sources);
  std::vector<RuleProblem> problems = std::move(loaded.problems);
  std::erase_if(problems, [&](const RuleProblem& it) { return it.file != source.name; });
  const RuleSet set(assemble(std::move(loaded)));
  RuleScratch scratch;
  for (const TextRule& rule : set.rules()) {
    if (rule.source != source.name) continue;
    const auto warn = [&](std::string message) {
      problems.push_back({rule.source, rule.position, std::move(message), true});
    };
    const auto fail = [&](std::string message) {
      problems.push_back({rule.source, rule.position, std::move(message), false});
    };
    for (const std::string& literal : rule.literals) {
      if (kOrdinary.find(literal) != std::string_view::npos) {
        warn(
            fmt::format("rule \"{}\": the literal \"{}\" stands in nearly every text, so the "
                        "pattern runs nearly everywhere",
                        rule.id, escape_terminal(literal)));
      }
    }
    if (rule.hits.size() < 2 || rule.misses.size() < 2) {
      warn(fmt::format("rule \"{}\": two hits and two misses would show what it is for", rule.id));
    }
    for (const std::string& text : rule.hits) {
      if (!fires(set, rule, text, scratch)) {
        fail(fmt::format("rule \"{}\" does not fire on its own example \"{}\"", rule.id,
                         escape_terminal(shorten(text, 100))));
      }
    }
    for (const std::string& text : rule.misses) {
      if (fires(set, rule, text, scratch)) {
        fail(fmt::format("rule \"{}\" fires on \"{}\", which stands under misses", rule.id,
                         escape_terminal(shorten(text, 100))));
      }
    }
  }
  std::stable_sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::pair(a.position.line, a.position.column) <
           std::pair(b.position.line, b.position.column);
  });
  return problems;
}

}  // namespace saiph::match
