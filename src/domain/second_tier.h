// What a policy says about a second tier: another model that is asked about texts whose score lies
// in the grey band, where the first tier is not sure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace saiph {

struct SecondTierSettings {
  /// How the model answers.
  enum class Answers : std::uint8_t {
    kWords,   ///< "safe" or "unsafe ...": a guard model, which gets the text alone
    kNumber,  ///< 0 to 100: any model, which gets our question and the text as JSON
  };
  /// What follows when there is no answer. The report says why in any case.
  enum class OnFailure : std::uint8_t {
    kIncomplete,  ///< the text is not allowed: nobody was sure of it
    kKeep,        ///< the first tier's verdict stands
    kFlag,
    kBlock,
  };

  std::string url;    ///< of the API: "http://127.0.0.1:8080/v1"
  std::string model;  ///< as the endpoint calls it
  Answers answers = Answers::kNumber;
  double from = 0.3;  ///< scores from here ...
  double to = 0.8;    ///< ... and under this are asked about
  std::chrono::milliseconds timeout{2000};
  std::uint32_t calls_a_minute = 600;
  std::uint32_t at_a_time = 8;
  std::size_t max_bytes = 32768;  ///< longer texts are not sent, which is a failure
  bool redact = true;             ///< personal data and credentials go as labels
  OnFailure on_failure = OnFailure::kIncomplete;
  std::string key_file;  ///< holds the key that the endpoint asks for; empty: none
  std::string key_env;   ///< or the variable of the environment that does
  std::string ca_file;   ///< PEM with the authorities to trust instead of the system's
};

}  // namespace saiph
