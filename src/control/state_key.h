// The key of the state: 32 random bytes in a file of their own, and what is derived from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace saiph::control {

/// Immutable once made; any thread.
class StateKey {
 public:
  /// Reads the file: 64 hexadecimal digits and a line end, mode 0600. Errors: kNotFound; kDenied
  /// (others may touch it, not a regular file); kMalformed; kUnavailable.
  static Result<StateKey> load(const std::string& path);
  /// Makes the file, synced. Errors: kConflict (it is there), kUnavailable.
  static Result<StateKey> create(const std::string& path);

  /// HMAC-SHA-256 under a key for names and digests in the ledger.
  Digest digest(std::string_view text) const;
  /// Says which key a database was made with; reveals nothing.
  Digest fingerprint() const;
  /// Sealing (crypto/seal.h). `place` ties the box to its row. Errors: of crypto::seal and unseal.
  Result<Bytes> seal(ByteView secret, std::string_view place) const;
  Result<crypto::SecretBytes> unseal(ByteView box, std::string_view place) const;

 private:
  explicit StateKey(ByteView master);
  Digest derived(std::string_view purpose) const;

  crypto::SecretBytes master_;
  crypto::SecretBytes names_;
  crypto::SecretBytes seals_;
};

}  // namespace saiph::control
