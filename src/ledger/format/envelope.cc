#include "ledger/format/envelope.h"

#include <algorithm>

#include "base/byte_source.h"
#include "codec/base64/base64.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "crypto/dsse.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

Error malformed(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "envelope: " + std::string(what), offset};
}

Error too_long() {
  return {ErrorCode::kLimit, "envelope: longer than 60 KiB"};
}

/// Exactly the members named, each a value of the caller's choosing; nothing else.
Status only_members(const codec::JsonValue& object,
                    std::initializer_list<std::string_view> allowed) {
  for (std::size_t i = 0; i < object.keys().size(); ++i) {
    if (std::ranges::find(allowed, object.keys()[i]) == allowed.end()) {
      return malformed("a member that DSSE does not have, and nobody signed",
                       object.values()[i].offset());
    }
  }
  return {};
}

Result<Bytes> base64_member(const codec::JsonValue& object, std::string_view key) {
  const codec::JsonValue* value = object.find(key);
  if (value == nullptr || !value->is_string()) {
    return malformed("no '" + std::string(key) + "'", object.offset());
  }
  auto bytes = exact_base64(value->string(), true);
  if (!bytes) return malformed("'" + std::string(key) + "' is not base64", value->offset());
  return *std::move(bytes);
}

Result<EnvelopeSignature> read_signature(const codec::JsonValue& value) {
  if (!value.is_object()) return malformed("a signature is no object", value.offset());
  SAIPH_CHECK(only_members(value, {"keyid", "sig"}));
  EnvelopeSignature signature;
  if (const codec::JsonValue* keyid = value.find("keyid")) {
    if (!keyid->is_string()) return malformed("'keyid' is no string", keyid->offset());
    signature.keyid = keyid->string();
  }
  SAIPH_TRY(signature.signature, base64_member(value, "sig"));
  if (signature.signature.empty()) return malformed("an empty signature", value.offset());
  return signature;
}

}  // namespace

Result<std::string> encode_envelope(const Envelope& envelope) {
  if (envelope.payload.size() > kMaxEnvelopeBytes) return too_long();
  if (envelope.signatures.size() > kMaxEnvelopeSignatures) {
    return Error(ErrorCode::kLimit, "envelope: too many signatures");
  }
  if (envelope.signatures.empty()) {
    return Error(ErrorCode::kInvalidArgument, "envelope: without a signature");
  }
  std::string out;
  out.reserve(envelope.payload.size() / 3 * 4 + 512);
  codec::JsonWriter writer(out);
  const auto text = [&writer](std::string_view key, std::string_view value) -> Status {
    if (!is_utf8(value)) {
      return Error(ErrorCode::kInvalidArgument, "envelope: text that is not UTF-8");
    }
    writer.member(key, value);
    return {};
  };
  writer.begin_object();
  SAIPH_CHECK(text("payloadType", envelope.payload_type));
  writer.member("payload", codec::encode_base64(envelope.payload));
  writer.array("signatures");
  for (const EnvelopeSignature& signature : envelope.signatures) {
    if (signature.signature.empty()) {
      return Error(ErrorCode::kInvalidArgument, "envelope: an empty signature");
    }
    writer.begin_object();
    SAIPH_CHECK(text("keyid", signature.keyid));
    writer.member("sig", codec::encode_base64(signature.signature));
    writer.end_object();
  }
  writer.end_array();
  writer.end_object();
  if (out.size() > kMaxEnvelopeBytes) return too_long();
  return out;
}

Result<Envelope> decode_envelope(ByteView bytes) {
  if (bytes.size() > kMaxEnvelopeBytes) return too_long();
  Limits limits;
  limits.nesting = 4;  // object, array, object and one to spare for a better message
  limits.memory_bytes = 4U << 20;
  Budget budget(limits);
  auto document = codec::load_json(ViewSource(bytes), budget, {.allow_bom = false});
  if (!document) return document.error().wrap("envelope");
  if (!document->duplicate_keys.empty()) {
    return malformed("a key twice", document->duplicate_keys.front().second);
  }
  const codec::JsonValue& root = document->root;
  if (!root.is_object()) return malformed("not a JSON object", root.offset());
  SAIPH_CHECK(only_members(root, {"payload", "payloadType", "signatures"}));
  Envelope envelope;
  const codec::JsonValue* type = root.find("payloadType");
  if (type == nullptr || !type->is_string()) return malformed("no 'payloadType'", root.offset());
  envelope.payload_type = type->string();
  SAIPH_TRY(envelope.payload, base64_member(root, "payload"));
  const codec::JsonValue* signatures = root.find("signatures");
  if (signatures == nullptr || !signatures->is_array() || signatures->items().empty()) {
    return malformed("no 'signatures'", root.offset());
  }
  if (signatures->items().size() > kMaxEnvelopeSignatures) {
    return Error(ErrorCode::kLimit, "envelope: too many signatures", signatures->offset());
  }
  for (const codec::JsonValue& item : signatures->items()) {
    SAIPH_TRY(EnvelopeSignature signature, read_signature(item));
    envelope.signatures.push_back(std::move(signature));
  }
  return envelope;
}

Result<std::string> seal_envelope(std::string_view payload_type, ByteView payload,
                                  const crypto::Signer& signer) {
  if (payload.size() > kMaxEnvelopeBytes) return too_long();
  Envelope envelope;
  envelope.payload_type = payload_type;
  envelope.payload.assign(payload.begin(), payload.end());
  envelope.signatures.resize(1);
  envelope.signatures[0].keyid = signer.public_key().fingerprint().text();
  SAIPH_TRY(envelope.signatures[0].signature, crypto::dsse_sign(signer, payload_type, payload));
  return encode_envelope(envelope);
}

std::optional<std::size_t> verified_by(const Envelope& envelope,
                                       std::span<const crypto::PublicKey> keys) {
  const Bytes message = crypto::dsse_encoding(envelope.payload_type, envelope.payload);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string keyid = keys[i].fingerprint().text();
    for (const EnvelopeSignature& signature : envelope.signatures) {
      const bool meant = signature.keyid.empty() || signature.keyid == keyid;
      if (meant && keys[i].verify(message, signature.signature)) return i;
    }
  }
  return std::nullopt;
}

}  // namespace saiph::ledger
