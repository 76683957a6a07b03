// SHA-256 (FIPS 180-4) of bytes and of sources.
#pragma once

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

struct evp_md_ctx_st;

namespace saiph::crypto {

/// The digest of bytes in memory. Any thread. Errors: kInternal when OpenSSL refuses.
Result<Digest> sha256(ByteView bytes);

/// The digest of a whole source, read once in 256 KiB steps. Any thread.
/// Errors: kUnavailable when the source cannot be read to its end, kInternal.
Result<Digest> sha256(const ByteSource& source);

/// SHA-256 in pieces, for hashes that are part of a structure (trees, keys) and so cannot fail:
/// where the crypto library has no SHA-256 at all, which is a broken installation, the process ends
/// with a message. One thread at a time; about 0.3 microseconds for a short message; a kept object
/// allocates once.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void update(ByteView bytes);
  /// The digest; the object then starts anew.
  Digest finish();

 private:
  evp_md_ctx_st* context_;  // OpenSSL's EVP_MD_CTX
};

}  // namespace saiph::crypto
