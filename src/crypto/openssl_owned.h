// Owners of OpenSSL's objects, for the sources of this room only.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "base/result.h"

namespace saiph::crypto {

template <auto Function>
struct Free {
  void operator()(auto* pointer) const { Function(pointer); }
};
template <typename T, auto Function>
using Owned = std::unique_ptr<T, Free<Function>>;

using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MessageContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using Number = Owned<BIGNUM, BN_clear_free>;
using Parameters = Owned<OSSL_PARAM, OSSL_PARAM_free>;
using Builder = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;

/// OpenSSL keeps a queue of errors a thread; what we report is our own, so it is emptied.
inline Error failed(ErrorCode code, const char* message) {
  ERR_clear_error();
  return {code, message};
}

}  // namespace saiph::crypto
