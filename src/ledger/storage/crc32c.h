// CRC-32C (Castagnoli; RFC 3720, appendix B.4): finds torn writes and failing media. It protects
// from nobody: what an attacker may have changed is found by the tree and its signatures.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace saiph::ledger {

/// The CRC of what `crc` is the CRC of, followed by `bytes`; 0 is the CRC of nothing.
/// Any thread; about 8 bytes in 3 cycles (the SSE4.2 instruction of our baseline).
std::uint32_t crc32c(ByteView bytes, std::uint32_t crc = 0);

}  // namespace saiph::ledger
