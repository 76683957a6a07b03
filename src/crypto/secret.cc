#include "crypto/secret.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace saiph::crypto {

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    wipe(bytes_);
    bytes_ = std::exchange(other.bytes_, {});
  }
  return *this;
}

SecretBytes::~SecretBytes() {
  wipe(bytes_);
}

void wipe(MutableByteView bytes) {
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

bool constant_time_equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

Status random_bytes(MutableByteView out) {
  if (out.empty() || RAND_bytes_ex(nullptr, out.data(), out.size(), 0) == 1) return {};
  wipe(out);
  return Error(ErrorCode::kUnavailable, "the system gives no randomness");
}

}  // namespace saiph::crypto
