#include "control/text_rules.h"

#include <fmt/format.h>

#include "base/escape.h"

namespace saiph::control {

Status check_text(std::string_view what, std::string_view text, std::size_t min, std::size_t max,
                  Lines lines) {
  if (text.size() < min || text.size() > max) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} must have {} to {} bytes", what, min, max));
  }
  for (const char c : text) {
    const bool layout = c == '\n' || c == '\r' || c == '\t';
    if ((static_cast<unsigned char>(c) < 0x20 && !(layout && lines == Lines::kMany)) || c == 0x7F) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{} must not hold control characters", what));
    }
  }
  if (to_valid_utf8(text) != text) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} must be UTF-8", what));
  }
  return {};
}

}  // namespace saiph::control
