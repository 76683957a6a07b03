// An inspector with a second tier: what the first is not sure of, another model is asked about.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <string_view>

#include "domain/second_tier.h"
#include "domain/text_inspector.h"
#include "opinion/second_opinion.h"

namespace saiph::opinion {

/// So many calls in any minute, at most. Any thread.
class CallBudget {
 public:
  using Clock = std::chrono::steady_clock;
  explicit CallBudget(std::uint32_t calls_a_minute)
      : rate_(calls_a_minute), left_(calls_a_minute) {}
  /// False when the budget is used up at `now`. It fills evenly; `now` never goes back.
  bool take(Clock::time_point now);

 private:
  std::mutex mutex_;
  const double rate_;
  double left_;             ///< under mutex_
  Clock::time_point at_{};  ///< under mutex_
};

/// Immutable but for its counters. Any thread may inspect; one that asks waits for the answer, at
/// most as long as the settings' timeout for a free call and as long again for the answer.
class TieredInspector final : public TextInspector {
 public:
  /// `policy` is the one that `first` judges by.
  TieredInspector(std::shared_ptr<const TextInspector> first, TextPolicy policy,
                  SecondTierSettings settings, std::unique_ptr<const SecondOpinion> second);

  TextReport inspect(std::string_view text, Channel channel,
                     const TextWishes& wishes) const override;
  const std::string& version() const override { return version_; }

 private:
  Result<double> ask(std::string_view text) const;
  void apply_failure(const Error& error, TextReport& report) const;

  std::shared_ptr<const TextInspector> first_;
  TextPolicy policy_;
  SecondTierSettings settings_;
  std::unique_ptr<const SecondOpinion> second_;
  std::string version_;
  mutable CallBudget budget_;
  mutable std::counting_semaphore<> free_calls_;
};

}  // namespace saiph::opinion
