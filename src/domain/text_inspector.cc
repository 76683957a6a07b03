#include "domain/text_inspector.h"

#include <array>
#include <cmath>
#include <utility>

namespace saiph {

namespace {
constexpr std::array<std::string_view, 4> kActions = {"ignore", "note", "flag", "block"};
constexpr std::array<std::string_view, kTextRedactionCount> kRedactions = {"none", "label", "mask",
                                                                           "token"};

/// "0.83"
std::string two_digits(double score) {
  const long hundredths = std::lround(score * 100);
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (rest.size() < 2 ? ".0" : ".") + rest;
}

std::string reaches(double score, double limit, std::string_view what) {
  return "the score " + two_digits(score) + " reaches " + two_digits(limit) + ", where texts are " +
         std::string(what);
}

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

void judge(const TextPolicy& policy, TextReport& report) {
  report.verdict = TextVerdict::kAllow;
  report.reasons.clear();
  const auto at_least = [&](TextVerdict verdict, std::string reason) {
    report.verdict = verdict;
    report.reasons.push_back(std::move(reason));
  };
  if (report.score >= policy.block_at) {
    at_least(TextVerdict::kBlock, reaches(report.score, policy.block_at, "blocked"));
  }
  if (report.demanded == TextAction::kBlock) {
    at_least(TextVerdict::kBlock, '"' + report.demanded_by + "\" blocks by itself");
  }
  if (report.verdict == TextVerdict::kBlock) {
    if (policy.enforce) return;
    at_least(TextVerdict::kFlag, "policy " + policy.name + " blocks nothing");
  }
  if (report.score >= policy.flag_at) {
    at_least(TextVerdict::kFlag, reaches(report.score, policy.flag_at, "flagged"));
  }
  if (report.demanded == TextAction::kFlag) {
    at_least(TextVerdict::kFlag, '"' + report.demanded_by + "\" flags by itself");
  }
  // Less than everything was read: whatever was found, nobody can say there is no more.
  if (!report.incomplete.empty()) {
    at_least(TextVerdict::kIncomplete,
             "not everything could be looked at: " + report.incomplete.front());
  }
}

}  // namespace saiph
