// Small secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random nonce.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace saiph::crypto {

inline constexpr std::size_t kSealKeyBytes = 32;
/// What sealing adds: version (1), nonce (12), tag (16).
inline constexpr std::size_t kSealOverhead = 29;

/// version 0x01 || nonce || ciphertext || tag. `context` is authenticated, not stored: it ties the
/// box to its place (a table and row id), so that a box moved elsewhere does not open. Random
/// nonces bound one key to about 2^32 boxes. Errors: kInvalidArgument for a key that is not 32
/// bytes or a secret over 1 MiB, kUnavailable without randomness, kInternal. Any thread; a few
/// microseconds.
Result<Bytes> seal(ByteView key, ByteView secret, ByteView context);

/// The secret of such a box. Errors: kInvalidArgument for the key, kMalformed when it is no box,
/// kUnsupported for another version, kDenied when key, context or any byte is not the one it was
/// sealed with (one cannot tell which). Any thread.
Result<SecretBytes> unseal(ByteView key, ByteView box, ByteView context);

}  // namespace saiph::crypto
