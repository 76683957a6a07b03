// Base32 (RFC 4648, section 6), without padding: how people type secrets and recovery codes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::codec {

/// The bytes in upper case, without padding. Any thread; linear; the digits are computed, not
/// looked up, so that no cache line tells of a secret.
std::string encode_base32(ByteView bytes);

/// The bytes when `text` is exactly what encode_base32 makes of them: upper case, no padding, spare
/// bits zero, no impossible length. Nothing otherwise. Any thread; linear.
std::optional<Bytes> decode_base32_exact(std::string_view text);

}  // namespace saiph::codec
