// Secrets in memory: a buffer that is wiped, a comparison whose time says nothing, random bytes.
#pragma once

#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace saiph::crypto {

/// Owns secret bytes and overwrites them before they are given back (OPENSSL_cleanse, which the
/// compiler may not leave out). Moved, never copied; never printed. The size is fixed when it is
/// made, so that no growing vector leaves an old copy behind. One thread at a time.
class SecretBytes {
 public:
  SecretBytes() = default;
  /// `size` zero bytes, to be filled through mutable_view().
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  /// A copy. The caller's own bytes stay the caller's to wipe (see wipe).
  explicit SecretBytes(ByteView bytes) : bytes_(bytes.begin(), bytes.end()) {}
  SecretBytes(SecretBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// Valid while this object lives and is not assigned to.
  ByteView view() const { return bytes_; }
  MutableByteView mutable_view() { return bytes_; }

 private:
  Bytes bytes_;
};

/// Overwrites bytes that held a secret. Any thread, linear.
void wipe(MutableByteView bytes);

/// Whether both are the same bytes, in a time that depends on the lengths only. Different lengths
/// are different at once. Any thread, linear.
bool constant_time_equal(ByteView a, ByteView b);

/// Fills `out` from the operating system's generator through OpenSSL's DRBG. Any thread; about
/// 1 microsecond for 32 bytes. Errors: kUnavailable when no randomness can be had; `out` is then
/// zero and must not be used.
Status random_bytes(MutableByteView out);

}  // namespace saiph::crypto
