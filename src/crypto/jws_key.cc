#include "crypto/jws_key.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <array>

#include "crypto/openssl_owned.h"
#include "crypto/signature.h"

namespace saiph::crypto {

namespace {

constexpr std::size_t kCoordinateBytes = 32;
constexpr std::size_t kMaxExponentBytes = 4;
constexpr std::uint32_t kMinExponent = 65'537;
/// RFC 7518, 3.5: the salt is as long as the digest.
constexpr int kPssSaltBytes = 32;

constexpr std::array<std::string_view, 4> kNames = {"RS256", "PS256", "ES256", "EdDSA"};

Number number(ByteView bytes) {
  return Number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

Status check_rsa(ByteView modulus, ByteView exponent) {
  if (modulus.empty() || exponent.empty() || modulus.front() == 0 || exponent.front() == 0) {
    return Error(ErrorCode::kMalformed, "an RSA number is empty or has leading zeros");
  }
  // Sizes first: what is too large is not even made a number.
  if (modulus.size() > kMaxRsaBits / 8) {
    return Error(ErrorCode::kLimit, "the RSA modulus has more than 8192 bits");
  }
  if (modulus.size() < kMinRsaBits / 8 ||
      (modulus.size() == kMinRsaBits / 8 && modulus.front() < 0x80)) {
    return Error(ErrorCode::kLimit, "the RSA modulus has fewer than 2048 bits");
  }
  if (exponent.size() > kMaxExponentBytes) {
    return Error(ErrorCode::kLimit, "the RSA exponent has more than 32 bits");
  }
  std::uint32_t value = 0;
  for (const std::uint8_t byte : exponent) value = value << 8 | byte;
  if (value < kMinExponent) return Error(ErrorCode::kLimit, "the RSA exponent is under 65537");
  if (value % 2 == 0 || modulus.back() % 2 == 0) {
    return Error(ErrorCode::kMalformed, "an RSA number is even");
  }
  return {};
}

Result<Key> rsa_key(ByteView modulus, ByteView exponent) {
  const Number n = number(modulus);
  const Number e = number(exponent);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return failed(ErrorCode::kInternal, "the crypto library cannot take an RSA key");
  }
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return failed(ErrorCode::kMalformed, "not an RSA public key");
  }
  return Key(made);
}

/// A context that is set up once; every use works on a copy of it.
Result<MessageContext> prepared(const Key& key, bool pss) {
  MessageContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;  // belongs to the context
  if (!context ||
      EVP_DigestVerifyInit_ex(context.get(), &settings, "SHA256", nullptr, nullptr, key.get(),
                              nullptr) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(settings, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) !=
          1 ||
      (pss && EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, kPssSaltBytes) != 1)) {
    return failed(ErrorCode::kInternal, "the crypto library does not offer this signature");
  }
  return context;
}

/// R || S of RFC 7518, 3.4 as DER SEQUENCE { r, s }, which is what verification takes.
Bytes der_of(ByteView signature) {
  const auto append_integer = [](Bytes& out, ByteView value) {
    while (value.size() > 1 && value.front() == 0) value = value.subspan(1);
    const bool sign = value.front() >= 0x80;
    out.push_back(0x02);
    out.push_back(static_cast<std::uint8_t>(value.size() + (sign ? 1 : 0)));
    if (sign) out.push_back(0);
    out.insert(out.end(), value.begin(), value.end());
  };
  Bytes body;
  append_integer(body, signature.first(kCoordinateBytes));
  append_integer(body, signature.subspan(kCoordinateBytes));
  Bytes der = {0x30, static_cast<std::uint8_t>(body.size())};
  der.insert(der.end(), body.begin(), body.end());
  return der;
}

}  // namespace

std::string_view jws_algorithm_name(JwsAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<JwsAlgorithm>(i);
  }
  return std::nullopt;
}

/// RSA in OpenSSL's own key, the others in ours.
struct JwsKey::Impl {
  JwsAlgorithm algorithm{};
  Key rsa;
  MessageContext rsa_verifying;
  std::size_t rsa_bytes = 0;
  std::optional<PublicKey> other;
};

Result<JwsKey> JwsKey::rsa(JwsAlgorithm algorithm, ByteView modulus, ByteView exponent) {
  if (algorithm != JwsAlgorithm::kRs256 && algorithm != JwsAlgorithm::kPs256) {
    return Error(ErrorCode::kInvalidArgument, "not an algorithm of RSA keys");
  }
  SAIPH_CHECK(check_rsa(modulus, exponent));
  auto impl = std::make_shared<Impl>();
  impl->algorithm = algorithm;
  impl->rsa_bytes = modulus.size();
  SAIPH_TRY(impl->rsa, rsa_key(modulus, exponent));
  SAIPH_TRY(impl->rsa_verifying, prepared(impl->rsa, algorithm == JwsAlgorithm::kPs256));
  return JwsKey(std::move(impl));
}

Result<JwsKey> JwsKey::p256(ByteView x, ByteView y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return Error(ErrorCode::kMalformed, "a coordinate of P-256 has 32 bytes");
  }
  Bytes point = {0x04};
  point.insert(point.end(), x.begin(), x.end());
  point.insert(point.end(), y.begin(), y.end());
  auto impl = std::make_shared<Impl>();
  impl->algorithm = JwsAlgorithm::kEs256;
  SAIPH_TRY(impl->other, PublicKey::from_raw(SignatureAlgorithm::kEcdsaP256Sha256, point));
  return JwsKey(std::move(impl));
}

Result<JwsKey> JwsKey::ed25519(ByteView x) {
  auto impl = std::make_shared<Impl>();
  impl->algorithm = JwsAlgorithm::kEdDsa;
  SAIPH_TRY(impl->other, PublicKey::from_raw(SignatureAlgorithm::kEd25519, x));
  return JwsKey(std::move(impl));
}

JwsAlgorithm JwsKey::algorithm() const {
  return impl_->algorithm;
}

bool JwsKey::verify(ByteView message, ByteView signature) const {
  const auto& other = impl_->other;
  switch (impl_->algorithm) {
    case JwsAlgorithm::kEdDsa:
      return other && other->verify(message, signature);
    case JwsAlgorithm::kEs256:
      return other && signature.size() == 2 * kCoordinateBytes &&
             other->verify(message, der_of(signature));
    case JwsAlgorithm::kRs256:
    case JwsAlgorithm::kPs256:
      break;
  }
  if (signature.size() != impl_->rsa_bytes) return false;
  const MessageContext context(EVP_MD_CTX_new());
  const bool good = context && EVP_MD_CTX_copy_ex(context.get(), impl_->rsa_verifying.get()) == 1 &&
                    EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                     message.data(), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace saiph::crypto
