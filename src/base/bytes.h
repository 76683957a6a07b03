// Byte vocabulary: owned bytes, views, and the one place where bytes become text.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace saiph {

using Bytes = std::vector<std::uint8_t>;
/// Never stored beyond the call unless the owner sits beside it in the same object.
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// The same bytes as text; no encoding is checked. Any thread, constant cost.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The same text as bytes. Any thread, constant cost.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace saiph
