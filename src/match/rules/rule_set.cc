#include "match/rules/rule_set.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "match/canonical/view.h"
#include "match/rules/compiled_rules.h"
#include "match/rules/embedded.h"

namespace saiph::match {

namespace {

/// Text is searched in blocks, so that the windows that are kept do not grow with it.
constexpr std::size_t kBlock = std::size_t{256} << 10;
/// The deciding group of a literal stands at most this far behind its first byte.
constexpr std::size_t kSlack = LiteralGate::kMaxLength;

struct Window {
  std::size_t begin;
  std::size_t end;
};

/// What is known about one rule while one view is searched.
struct Progress {
  std::vector<Window> windows;  ///< not looked at yet; apart and in order
  std::uint32_t matches = 0;
  std::uint32_t told = 0;
  RuleHit first;  ///< at_least > 1: the first match, until there are enough
  bool done = false;
  bool touched = false;
};

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

void add_window(std::vector<Window>& windows, Window window) {
  // Places come nearly in order: a literal may begin up to kSlack before the one found last.
  while (!windows.empty() && windows.back().end >= window.begin) {
    window.begin = std::min(window.begin, windows.back().begin);
    window.end = std::max(window.end, windows.back().end);
    windows.pop_back();
  }
  windows.push_back(window);
}

}  // namespace

struct RuleScratch::Parts {
  std::vector<LiteralGate::Place> places;
  std::vector<Progress> progress;  ///< by rule
  std::vector<std::uint16_t> touched;
};

RuleScratch::RuleScratch() : parts_(std::make_unique<Parts>()) {}
RuleScratch::~RuleScratch() = default;
RuleScratch::RuleScratch(RuleScratch&&) noexcept = default;
RuleScratch& RuleScratch::operator=(RuleScratch&&) noexcept = default;

namespace {

/// One call of RuleSet::match.
class Search {
 public:
  Search(const CompiledSet& set, std::string_view text, bool derived, Channel channel,
         const RuleLimits& limits, std::vector<Progress>& progress, RuleHitSink& sink)
      : set_(set),
        text_(text),
        derived_(derived),
        channel_(static_cast<std::size_t>(channel)),
        limits_(limits),
        progress_(progress),
        sink_(sink),
        left_(text.size() * std::size_t{limits.confirm_factor} + (std::size_t{1} << 20)) {}

  bool wanted(const TextRule& rule) const {
    return rule.scores[channel_] > 0 && rule.paranoia <= limits_.paranoia &&
           (rule.views == ViewKind::kAny || (rule.views == ViewKind::kDerived) == derived_);
  }

  void note(const LiteralGate::Place& place, std::vector<std::uint16_t>& touched) {
    for (const std::uint16_t index : set_.rules_of[place.literal]) {
      Progress& progress = progress_[index];
      if (!progress.touched) {
        progress.touched = true;
        progress.done = !wanted(set_.rules[index]);
        touched.push_back(index);
      }
      if (progress.done) continue;
      const TextRule& rule = set_.rules[index];
      if (set_.compiled[index].regex == nullptr) {
        add_match(index, place.offset, place.offset + place.length);
        continue;
      }
      const std::size_t end = std::min(text_.size(), place.offset + place.length + rule.after);
      add_window(progress.windows,
                 {place.offset - std::min<std::size_t>(place.offset, rule.before), end});
    }
  }

  /// Looks at the windows that no later place can reach any more: all of them when `searched` is
  /// the end of the text.
  void confirm(std::uint16_t index, std::size_t searched) {
    Progress& progress = progress_[index];
    const TextRule& rule = set_.rules[index];
    std::size_t looked_at = 0;
    for (const Window& window : progress.windows) {
      if (searched < text_.size() && window.end + rule.before + kSlack > searched) break;
      if (!progress.done) look(index, window);
      ++looked_at;
    }
    progress.windows.erase(progress.windows.begin(),
                           progress.windows.begin() + static_cast<std::ptrdiff_t>(looked_at));
  }

  bool over() const { return over_; }

 private:
  void look(std::uint16_t index, const Window& window) {
    const re2::RE2& regex = *set_.compiled[index].regex;
    std::size_t at = window.begin;
    while (at < window.end && !progress_[index].done) {
      if (!take(window.end - at)) return;
      re2::StringPiece found;
      if (!regex.Match(piece(text_), at, window.end, re2::RE2::UNANCHORED, &found, 1)) return;
      const auto begin = static_cast<std::size_t>(found.data() - text_.data());
      const std::size_t end = begin + found.size();
      add_match(index, begin, end);
      at = std::max(end, begin + 1);
    }
  }

  bool take(std::size_t bytes) {
    if (!over_ && bytes <= left_) {
      left_ -= bytes;
      return true;
    }
    if (!over_) sink_.incomplete("the work that the rules may do for one text is used up");
    over_ = true;
    return false;
  }

  double score_of(std::uint16_t index, std::size_t begin, std::size_t end) {
    const TextRule& rule = set_.rules[index];
    double score = rule.scores[channel_] + (derived_ ? rule.hidden : 0);
    for (std::size_t i = 0; i < rule.context.size(); ++i) {
      const ContextRule& context = rule.context[i];
      const std::size_t from = begin - std::min<std::size_t>(begin, context.within);
      const std::size_t to = end + std::min<std::size_t>(text_.size() - end, context.within);
      if (!take(to - from)) return 0;
      if (set_.compiled[index].context[i]->Match(piece(text_), from, to, re2::RE2::UNANCHORED,
                                                 nullptr, 0)) {
        score += context.change;
      }
    }
    return std::clamp(score, 0.0, 100.0);
  }

  void add_match(std::uint16_t index, std::size_t begin, std::size_t end) {
    const TextRule& rule = set_.rules[index];
    Progress& progress = progress_[index];
    const double score = score_of(index, begin, end);
    if (score < rule.threshold || score <= 0) return;
    if (progress.matches == 0 || rule.at_least == 1) progress.first = {&rule, score, begin, end};
    ++progress.matches;
    progress.first.end = std::max(progress.first.end, end);
    if (progress.matches < rule.at_least) return;
    sink_.hit(progress.first);
    // Turns of a conversation and the like are one thing: told once, from the first to the last.
    progress.done = ++progress.told >= limits_.hits_per_rule || rule.at_least > 1;
  }

  const CompiledSet& set_;
  std::string_view text_;
  bool derived_;
  std::size_t channel_;
  const RuleLimits& limits_;
  std::vector<Progress>& progress_;
  RuleHitSink& sink_;
  std::size_t left_;
  bool over_ = false;
};

}  // namespace

RuleSet::RuleSet(std::unique_ptr<const CompiledSet> parts) : parts_(std::move(parts)) {}
RuleSet::~RuleSet() = default;

std::span<const TextRule> RuleSet::rules() const {
  return parts_->rules;
}

const TextRule* RuleSet::find(std::string_view id) const {
  const auto it = std::find_if(parts_->rules.begin(), parts_->rules.end(),
                               [id](const TextRule& rule) { return rule.id == id; });
  return it == parts_->rules.end() ? nullptr : &*it;
}

const std::string& RuleSet::version() const {
  return parts_->version;
}

void RuleSet::match(std::string_view text, bool derived, Channel channel, const RuleLimits& limits,
                    RuleScratch& scratch, RuleHitSink& sink) const {
  RuleScratch::Parts& parts = *scratch.parts_;
  if (parts.progress.size() != parts_->rules.size()) {
    parts.progress.assign(parts_->rules.size(), {});
  }
  Search search(*parts_, text, derived, channel, limits, parts.progress, sink);
  for (std::size_t from = 0; from < text.size() && !search.over(); from += kBlock) {
    const std::size_t to = std::min(text.size(), from + kBlock);
    parts.places.clear();
    parts_->gate.search(text, from, to, parts.places);
    for (const LiteralGate::Place& place : parts.places) search.note(place, parts.touched);
    for (const std::uint16_t index : parts.touched) search.confirm(index, to);
  }
  for (const std::uint16_t index : parts.touched) {
    Progress& progress = parts.progress[index];
    progress.windows.clear();
    progress.matches = progress.told = 0;
    progress.done = progress.touched = false;
  }
  parts.touched.clear();
}

void RuleSet::match(const View& view, Channel channel, const RuleLimits& limits,
                    RuleScratch& scratch, RuleHitSink& sink) const {
  match(view.text, view.derived(), channel, limits, scratch, sink);
}

Result<std::shared_ptr<const RuleSet>> RuleSet::load(std::span<const RuleSource> sources) {
  LoadedRules loaded = load_rules(sources);
  for (const RuleProblem& problem : loaded.problems) {
    if (!problem.warning) return codec::toml_error(problem.file, problem.position, problem.message);
  }
  return std::shared_ptr<const RuleSet>(new RuleSet(assemble(std::move(loaded))));
}

std::span<const RuleSource> RuleSet::own_sources() {
  return embedded_rules();
}

std::shared_ptr<const RuleSet> RuleSet::own() {
  // Our own files are part of the program; a test compiles them and runs their examples. Should one
  // be broken all the same, going on without its rules would be silence.
  static const std::shared_ptr<const RuleSet> own_rules = [] {
    auto loaded = load(own_sources());
    if (!loaded) {
      (void)std::fprintf(stderr, "saiph: the built-in rules are broken: %s\n",
                         loaded.error().message().c_str());
      std::abort();
    }
    return std::move(*loaded);
  }();
  return own_rules;
}

std::string_view name_of(ActionHint action) {
  switch (action) {
    case ActionHint::kFlag:
      return "flag";
    case ActionHint::kBlock:
      return "block";
    case ActionHint::kRedact:
      break;
  }
  return "redact";
}

void AnomalyScore::add(const RuleHit& hit) {
  for (Best& best : best_) {
    if (best.rule != hit.rule) continue;
    total_ += std::max(0.0, hit.score - best.score);
    best.score = std::max(best.score, hit.score);
    return;
  }
  best_.push_back({hit.rule, hit.score});
  total_ += hit.score;
}

}  // namespace saiph::match
