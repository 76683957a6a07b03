#include "crypto/sha256.h"

#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/byte_reader.h"

namespace saiph::crypto {

namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

Error failed() {
  return {ErrorCode::kInternal, "SHA-256 is not available from the crypto library"};
}

void demand(bool works) {
  if (works) return;
  static_cast<void>(
      std::fputs("saiph: SHA-256 is not available from the crypto library\n", stderr));
  std::abort();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  demand(context_ != nullptr && EVP_DigestInit_ex2(context_, algorithm(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

void Sha256::update(ByteView bytes) {
  demand(EVP_DigestUpdate(context_, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  unsigned int length = 0;
  demand(EVP_DigestFinal_ex(context_, digest.bytes.data(), &length) == 1 &&
         length == digest.bytes.size());
  demand(EVP_DigestInit_ex2(context_, algorithm(), nullptr) == 1);
  return digest;
}

Result<Digest> sha256(ByteView bytes) {
  return sha256(ViewSource(bytes));
}

Result<Digest> sha256(const ByteSource& source) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) != 1) return failed();
  SourceReader reader(source);
  while (!reader.at_end()) {
    if (!reader.refill(1)) return reader.failure("the data to be hashed");
    const ByteView part = reader.buffered();
    if (EVP_DigestUpdate(context.get(), part.data(), part.size()) != 1) return failed();
    reader.consume_buffered(part.size());
  }
  Digest digest;
  unsigned int length = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.bytes.data(), &length) != 1 ||
      length != digest.bytes.size()) {
    return failed();
  }
  return digest;
}

}  // namespace saiph::crypto
