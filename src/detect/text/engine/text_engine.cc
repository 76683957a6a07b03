#include "detect/text/engine/text_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "detect/rules/inspect.h"
#include "detect/text/engine/score.h"
#include "detect/text/personal/find_personal.h"
#include "detect/text/redaction/redaction.h"
#include "detect/text/secrets/find_secrets.h"
#include "detect/text/spans/span_list.h"
#include "match/canonical/canonical_form.h"
#include "match/decode/canonicalise.h"

namespace saiph::detect {

namespace {

using match::SignKind;

/// A decoded reading shorter than this says nothing to a model of language.
constexpr std::size_t kClassifiedBytes = 16;
/// From here the classifier's opinion is a finding of its own: one benign text in a hundred.
constexpr double kStatedByClassifier = 0.5;
/// Spans taken from one view; more are told as incomplete.
constexpr std::size_t kMaxSpans = 4096;
/// What odd characters alone can add: they tell that something may be hidden, and what is hidden is
/// judged by its own reading.
constexpr double kMostOfSigns = 25;
/// Hits of rules told for one text.
constexpr std::size_t kMaxHits = 4096;

constexpr std::array<const Rule*, match::kSignKindCount> kSignRules = {
    &rules::kInspectTagCharacters,  &rules::kInspectVariationSelectors,
    &rules::kInspectZeroWidth,      &rules::kInspectBidiControls,
    &rules::kInspectSoftHyphen,     &rules::kInspectFillers,
    &rules::kInspectControls,       &rules::kInspectNul,
    &rules::kInspectInvalidUtf8,    &rules::kInspectMixedScripts,
    &rules::kInspectCombiningNoise, &rules::kInspectStyledLetters,
    &rules::kInspectPrivateUse};

/// Of an encoded stretch that holds personal data or a credential nothing keeps its form.
constexpr SpanType kEncoded{"secret.encoded", "ENCODED", "Encoded personal data or credential"};

/// What is stated without changing the verdict by itself, unless the policy says otherwise.
TextAction default_action(std::string_view id, match::ActionHint hint) {
  if (id.starts_with("secret.")) return TextAction::kFlag;
  return hint == match::ActionHint::kBlock ? TextAction::kBlock : TextAction::kNote;
}

bool is_answer(Channel channel) {
  return channel == Channel::kOutput || channel == Channel::kAssistant;
}

std::vector<std::string> texts_of(std::span<const std::string_view> references) {
  return {references.begin(), references.end()};
}

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c < 0; });
}

/// Whether a reading may be language: codes of digits or signs have hardly a letter, and a model of
/// language has no opinion of them. Bytes of characters beyond ASCII count as letters.
bool has_letters(std::string_view text) {
  std::size_t letters = 0;
  std::size_t spaces = 0;
  for (const char c : text) {
    letters += ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c < 0 ? 1 : 0;
    spaces += c == ' ' || c == '\n' ? 1 : 0;
  }
  return letters * 8 >= text.size() - spaces;
}

/// One inspection: takes the views as they are made.
class Inspection final : public match::ViewSink, private match::RuleHitSink {
 public:
  Inspection(const TextPolicy& policy, const TextEngineParts& parts, match::RuleScratch& scratch,
             std::string_view text, Channel channel, const TextWishes& wishes)
      : policy_(policy),
        parts_(parts),
        scratch_(scratch),
        text_(text),
        channel_(channel),
        wishes_(wishes) {}

  TextReport run() {
    match::CanonicalLimits limits;
    limits.text_bytes = policy_.max_bytes;
    const std::string_view read = text_.substr(0, policy_.max_bytes);
    find_spans(read, nullptr);
    const match::CanonicalReport canonical = match::canonicalise(text_, limits, *this);
    for (const std::string& reason : canonical.incomplete) incomplete(reason);
    for (const match::Sign& sign : canonical.signs) state_sign(sign);
    if (is_answer(channel_)) check_answer(read);
    return finish(canonical);
  }

 private:
  void view(const match::View& view) override {
    view_ = &view;
    if (parts_.rules) {
      match::RuleLimits limits;
      limits.paranoia = policy_.paranoia;
      parts_.rules->match(view, channel_, limits, scratch_, *this);
    }
    if ((!view.derived() || view.text.size() >= kClassifiedBytes) && has_letters(view.text)) {
      classify(view);
    }
    // Numbers in other digits, or with invisible characters in them, are plain in canonical form.
    if (view.derived() || !is_ascii(text_)) find_spans(view.text, &view);
    if (wishes_.views) keep(view);
    view_ = nullptr;
  }

  void hit(const match::RuleHit& hit) override {
    if (is_plain(hit)) return;
    // What its author asks for holds where nothing around the match speaks against it.
    const bool lowered = hit.score < hit.rule->scores[static_cast<std::size_t>(channel_)];
    const TextAction action = policy_.action_for(
        hit.rule->id,
        default_action(hit.rule->id, lowered ? match::ActionHint::kFlag : hit.rule->action));
    if (action == TextAction::kIgnore) return;
    anomaly_.add(hit);
    if (hits_++ >= kMaxHits) {
      incomplete("more than 4096 matches of rules");
      return;
    }
    TextFinding finding;
    finding.rule = hit.rule->id;
    finding.title = hit.rule->title;
    finding.severity = hit.rule->severity;
    finding.score = hit.score;
    finding.span = view_->original(hit.begin, hit.end);
    finding.view = view_->steps();
    finding.references = hit.rule->references;
    state(std::move(finding), action);
  }

  /// Readings that rewrite a word keep the text around it. A match in that part alone is one of the
  /// text itself, where view 0 has it.
  bool is_plain(const match::RuleHit& hit) const {
    if (!view_->derived()) return false;
    const TextSpan place = view_->original(hit.begin, hit.end);
    if (place.length > 4 * (hit.end - hit.begin) + 64) return false;
    return match::canonical_form(text_.substr(place.offset, place.length)) ==
           view_->text.substr(hit.begin, hit.end - hit.begin);
  }

  void incomplete(std::string_view reason) override {
    auto& reasons = report_.incomplete;
    if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) {
      reasons.emplace_back(reason);
    }
  }

  void classify(const match::View& view) {
    if (!parts_.classifier) return;
    const match::Classification opinion = parts_.classifier->classify(view.text, channel_);
    if (opinion.score <= report_.classifier) return;
    report_.classifier = opinion.score;
    opinion_.confidence = 1 - opinion.false_positive_rate;
    opinion_.span = view.original(opinion.begin, opinion.end);
    opinion_.view = view.steps();
  }

  void state_sign(const match::Sign& sign) {
    const Rule& rule = *kSignRules[static_cast<std::size_t>(sign.kind)];
    const TextAction action = policy_.action_for(rule.id, TextAction::kNote);
    if (action == TextAction::kIgnore) return;
    signs_ += sign.score;
    TextFinding finding;
    finding.rule = rule.id;
    finding.title = fmt::format("{} ({})", rule.title, sign.count);
    // A few are usual in honest text: what they are worth depends on their number and place.
    finding.severity = sign.score == 0 ? Severity::kInfo : rule.severity;
    finding.score = sign.score;
    finding.references = texts_of(rule.references);
    for (const TextSpan& place : sign.places) {
      finding.span = place;
      state(finding, action);
    }
  }

  /// `view`: null for the text itself.
  void find_spans(std::string_view text, const match::View* view) {
    const bool canonical = view != nullptr && !view->derived();
    SpanList list(kMaxSpans);
    // Names, and letters of credentials, are told by their case, which a canonical text has lost.
    PersonalOptions options;
    options.names = options.addresses = !canonical;
    find_personal(text, options, list);
    if (!canonical) find_secrets(text, {}, list);
    if (list.full()) {
      incomplete("more than 4096 places of personal data or credentials");
      all_places_ = false;
    }
    for (const FoundSpan& found : without_overlaps(std::move(list.spans), text.size())) {
      const TextAction action = policy_.action_for(
          found.type->id, default_action(found.type->id, match::ActionHint::kFlag));
      if (action == TextAction::kIgnore) continue;
      TextFinding finding;
      finding.rule = found.type->id;
      finding.title = found.name.empty() ? found.type->title : found.name;
      finding.severity = found.severity;
      finding.confidence = found.confidence;
      finding.span = view == nullptr ? found.where
                                     : view->original(found.where.offset,
                                                      found.where.offset + found.where.length);
      if (canonical && stated_near(finding)) continue;
      if (wishes_.redaction != TextRedaction::kNone) {
        const bool encoded = view != nullptr && view->derived();
        places_.push_back({encoded ? &kEncoded : found.type, finding.span, found.confidence,
                           found.severity, found.name});
      }
      if (view != nullptr) finding.view = view->steps();
      if (found.type->rule != nullptr) finding.references = texts_of(found.type->rule->references);
      state(std::move(finding), action);
    }
  }

  /// Whether the same was found in the text itself, give or take a sign at its ends.
  bool stated_near(const TextFinding& finding) const {
    const auto end_of = [](const TextSpan& span) { return span.offset + span.length; };
    return std::any_of(
        report_.findings.begin(), report_.findings.end(), [&](const TextFinding& other) {
          return other.rule == finding.rule && other.span.offset < end_of(finding.span) &&
                 finding.span.offset < end_of(other.span);
        });
  }

  /// The copy without what was found; none where a place may be missing.
  std::optional<RedactedText> redacted() {
    if (!all_places_ || text_.size() > policy_.max_bytes) {
      incomplete("the text was not redacted: not every place in it is known");
      return std::nullopt;
    }
    RedactedText out;
    places_ = without_overlaps(std::move(places_), text_.size());
    out.places = places_.size();
    switch (wishes_.redaction) {
      case TextRedaction::kNone:
        return std::nullopt;
      case TextRedaction::kLabel:
        out.text = redact(text_, places_);
        return out;
      case TextRedaction::kMask:
        out.text = mask_spans(text_, places_);
        return out;
      case TextRedaction::kToken:
        break;
    }
    if (!parts_.tokens) {
      incomplete("the text was not redacted: there is no key for tokens");
      return std::nullopt;
    }
    RestoreMap map;
    auto text = parts_.tokens->tokenise(text_, places_, map);
    if (!text) {
      incomplete("the text was not redacted: " + text.error().describe());
      return std::nullopt;
    }
    out.text = std::move(*text);
    for (auto& [token, value] : map.entries()) {
      out.tokens.push_back({std::move(token), std::move(value)});
    }
    return out;
  }

  void check_answer(std::string_view answer) {
    OutputReport output = check_output(answer, parts_.output);
    report_.unlisted += output.unlisted;
    for (TextFinding& finding : output.findings) {
      const TextAction action = policy_.action_for(finding.rule, TextAction::kNote);
      if (action == TextAction::kIgnore) continue;
      answer_ += finding.score;
      state(std::move(finding), action);
    }
  }

  /// The same thing is often seen in several views; one statement of it is enough.
  void state(TextFinding finding, TextAction action) {
    if (action > report_.demanded) {
      report_.demanded = action;
      report_.demanded_by = finding.title;
    }
    if (const auto same = std::find_if(report_.findings.begin(), report_.findings.end(),
                                       [&](const TextFinding& other) {
                                         return other.rule == finding.rule &&
                                                other.span == finding.span;
                                       });
        same != report_.findings.end()) {
      same->score = std::max(same->score, finding.score);
      return;
    }
    if (report_.findings.size() < TextReport::kMaxFindings) {
      report_.findings.push_back(std::move(finding));
      return;
    }
    ++report_.unlisted;
    const auto lightest =
        std::min_element(report_.findings.begin(), report_.findings.end(),
                         [](const TextFinding& a, const TextFinding& b) {
                           return std::tie(a.severity, a.score) < std::tie(b.severity, b.score);
                         });
    if (std::tie(lightest->severity, lightest->score) < std::tie(finding.severity, finding.score)) {
      *lightest = std::move(finding);
    }
  }

  void keep(const match::View& view) {
    TextView seen;
    seen.how = view.steps();
    seen.text = view.text.substr(0, TextReport::kViewBytes);
    seen.cut = view.text.size() > TextReport::kViewBytes;
    report_.seen.push_back(std::move(seen));
  }

  TextReport finish(const match::CanonicalReport& canonical) {
    const Rule& by_model = rules::kInspectClassifier;
    const TextAction model_action = policy_.action_for(by_model.id, TextAction::kNote);
    if (model_action == TextAction::kIgnore) report_.classifier = 0;
    if (report_.classifier >= kStatedByClassifier) {
      opinion_.rule = by_model.id;
      opinion_.title = by_model.title;
      opinion_.severity = by_model.severity;
      opinion_.score = 100 * report_.classifier;
      opinion_.references = texts_of(by_model.references);
      state(std::move(opinion_), model_action);
    }
    report_.views = canonical.views;
    if (wishes_.redaction != TextRedaction::kNone) report_.redacted = redacted();
    report_.rules = std::min(100.0, anomaly_.total() + std::min(signs_, kMostOfSigns) + answer_);
    report_.score = combined_score(report_.rules, report_.classifier);
    std::stable_sort(
        report_.findings.begin(), report_.findings.end(),
        [](const TextFinding& a, const TextFinding& b) { return a.span.offset < b.span.offset; });
    judge(policy_, report_);
    return std::move(report_);
  }

  const TextPolicy& policy_;
  const TextEngineParts& parts_;
  match::RuleScratch& scratch_;
  std::string_view text_;
  Channel channel_;
  const TextWishes& wishes_;
  std::vector<FoundSpan> places_;  ///< to be exchanged, by their places in the text
  bool all_places_ = true;

  const match::View* view_ = nullptr;
  match::AnomalyScore anomaly_;
  double signs_ = 0;
  double answer_ = 0;  ///< of the output checks
  std::size_t hits_ = 0;
  TextFinding opinion_;
  TextReport report_;
};

}  // namespace

TextEngine::TextEngine(TextPolicy policy, TextEngineParts parts)
    : policy_(std::move(policy)), parts_(std::move(parts)) {
  version_ = fmt::format("rules {}, model {}", parts_.rules ? parts_.rules->version() : "none",
                         parts_.classifier ? parts_.classifier->digest().substr(0, 12) : "none");
}

TextEngine::~TextEngine() = default;

std::unique_ptr<match::RuleScratch> TextEngine::take_scratch() const {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return std::make_unique<match::RuleScratch>();
  auto scratch = std::move(spare_.back());
  spare_.pop_back();
  return scratch;
}

void TextEngine::give_back(std::unique_ptr<match::RuleScratch> scratch) const {
  const std::lock_guard lock(mutex_);
  spare_.push_back(std::move(scratch));
}

TextReport TextEngine::inspect(std::string_view text, Channel channel,
                               const TextWishes& wishes) const {
  auto scratch = take_scratch();
  TextReport report = Inspection(policy_, parts_, *scratch, text, channel, wishes).run();
  give_back(std::move(scratch));
  return report;
}

}  // namespace saiph::detect
