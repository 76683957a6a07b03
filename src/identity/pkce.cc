#include "identity/pkce.h"

#include "codec/base64/base64.h"
#include "crypto/secret.h"
#include "crypto/sha256.h"

namespace saiph::identity {

Result<std::string> new_code_verifier() {
  crypto::SecretBytes random(32);
  SAIPH_CHECK(crypto::random_bytes(random.mutable_view()));
  return codec::encode_base64_url(random.view());
}

std::string code_challenge(std::string_view verifier) {
  crypto::Sha256 hash;
  hash.update(as_bytes(verifier));
  return codec::encode_base64_url(hash.finish().bytes);
}

}  // namespace saiph::identity
