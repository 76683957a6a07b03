// TextEngine: everything that looks at texts, in one pass over their views, and the verdict.
//
// The order: the canonicaliser makes the views; rules and classifier look at each; personal data
// and credentials are looked for in the text itself and in what was decoded from it; what a model
// answers is held against the output checks. Sources of the parts stand in their own headers.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "detect/text/output/output_checks.h"
#include "detect/text/redaction/redaction.h"
#include "domain/text_inspector.h"
#include "match/classifier/classifier.h"
#include "match/rules/rule_set.h"

namespace saiph::detect {

/// What an engine works with. Whatever is empty is not used; the report's version says so.
struct TextEngineParts {
  std::shared_ptr<const match::RuleSet> rules = match::RuleSet::own();
  std::optional<match::Classifier> classifier = match::Classifier::embedded();
  /// For channels output and assistant; what it points to outlives the engine.
  OutputContext output;
  /// What makes tokens of personal data; without it a report says that it has none.
  std::optional<Tokeniser> tokens = std::nullopt;
};

/// Immutable but for its spare working memory; any thread may inspect, many at a time. To change
/// rules or policy make another one and swap the pointers.
class TextEngine final : public TextInspector {
 public:
  explicit TextEngine(TextPolicy policy, TextEngineParts parts = {});
  ~TextEngine() override;

  /// Cost: about 20 us for 1 KB of ordinary text; linear in the text, whatever it holds.
  TextReport inspect(std::string_view text, Channel channel,
                     const TextWishes& wishes) const override;
  const std::string& version() const override { return version_; }
  const TextPolicy& policy() const { return policy_; }

 private:
  std::unique_ptr<match::RuleScratch> take_scratch() const;
  void give_back(std::unique_ptr<match::RuleScratch> scratch) const;

  TextPolicy policy_;
  TextEngineParts parts_;
  std::string version_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<match::RuleScratch>> spare_;  ///< under mutex_
};

}  // namespace saiph::detect
