// CRC-32 as in gzip and ZIP (ISO 3309; RFC 1952 section 8).
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

/// Continues `seed` (0 for a new one) over bytes. Any thread; about 14 GB/s.
std::uint32_t crc32(ByteView bytes, std::uint32_t seed = 0);

/// Over a range of a source, which is clipped to its size, through one window of 256 KiB. Charges
/// one unit of work per KiB. Errors: kLimit when the budget runs out, kUnavailable.
Result<std::uint32_t> crc32_of(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                               Budget& budget);

}  // namespace saiph::codec
