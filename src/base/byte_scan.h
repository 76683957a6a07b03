// Byte scanning kernels that several parsers need: no state, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace saiph {

/// Length of the longest prefix that holds only bytes 0x20..0x7F other than `stop_a` and `stop_b`.
/// Any thread. Cost: about 16 bytes a cycle pair (SSE2), linear.
std::size_t plain_ascii_prefix(ByteView bytes, std::uint8_t stop_a, std::uint8_t stop_b);

/// Length (2 to 4) of the well-formed multi-byte UTF-8 sequence at the start of `bytes`, or 0 when
/// there is none (also when it is cut off). Overlong forms, surrogates and values over U+10FFFF are
/// not well-formed (Unicode 15, table 3-7). The first byte must be 0x80 or more. Any thread.
std::size_t utf8_sequence_length(ByteView bytes);

}  // namespace saiph
