#include "crypto/dsse.h"

#include <string>

namespace saiph::crypto {

Bytes dsse_encoding(std::string_view payload_type, ByteView payload) {
  const std::string type_length = std::to_string(payload_type.size());
  const std::string payload_length = std::to_string(payload.size());
  Bytes out;
  out.reserve(10 + type_length.size() + payload_type.size() + payload_length.size() +
              payload.size());
  const auto append = [&out](std::string_view text) {
    const ByteView bytes = as_bytes(text);
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  append("DSSEv1 ");
  append(type_length);
  append(" ");
  append(payload_type);
  append(" ");
  append(payload_length);
  append(" ");
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Result<Bytes> dsse_sign(const Signer& signer, std::string_view payload_type, ByteView payload) {
  return signer.sign(dsse_encoding(payload_type, payload));
}

bool dsse_verify(const PublicKey& key, std::string_view payload_type, ByteView payload,
                 ByteView signature) {
  return key.verify(dsse_encoding(payload_type, payload), signature);
}

}  // namespace saiph::crypto
