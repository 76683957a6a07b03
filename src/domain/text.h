// The nouns of text inspection: where a text comes from, what was found in it and what follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/severity.h"

namespace saiph {

/// Who speaks in a text, which decides what may stand there: an instruction is ordinary from a
/// user and a sign of attack in a document.
enum class Channel : std::uint8_t {
  kSystem,
  kUser,
  kAssistant,
  kToolDefinition,
  kToolCall,
  kToolResult,
  kDocument,
  kOutput,
};

inline constexpr std::size_t kChannelCount = 8;

/// "tool_definition", as users write it.
std::string_view name_of(Channel channel);
/// Nothing for a name that is none. Any thread.
std::optional<Channel> parse_channel(std::string_view name);

/// What follows for a text. `kIncomplete` is never as good as `kAllow`: a limit was met.
enum class TextVerdict : std::uint8_t { kAllow, kFlag, kBlock, kIncomplete };
std::string_view name_of(TextVerdict verdict);

/// A place in the text as it was given: bytes, whatever view a thing was found in.
struct TextSpan {
  std::size_t offset = 0;
  std::size_t length = 0;
  bool operator==(const TextSpan&) const = default;
};

/// One statement about one place in one text. Holds no bytes of the text itself: who may see them
/// has the text.
struct TextFinding {
  std::string rule;   ///< id of a rule, or of a type of span ("pii.iban")
  std::string title;  ///< one line for people
  Severity severity = Severity::kInfo;
  double score = 0;       ///< what it adds to the anomaly score, 0 to 100
  double confidence = 1;  ///< 0 to 1
  TextSpan span;
  std::vector<std::string> view;  ///< how the text was read to find it: {} or {"base64 at 12..80"}
  std::vector<std::string> references;
};

}  // namespace saiph
