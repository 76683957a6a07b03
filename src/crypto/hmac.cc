#include "crypto/hmac.h"

#include <openssl/core_names.h>

#include <cstdio>
#include <cstdlib>

#include "crypto/openssl_owned.h"

namespace saiph::crypto {

namespace {

using Mac = Owned<EVP_MAC, EVP_MAC_free>;
using MacContext = Owned<EVP_MAC_CTX, EVP_MAC_CTX_free>;

/// A context that knows its digest and no key yet; each use works on a copy of it.
MacContext prepared(const char* digest) {
  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::string name(digest);
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0),
      OSSL_PARAM_construct_end()};
  if (context && EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1) context.reset();
  ERR_clear_error();
  return context;
}

/// False when the library does not offer it.
bool compute(const MacContext& ready, ByteView key, std::span<const ByteView> parts,
             MutableByteView out) {
  static constexpr std::uint8_t kNothing = 0;
  const MacContext context(ready ? EVP_MAC_CTX_dup(ready.get()) : nullptr);
  // A null key would mean "the one from before", so an empty one needs an address.
  bool works = context && EVP_MAC_init(context.get(), key.empty() ? &kNothing : key.data(),
                                       key.size(), nullptr) == 1;
  for (const ByteView part : parts) {
    works = works && EVP_MAC_update(context.get(), part.data(), part.size()) == 1;
  }
  std::size_t size = 0;
  works = works && EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 &&
          size == out.size();
  if (!works) ERR_clear_error();
  return works;
}

}  // namespace

Digest hmac_sha256(ByteView key, std::span<const ByteView> parts) {
  static const MacContext ready = prepared("SHA256");
  Digest digest;
  if (!compute(ready, key, parts, digest.bytes)) {
    (void)std::fputs("saiph: HMAC-SHA-256 is not available from the crypto library\n", stderr);
    std::abort();
  }
  return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  return hmac_sha256(key, std::span(&message, 1));
}

Result<std::array<std::uint8_t, 20>> hmac_sha1(ByteView key, ByteView message) {
  static const MacContext ready = prepared("SHA1");
  std::array<std::uint8_t, 20> out{};
  if (!compute(ready, key, std::span(&message, 1), out)) {
    return Error(ErrorCode::kUnavailable,
                 "the crypto library's settings forbid HMAC-SHA-1, which one-time passwords need");
  }
  return out;
}

}  // namespace saiph::crypto
