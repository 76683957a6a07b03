// RuleSet: text rules compiled into one immutable set, and the search with it.
//
// A filter over hashed groups of four bytes names the places where a rule's literal stands; RE2
// then confirms on a window around the place, and near/not context raises or lowers the score. The
// idea of a fast pattern before the regular expression is that of network intrusion detection
// (Snort, Suricata); adding scores up and judging them elsewhere is that of the OWASP Core Rule
// Set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "domain/text.h"
#include "match/rules/text_rule.h"

namespace saiph::match {

struct View;         // match/canonical
struct CompiledSet;  // match/rules/compiled_rules.h

/// One file of rules.
struct RuleSource {
  std::string_view name;
  std::string_view text;
};

/// What is wrong with a file, and where.
struct RuleProblem {
  std::string file;
  codec::TomlPosition position;
  std::string message;
  bool warning = false;  ///< the rule works, but probably not as meant
};

struct RuleLimits {
  std::uint8_t paranoia = 1;
  /// Hits of one rule that are told for one view; the rule's later matches are not looked for.
  std::uint32_t hits_per_rule = 8;
  /// Bytes that regular expressions may read for one view: this many times its size, and 1 MiB.
  /// More than that is told as incomplete. Ordinary text stays under 2.
  std::uint32_t confirm_factor = 48;
};

/// One match of one rule in one view.
struct RuleHit {
  const TextRule* rule = nullptr;  ///< lives as long as the set
  double score = 0;                ///< after context, 0 to 100
  std::size_t begin = 0;           ///< bytes of the view
  std::size_t end = 0;
};

class RuleHitSink {
 public:
  RuleHitSink() = default;
  RuleHitSink(const RuleHitSink&) = delete;
  RuleHitSink& operator=(const RuleHitSink&) = delete;
  virtual ~RuleHitSink() = default;
  virtual void hit(const RuleHit& hit) = 0;
  /// Something was not looked at, and why; at most once a call of match().
  virtual void incomplete(std::string_view reason) = 0;
};

/// Working memory of match(), reused between calls. One thread at a time.
class RuleScratch {
 public:
  RuleScratch();
  ~RuleScratch();
  RuleScratch(const RuleScratch&) = delete;
  RuleScratch& operator=(const RuleScratch&) = delete;
  RuleScratch(RuleScratch&&) noexcept;
  RuleScratch& operator=(RuleScratch&&) noexcept;

 private:
  friend class RuleSet;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Immutable; any thread may match. Swap a set by replacing a shared_ptr to it.
class RuleSet {
 public:
  /// Later sources win: a rule with an id seen before replaces it, `[[change]]` alters single keys.
  /// Errors: kMalformed with "file:line:column: what" of the first problem; kLimit for more than
  /// 4 MiB or 2,000 rules. Cost: about 0.1 ms a rule.
  static Result<std::shared_ptr<const RuleSet>> load(std::span<const RuleSource> sources);

  /// The rules that are part of the program, and the set of them alone (compiled at first use).
  static std::span<const RuleSource> own_sources();
  static std::shared_ptr<const RuleSet> own();

  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  /// Tells the hits in `text`, which should be canonical (case folded, no invisible characters);
  /// `derived` says that it is a decoded or rejoined view. Hits of one rule come in order.
  /// Linear in text.size(); some 1.5 ns a byte where nothing matches.
  void match(std::string_view text, bool derived, Channel channel, const RuleLimits& limits,
             RuleScratch& scratch, RuleHitSink& sink) const;
  /// The same for a view of the canonicaliser: all but the first one count as derived.
  void match(const View& view, Channel channel, const RuleLimits& limits, RuleScratch& scratch,
             RuleHitSink& sink) const;

  std::span<const TextRule> rules() const;
  /// The rule with this id, or nullptr.
  const TextRule* find(std::string_view id) const;
  /// Twelve hexadecimal digits over all sources.
  const std::string& version() const;

 private:
  friend std::vector<RuleProblem> check_rules(const RuleSource& source);
  explicit RuleSet(std::unique_ptr<const CompiledSet> parts);
  std::unique_ptr<const CompiledSet> parts_;
};

/// Everything that is wrong with one file of rules, in the order of its lines, with our own rules
/// below it: syntax, unknown keys, regular expressions that RE2 does not take or that are too
/// large, literals that are too short or too common, examples that do not do what they say.
/// Empty: it can be loaded and does what its examples say. Any thread.
std::vector<RuleProblem> check_rules(const RuleSource& source);

/// Adds hits up over all views of a text: the best score of each rule counts once, and the sum is
/// cut at 100. One thread at a time.
class AnomalyScore {
 public:
  void add(const RuleHit& hit);
  double total() const { return total_ > 100 ? 100 : total_; }

 private:
  struct Best {
    const TextRule* rule;
    double score;
  };
  std::vector<Best> best_;
  double total_ = 0;
};

}  // namespace saiph::match
