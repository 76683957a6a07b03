// Digest: a SHA-256 value and its text form. Computing one is crypto's work.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saiph {

/// A SHA-256 value. Text form everywhere: "sha256:" and 64 lower-case hexadecimal digits.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;
  std::string text() const;
  /// Nothing when the text is not exactly that form (the "sha256:" prefix may be absent).
  static std::optional<Digest> parse(std::string_view text);
};

}  // namespace saiph
