// What texts of people may look like before they are kept.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace saiph::control {

enum class Lines : std::uint8_t { kOne, kMany };

/// UTF-8 of `min` to `max` bytes without control characters (line ends and tabs are fine in
/// Lines::kMany). Errors: kInvalidArgument with `what` in the message. Any thread.
Status check_text(std::string_view what, std::string_view text, std::size_t min, std::size_t max,
                  Lines lines = Lines::kOne);

}  // namespace saiph::control
