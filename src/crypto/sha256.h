// SHA-256 (FIPS 180-4) of bytes and of sources.
#pragma once

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::crypto {

/// The digest of bytes in memory. Any thread. Errors: kInternal when OpenSSL refuses.
Result<Digest> sha256(ByteView bytes);

/// The digest of a whole source, read once in 256 KiB steps. Any thread.
/// Errors: kUnavailable when the source cannot be read to its end, kInternal.
Result<Digest> sha256(const ByteSource& source);

}  // namespace saiph::crypto
