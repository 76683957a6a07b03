// Makes JSON Web Tokens and key sets, right ones and wrong ones, for tests.
#pragma once

#include <string>
#include <string_view>

#include "base/unix_time.h"
#include "codec/base64/base64.h"
#include "crypto/jws_signer_for_test.h"

namespace saiph::identity {

inline std::string url64(std::string_view text) {
  return codec::encode_base64_url(as_bytes(text));
}

/// A signer with a name.
class TokenMakerForTest {
 public:
  TokenMakerForTest(crypto::JwsAlgorithm algorithm, std::string kid)
      : signer_(algorithm), kid_(std::move(kid)) {}

  const crypto::JwsSignerForTest& signer() const { return signer_; }
  std::string algorithm() const {
    return std::string(crypto::jws_algorithm_name(signer_.algorithm()));
  }

  /// The key as a JWK; `more` is further members, each with a comma before it.
  std::string jwk(const std::string& more = "") const {
    std::string out = R"({"kid":")" + kid_ + R"(","use":"sig")";
    if (signer_.is_rsa()) {
      out += R"(,"kty":"RSA","alg":")" + algorithm() + R"(","n":")" +
             codec::encode_base64_url(signer_.modulus()) + R"(","e":")" +
             codec::encode_base64_url(signer_.exponent()) + "\"";
    } else if (signer_.algorithm() == crypto::JwsAlgorithm::kEs256) {
      out += R"(,"kty":"EC","crv":"P-256","x":")" + codec::encode_base64_url(signer_.x()) +
             R"(","y":")" + codec::encode_base64_url(signer_.y()) + "\"";
    } else {
      out += R"(,"kty":"OKP","crv":"Ed25519","x":")" + codec::encode_base64_url(signer_.x()) + "\"";
    }
    return out + more + "}";
  }
  std::string jwks() const { return R"({"keys":[)" + jwk() + "]}"; }

  std::string header() const {
    return R"({"alg":")" + algorithm() + R"(","kid":")" + kid_ + R"(","typ":"JWT"})";
  }
  /// A token with this header (any text) and these claims (any text), rightly signed.
  std::string token(std::string_view header, std::string_view claims) const {
    const std::string signed_part = url64(header) + "." + url64(claims);
    return signed_part + "." + codec::encode_base64_url(signer_.sign(signed_part));
  }
  std::string token(std::string_view claims) const { return token(header(), claims); }

 private:
  crypto::JwsSignerForTest signer_;
  std::string kid_;
};

}  // namespace saiph::identity
