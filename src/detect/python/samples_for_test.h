// Helpers of this room's tests.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {

inline Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digit(text[i]) * 16 + digit(text[i + 1])));
  }
  return out;
}

/// What an inspection stated, as text for a failure message.
inline std::string stated(const RecordingInspection& inspection) {
  std::string out;
  for (const auto& s : inspection.stated) {
    out += std::string(name_of(s.severity())) + " " + std::string(s.rule->id) + ": " +
           s.draft.detail + "\n";
  }
  for (const auto& i : inspection.incompletes)
    out += "incomplete " + i.code + ": " + i.message + "\n";
  return out;
}

}  // namespace saiph::detect
