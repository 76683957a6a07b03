#include "crypto/seal.h"

#include <algorithm>

#include "crypto/openssl_owned.h"

namespace saiph::crypto {

namespace {

using Cipher = Owned<EVP_CIPHER, EVP_CIPHER_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kMaxSecretBytes = 1U << 20;
static_assert(1 + kNonceBytes + kTagBytes == kSealOverhead);

const EVP_CIPHER* cipher() {
  static const Cipher fetched(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
  return fetched.get();
}

Status check_key(ByteView key) {
  if (key.size() == kSealKeyBytes) return {};
  return Error(ErrorCode::kInvalidArgument, "a sealing key has 32 bytes");
}

}  // namespace

Result<Bytes> seal(ByteView key, ByteView secret, ByteView context) {
  SAIPH_CHECK(check_key(key));
  if (secret.size() > kMaxSecretBytes || context.size() > kMaxSecretBytes) {
    return Error(ErrorCode::kInvalidArgument, "too long to be sealed");
  }
  Bytes box(kSealOverhead + secret.size());
  box[0] = kVersion;
  const MutableByteView nonce = MutableByteView(box).subspan(1, kNonceBytes);
  const MutableByteView body = MutableByteView(box).subspan(1 + kNonceBytes);
  SAIPH_CHECK(random_bytes(nonce));
  const CipherContext state(EVP_CIPHER_CTX_new());
  int length = 0;
  if (!state || cipher() == nullptr ||
      EVP_EncryptInit_ex2(state.get(), cipher(), key.data(), nonce.data(), nullptr) != 1 ||
      EVP_EncryptUpdate(state.get(), nullptr, &length, &kVersion, 1) != 1 ||
      (!context.empty() && EVP_EncryptUpdate(state.get(), nullptr, &length, context.data(),
                                             static_cast<int>(context.size())) != 1) ||
      (!secret.empty() && EVP_EncryptUpdate(state.get(), body.data(), &length, secret.data(),
                                            static_cast<int>(secret.size())) != 1) ||
      EVP_EncryptFinal_ex(state.get(), body.data() + secret.size(), &length) != 1 ||
      EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          body.data() + secret.size()) != 1) {
    return failed(ErrorCode::kInternal, "AES-256-GCM failed");
  }
  return box;
}

Result<SecretBytes> unseal(ByteView key, ByteView box, ByteView context) {
  SAIPH_CHECK(check_key(key));
  if (box.size() < kSealOverhead || box.size() > kSealOverhead + kMaxSecretBytes ||
      context.size() > kMaxSecretBytes) {
    return Error(ErrorCode::kMalformed, "not a sealed secret");
  }
  if (box[0] != kVersion) {
    return Error(ErrorCode::kUnsupported, "a secret sealed in an unknown way");
  }
  const ByteView nonce = box.subspan(1, kNonceBytes);
  const ByteView body = box.subspan(1 + kNonceBytes, box.size() - kSealOverhead);
  std::array<std::uint8_t, kTagBytes> tag{};
  std::ranges::copy(box.last(kTagBytes), tag.begin());
  SecretBytes secret(body.size());
  std::array<std::uint8_t, kTagBytes> end{};
  const CipherContext state(EVP_CIPHER_CTX_new());
  int length = 0;
  if (!state || cipher() == nullptr ||
      EVP_DecryptInit_ex2(state.get(), cipher(), key.data(), nonce.data(), nullptr) != 1 ||
      EVP_DecryptUpdate(state.get(), nullptr, &length, &kVersion, 1) != 1 ||
      (!context.empty() && EVP_DecryptUpdate(state.get(), nullptr, &length, context.data(),
                                             static_cast<int>(context.size())) != 1) ||
      (!body.empty() && EVP_DecryptUpdate(state.get(), secret.mutable_view().data(), &length,
                                          body.data(), static_cast<int>(body.size())) != 1) ||
      EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(state.get(), end.data(), &length) != 1) {
    return failed(ErrorCode::kDenied,
                  "the secret does not open: it was sealed with another key, for another place, or "
                  "was changed");
  }
  return secret;
}

}  // namespace saiph::crypto
