#include "opinion/tiered_inspector.h"

#include <algorithm>
#include <utility>

namespace saiph::opinion {

bool CallBudget::take(Clock::time_point now) {
  const std::scoped_lock lock(mutex_);
  if (at_ != Clock::time_point{}) {
    const std::chrono::duration<double, std::ratio<60>> minutes = now - at_;
    left_ = std::min(rate_, left_ + std::max(0.0, minutes.count()) * rate_);
  }
  at_ = now;
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

TieredInspector::TieredInspector(std::shared_ptr<const TextInspector> first, TextPolicy policy,
                                 SecondTierSettings settings,
                                 std::unique_ptr<const SecondOpinion> second)
    : first_(std::move(first)),
      policy_(std::move(policy)),
      settings_(std::move(settings)),
      second_(std::move(second)),
      version_(first_->version() + ", second tier " + second_->model()),
      budget_(settings_.calls_a_minute),
      free_calls_(static_cast<std::ptrdiff_t>(settings_.at_a_time)) {}

TextReport TieredInspector::inspect(std::string_view text, Channel channel,
                                    const TextWishes& wishes) const {
  // The copy that is sent is the one that was asked for, when it is one without the values.
  const bool own_copy = settings_.redact && wishes.redaction == TextRedaction::kNone;
  TextWishes wanted = wishes;
  if (own_copy) wanted.redaction = TextRedaction::kLabel;
  TextReport report = first_->inspect(text, channel, wanted);
  const bool grey = report.score >= settings_.from && report.score < settings_.to &&
                    report.verdict != TextVerdict::kBlock;
  if (grey) {
    report.second.emplace();
    report.second->model = second_->model();
    const auto opinion = [&]() -> Result<double> {
      if (!settings_.redact) return ask(text);
      if (!report.redacted) {
        return Error(ErrorCode::kLimit, "the text could not be redacted, and was not sent");
      }
      return ask(report.redacted->text);
    }();
    if (opinion) {
      report.second->score = *opinion;
      report.score = *opinion;
      judge(policy_, report);
    } else {
      apply_failure(opinion.error(), report);
    }
  }
  if (own_copy) report.redacted.reset();
  return report;
}

Result<double> TieredInspector::ask(std::string_view text) const {
  if (text.size() > settings_.max_bytes) {
    return Error(ErrorCode::kLimit, "the text is longer than the " +
                                        std::to_string(settings_.max_bytes) +
                                        " bytes that may be sent");
  }
  if (!budget_.take(CallBudget::Clock::now())) {
    return Error(ErrorCode::kLimit, "the calls of this minute are used up");
  }
  if (!free_calls_.try_acquire_for(settings_.timeout)) {
    return Error(ErrorCode::kUnavailable, "too many calls were under way");
  }
  auto answer = second_->ask(text);
  free_calls_.release();
  return answer;
}

void TieredInspector::apply_failure(const Error& error, TextReport& report) const {
  using OnFailure = SecondTierSettings::OnFailure;
  report.second->problem = error.message();
  const auto demand = [&](TextAction action) {
    if (report.demanded >= action) return;
    report.demanded = action;
    report.demanded_by = "no second opinion";
  };
  switch (settings_.on_failure) {
    case OnFailure::kKeep:
      return;
    case OnFailure::kIncomplete:
      report.incomplete.push_back("there was no second opinion: " + error.message());
      break;
    case OnFailure::kFlag:
      demand(TextAction::kFlag);
      break;
    case OnFailure::kBlock:
      demand(TextAction::kBlock);
      break;
  }
  judge(policy_, report);
}

}  // namespace saiph::opinion
