// A model behind an OpenAI-style endpoint (POST URL/chat/completions) as a second opinion.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "domain/second_tier.h"
#include "opinion/second_opinion.h"

namespace saiph::opinion {

/// The body of the request. Any thread, linear.
std::string guard_request(const SecondTierSettings& settings, std::string_view text);

/// The opinion in an answer's body. Errors: kMalformed for anything but a chat completion whose
/// first choice says exactly what was asked for ("unsure" is no answer). Any thread, linear.
Result<double> read_guard_answer(std::string_view body, SecondTierSettings::Answers answers);

/// Immutable; any thread. Every call has a connection of its own.
class GuardEndpoint final : public SecondOpinion {
 public:
  /// `key`: sent as a bearer token; empty: none.
  GuardEndpoint(SecondTierSettings settings, std::string key)
      : settings_(std::move(settings)), key_(std::move(key)) {}
  /// Errors: kUnavailable (no connection, no answer in time, another status than 200), kDenied
  /// (certificate, or plain http beyond loopback), kMalformed, kLimit.
  Result<double> ask(std::string_view text) const override;
  const std::string& model() const override { return settings_.model; }

 private:
  SecondTierSettings settings_;
  std::string key_;
};

}  // namespace saiph::opinion
