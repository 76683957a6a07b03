// Private keys that sign JSON Web Signatures, for tests: the product only verifies.
#pragma once

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "crypto/jws_key.h"
#include "crypto/openssl_owned.h"
#include "crypto/signature.h"

namespace saiph::crypto {

/// One key of one algorithm, made anew for each process; RSA takes some tenths of a second. A
/// failing library ends the test.
class JwsSignerForTest {
 public:
  explicit JwsSignerForTest(JwsAlgorithm algorithm, unsigned rsa_bits = 2048)
      : algorithm_(algorithm) {
    if (is_rsa()) {
      rsa_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{rsa_bits}));
      demand(rsa_ != nullptr);
      return;
    }
    auto made = SoftwareSigner::generate(algorithm == JwsAlgorithm::kEdDsa
                                             ? SignatureAlgorithm::kEd25519
                                             : SignatureAlgorithm::kEcdsaP256Sha256);
    demand(made.has_value());
    other_ = std::move(*made);
  }

  JwsAlgorithm algorithm() const { return algorithm_; }
  bool is_rsa() const {
    return algorithm_ == JwsAlgorithm::kRs256 || algorithm_ == JwsAlgorithm::kPs256;
  }

  /// RSA: modulus and exponent, big-endian.
  Bytes modulus() const { return number(OSSL_PKEY_PARAM_RSA_N); }
  Bytes exponent() const { return number(OSSL_PKEY_PARAM_RSA_E); }
  /// P-256 coordinates; Ed25519 has x only.
  Bytes x() const {
    const Bytes& raw = other_->public_key().raw();
    return algorithm_ == JwsAlgorithm::kEdDsa ? raw : Bytes(raw.begin() + 1, raw.begin() + 33);
  }
  Bytes y() const {
    const Bytes& raw = other_->public_key().raw();
    return {raw.begin() + 33, raw.end()};
  }

  JwsKey public_key() const {
    auto key = is_rsa()                             ? JwsKey::rsa(algorithm_, modulus(), exponent())
               : algorithm_ == JwsAlgorithm::kEdDsa ? JwsKey::ed25519(x())
                                                    : JwsKey::p256(x(), y());
    demand(key.has_value());
    return *key;
  }

  /// `pss_salt` is RFC 7518's 32 unless a test wants a wrong one.
  Bytes sign(std::string_view message, int pss_salt = 32) const {
    if (!is_rsa()) {
      auto signature = other_->sign(as_bytes(message));
      demand(signature.has_value());
      return algorithm_ == JwsAlgorithm::kEdDsa ? *signature : raw_of(*signature);
    }
    const MessageContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* settings = nullptr;
    demand(EVP_DigestSignInit_ex(context.get(), &settings, "SHA256", nullptr, nullptr, rsa_.get(),
                                 nullptr) == 1);
    if (algorithm_ == JwsAlgorithm::kPs256) {
      demand(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1);
      demand(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, pss_salt) == 1);
    }
    std::size_t size = 0;
    const ByteView bytes = as_bytes(message);
    demand(EVP_DigestSign(context.get(), nullptr, &size, bytes.data(), bytes.size()) == 1);
    Bytes signature(size);
    demand(EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1);
    signature.resize(size);
    return signature;
  }

 private:
  static void demand(bool works) {
    if (!works) std::abort();
  }

  Bytes number(const char* name) const {
    BIGNUM* found = nullptr;
    demand(EVP_PKEY_get_bn_param(rsa_.get(), name, &found) == 1);
    const Number owner(found);
    Bytes out(static_cast<std::size_t>(BN_num_bytes(found)));
    BN_bn2bin(found, out.data());
    return out;
  }

  /// DER SEQUENCE { r, s } as R || S.
  static Bytes raw_of(const Bytes& der) {
    Bytes out;
    std::size_t at = 2;
    for (int i = 0; i < 2; ++i) {
      const std::size_t length = der.at(at + 1);
      Bytes value(der.begin() + static_cast<std::ptrdiff_t>(at + 2),
                  der.begin() + static_cast<std::ptrdiff_t>(at + 2 + length));
      while (value.size() > 32) value.erase(value.begin());
      while (value.size() < 32) value.insert(value.begin(), 0);
      out.insert(out.end(), value.begin(), value.end());
      at += 2 + length;
    }
    return out;
  }

  JwsAlgorithm algorithm_;
  Key rsa_;
  std::unique_ptr<SoftwareSigner> other_;
};

}  // namespace saiph::crypto
