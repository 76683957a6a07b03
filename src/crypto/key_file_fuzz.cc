// Key files: any bytes give a key or an error; a plain key that is read is written back the same.
#include <cstdint>
#include <cstdlib>

#include "crypto/key_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const std::string_view text = as_text(ByteView(data, size));
  const auto sealed = crypto::key_file_is_sealed(text);
  // scrypt is slow by design: no passphrase, so that only the form is tried.
  const auto signer = crypto::decode_key_file(text, {});
  if (signer) {
    if (!sealed || *sealed) std::abort();
    const auto again = crypto::encode_key_file(**signer, {});
    if (!again || as_text(again->view()) != text) std::abort();
  }
  const auto key = crypto::PublicKey::from_spki(ByteView(data, size));
  if (key && as_text(key->spki()) != text) std::abort();
  const auto pem = crypto::PublicKey::from_pem(text);
  if (pem && !crypto::PublicKey::from_pem(pem->pem())) std::abort();
  return 0;
}
