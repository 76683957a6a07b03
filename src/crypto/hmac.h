// HMAC (RFC 2104, FIPS 198-1): with SHA-256 for keyed digests, with SHA-1 for one-time passwords.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::crypto {

/// HMAC-SHA-256 of a message. Keys of any length; use 32 random bytes. Any thread; about 1
/// microsecond for a short message. Where the crypto library has no SHA-256 at all, which is a
/// broken installation, the process ends with a message (as Sha256 does).
Digest hmac_sha256(ByteView key, ByteView message);
/// The same over several parts one after another. The parts' borders are not marked: the caller
/// makes the sequence unambiguous (fixed lengths, or a separator that no part holds).
Digest hmac_sha256(ByteView key, std::span<const ByteView> parts);

/// HMAC-SHA-1, for RFC 4226 and 6238 alone, whose authenticator apps know nothing else.
/// Errors: kUnavailable when the crypto library's settings forbid SHA-1. Any thread.
Result<std::array<std::uint8_t, 20>> hmac_sha1(ByteView key, ByteView message);

}  // namespace saiph::crypto
