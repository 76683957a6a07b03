#include "domain/text.h"

#include <array>

namespace saiph {

namespace {

constexpr std::array<std::string_view, kChannelCount> kChannels = {
    "system",    "user",        "assistant", "tool_definition",
    "tool_call", "tool_result", "document",  "output"};
constexpr std::array<std::string_view, 4> kVerdicts = {"allow", "flag", "block", "incomplete"};

}  // namespace

std::string_view name_of(Channel channel) {
  return kChannels[static_cast<std::size_t>(channel)];
}

std::optional<Channel> parse_channel(std::string_view name) {
  for (std::size_t i = 0; i < kChannels.size(); ++i) {
    if (kChannels[i] == name) return static_cast<Channel>(i);
  }
  return std::nullopt;
}

std::string_view name_of(TextVerdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

}  // namespace saiph
