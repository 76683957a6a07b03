// Text that nobody sees: what a run of invisible characters says.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace saiph::detect {

struct HiddenRun {
  std::size_t bytes = 0;  ///< length of the run in the input
  std::uint32_t tags = 0;
  std::uint32_t selectors = 0;
  std::uint32_t zero_widths = 0;
  std::string decoded;  ///< what the tags or selectors spell, at most 160 bytes
};

/// The run of tag characters, variation selectors and zero-width characters at the start of
/// `bytes`, as UTF-8, or with `escapes` as JSON \u escapes. Any thread; linear.
HiddenRun read_hidden(ByteView bytes, bool escapes);

/// True when the line that starts in `bytes` with a bidirectional control character is reordered:
/// an override, or an embedding or isolate that the line does not close.
bool reorders_line(ByteView bytes);

}  // namespace saiph::detect
