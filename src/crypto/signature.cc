#include "crypto/signature.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "crypto/openssl_owned.h"
#include "crypto/sha256.h"

namespace saiph::crypto {

namespace {

using Group = Owned<EC_GROUP, EC_GROUP_free>;
using Point = Owned<EC_POINT, EC_POINT_free>;
using Memory = Owned<BIO, BIO_free>;

constexpr std::size_t kEd25519Bytes = 32;
constexpr std::size_t kScalarBytes = 32;
constexpr std::size_t kPointBytes = 65;
constexpr std::size_t kMaxPemBytes = 64U << 10;

const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm == SignatureAlgorithm::kEd25519 ? nullptr : fetched;
}

Result<Key> p256_key(ByteView point, const BIGNUM* scalar) {
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1 ||
      (scalar != nullptr &&
       OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar) != 1)) {
    return failed(ErrorCode::kInternal, "the crypto library cannot take a P-256 key");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made,
                        scalar != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
                        parameters.get()) != 1) {
    return failed(ErrorCode::kMalformed, "not a point of P-256");
  }
  return Key(made);
}

/// The uncompressed point of a scalar; kMalformed outside [1, n).
Result<Bytes> p256_point(const BIGNUM* scalar) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Point point(group ? EC_POINT_new(group.get()) : nullptr);
  if (!point) return failed(ErrorCode::kInternal, "the crypto library has no P-256");
  if (BN_is_zero(scalar) != 0 || BN_cmp(scalar, EC_GROUP_get0_order(group.get())) >= 0) {
    return failed(ErrorCode::kMalformed, "not a P-256 secret: the number is outside [1, n)");
  }
  Bytes raw(kPointBytes);
  if (EC_POINT_mul(group.get(), point.get(), scalar, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, raw.data(),
                         raw.size(), nullptr) != kPointBytes) {
    return failed(ErrorCode::kInternal, "the crypto library cannot compute a P-256 point");
  }
  return raw;
}

Result<Key> public_key_of(SignatureAlgorithm algorithm, ByteView raw) {
  if (algorithm == SignatureAlgorithm::kEd25519) {
    if (raw.size() != kEd25519Bytes) {
      return failed(ErrorCode::kMalformed, "an Ed25519 public key has 32 bytes");
    }
    Key key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, raw.data(), raw.size()));
    if (!key) return failed(ErrorCode::kInternal, "the crypto library has no Ed25519");
    return key;
  }
  if (raw.size() != kPointBytes || raw.front() != 0x04) {
    return failed(ErrorCode::kMalformed, "a P-256 public key is an uncompressed point of 65 bytes");
  }
  return p256_key(raw, nullptr);
}

/// A context that is set up once; every use works on a copy of it, which needs no lock.
Result<MessageContext> prepared(const Key& key, SignatureAlgorithm algorithm, bool signing) {
  MessageContext context(EVP_MD_CTX_new());
  const char* const digest = digest_of(algorithm) == nullptr ? nullptr : "SHA256";
  const auto initialise = signing ? EVP_DigestSignInit_ex : EVP_DigestVerifyInit_ex;
  if (!context ||
      initialise(context.get(), nullptr, digest, nullptr, nullptr, key.get(), nullptr) != 1) {
    return failed(ErrorCode::kInternal, "the crypto library does not offer this signature");
  }
  return context;
}

}  // namespace

std::string_view signature_algorithm_name(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kEd25519 ? "ed25519" : "ecdsa-p256-sha256";
}

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEd25519, SignatureAlgorithm::kEcdsaP256Sha256}) {
    if (name == signature_algorithm_name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

struct PublicKey::Impl {
  SignatureAlgorithm algorithm{};
  Bytes raw;
  Bytes spki;
  Digest fingerprint;
  Key key;
  MessageContext verifying;
};

Result<PublicKey> PublicKey::from_raw(SignatureAlgorithm algorithm, ByteView raw) {
  auto impl = std::make_shared<Impl>();
  impl->algorithm = algorithm;
  impl->raw.assign(raw.begin(), raw.end());
  SAIPH_TRY(impl->key, public_key_of(algorithm, raw));
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(impl->key.get(), &der);
  if (length <= 0) return failed(ErrorCode::kInternal, "the crypto library cannot write the key");
  impl->spki.assign(der, der + length);
  OPENSSL_free(der);
  SAIPH_TRY(impl->fingerprint, sha256(ByteView(impl->spki)));
  SAIPH_TRY(impl->verifying, prepared(impl->key, algorithm, false));
  return PublicKey(std::move(impl));
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  const unsigned char* cursor = der.data();
  const auto length = static_cast<long>(std::min<std::size_t>(der.size(), kMaxPemBytes));
  const Key key(d2i_PUBKEY(nullptr, &cursor, length));
  if (!key) return failed(ErrorCode::kMalformed, "not a public key in DER");
  Bytes raw(kPointBytes);
  std::size_t size = raw.size();
  auto algorithm = SignatureAlgorithm::kEd25519;
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    if (EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) {
      return failed(ErrorCode::kMalformed, "not an Ed25519 public key");
    }
  } else {
    std::array<char, 32> group{};
    if (EVP_PKEY_is_a(key.get(), "EC") != 1 ||
        EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(),
                                       group.size(), nullptr) != 1 ||
        std::string_view(group.data()) != SN_X9_62_prime256v1) {
      return failed(ErrorCode::kUnsupported, "only Ed25519 and P-256 keys are read");
    }
    algorithm = SignatureAlgorithm::kEcdsaP256Sha256;
    if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, raw.data(),
                                        raw.size(), &size) != 1) {
      return failed(ErrorCode::kMalformed, "not a P-256 public key");
    }
  }
  raw.resize(std::min(size, raw.size()));
  SAIPH_TRY(PublicKey result, from_raw(algorithm, raw));
  // One key, one spelling: what was read must be what we would have written.
  if (!std::ranges::equal(result.spki(), der)) {
    return failed(ErrorCode::kMalformed, "the public key is not in its only DER form");
  }
  return result;
}

Result<PublicKey> PublicKey::from_pem(std::string_view text) {
  if (text.size() > kMaxPemBytes) return failed(ErrorCode::kMalformed, "too long for a public key");
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  unsigned char* der = nullptr;
  long length = 0;  // NOLINT(misc-const-correctness): written through its address
  if (!memory || PEM_bytes_read_bio(&der, &length, nullptr, PEM_STRING_PUBLIC, memory.get(),
                                    nullptr, nullptr) != 1) {
    return failed(ErrorCode::kMalformed, "no PUBLIC KEY block");
  }
  const Owned<unsigned char, [](void* p) { OPENSSL_free(p); }> owner(der);
  return from_spki(ByteView(der, static_cast<std::size_t>(length)));
}

SignatureAlgorithm PublicKey::algorithm() const {
  return impl_->algorithm;
}
const Bytes& PublicKey::raw() const {
  return impl_->raw;
}
const Bytes& PublicKey::spki() const {
  return impl_->spki;
}
const Digest& PublicKey::fingerprint() const {
  return impl_->fingerprint;
}

std::string PublicKey::pem() const {
  const Memory memory(BIO_new(BIO_s_mem()));
  if (!memory || PEM_write_bio_PUBKEY(memory.get(), impl_->key.get()) != 1) return {};
  char* text = nullptr;
  const long length = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

bool PublicKey::verify(ByteView message, ByteView signature) const {
  const MessageContext context(EVP_MD_CTX_new());
  if (!context || EVP_MD_CTX_copy_ex(context.get(), impl_->verifying.get()) != 1) return false;
  const bool good = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                     message.data(), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

bool PublicKey::operator==(const PublicKey& other) const {
  return algorithm() == other.algorithm() && raw() == other.raw();
}

struct SoftwareSigner::Impl {
  SecretBytes secret;
  Key key;
  MessageContext signing;
  std::size_t signature_size = 0;
  PublicKey public_key;
};

SoftwareSigner::SoftwareSigner(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
SoftwareSigner::~SoftwareSigner() = default;

Result<std::unique_ptr<SoftwareSigner>> SoftwareSigner::generate(SignatureAlgorithm algorithm) {
  SecretBytes secret(kEd25519Bytes);
  // A random scalar is outside [1, n) with odds of 2^-32 for P-256: then the next one is taken.
  for (int attempt = 0; attempt < 8; ++attempt) {
    SAIPH_CHECK(random_bytes(secret.mutable_view()));
    auto signer = from_secret(algorithm, secret.view());
    if (signer || signer.error().code() != ErrorCode::kMalformed) return signer;
  }
  return failed(ErrorCode::kInternal, "no key could be made");
}

Result<std::unique_ptr<SoftwareSigner>> SoftwareSigner::from_secret(SignatureAlgorithm algorithm,
                                                                    ByteView secret) {
  if (secret.size() != kEd25519Bytes) {
    return failed(ErrorCode::kMalformed, "a secret key has 32 bytes");
  }
  Key key;
  Bytes raw;
  if (algorithm == SignatureAlgorithm::kEd25519) {
    key.reset(
        EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, secret.data(), secret.size()));
    raw.resize(kEd25519Bytes);
    std::size_t size = raw.size();
    if (!key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1) {
      return failed(ErrorCode::kInternal, "the crypto library has no Ed25519");
    }
  } else {
    const Number scalar(BN_secure_new());
    if (!scalar || BN_bin2bn(secret.data(), kScalarBytes, scalar.get()) == nullptr) {
      return failed(ErrorCode::kInternal, "the crypto library cannot take a P-256 key");
    }
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    SAIPH_TRY(raw, p256_point(scalar.get()));
    SAIPH_TRY(key, p256_key(raw, scalar.get()));
  }
  SAIPH_TRY(PublicKey public_key, PublicKey::from_raw(algorithm, raw));
  SAIPH_TRY(MessageContext signing, prepared(key, algorithm, true));
  const auto size = static_cast<std::size_t>(std::max(0, EVP_PKEY_get_size(key.get())));
  auto impl = std::make_unique<const Impl>(
      Impl{SecretBytes(secret), std::move(key), std::move(signing), size, std::move(public_key)});
  return std::unique_ptr<SoftwareSigner>(new SoftwareSigner(std::move(impl)));
}

Result<Bytes> SoftwareSigner::sign(ByteView message) const {
  const MessageContext context(EVP_MD_CTX_new());
  Bytes signature(impl_->signature_size);
  std::size_t size = signature.size();
  if (!context || EVP_MD_CTX_copy_ex(context.get(), impl_->signing.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return failed(ErrorCode::kInternal, "the crypto library failed to sign");
  }
  signature.resize(size);
  return signature;
}

const PublicKey& SoftwareSigner::public_key() const {
  return impl_->public_key;
}
ByteView SoftwareSigner::secret() const {
  return impl_->secret.view();
}

}  // namespace saiph::crypto
