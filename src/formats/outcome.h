// Outcome: the three ends that parsing a format can have.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"

namespace saiph::formats {

enum class ParseState : std::uint8_t {
  kNotThisFormat,  ///< the bytes are something else; the view is empty
  kMalformed,      ///< broken or over a limit at error(); the view holds what came before
  kParsed,         ///< read to its end
};

/// A parser's answer: the view is there even when malformed, so that detectors still see the part
/// that a tolerant loader would act on.
template <typename View>
struct Outcome {
  ParseState state = ParseState::kNotThisFormat;
  View view;
  std::optional<Error> error;  ///< set exactly when kMalformed
};

}  // namespace saiph::formats
