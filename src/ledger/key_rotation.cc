#include "ledger/key_rotation.h"

#include "base/byte_source.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "crypto/dsse.h"
#include "ledger/format/envelope.h"

namespace saiph::ledger {

Result<Bytes> make_key_rotation(const std::string& origin, const crypto::Signer& present,
                                const crypto::Signer& next, const std::string& reason) {
  SAIPH_TRY(const VerifierKey from, VerifierKey::of_log(origin, present.public_key()));
  SAIPH_TRY(const VerifierKey to, VerifierKey::of_log(origin, next.public_key()));
  Statement statement;
  statement.subjects.push_back(
      Subject::of("ledger key " + to.text(), next.public_key().fingerprint()));
  statement.predicate_type = predicate_type_uri(PredicateType::kKeyRotation);
  statement.predicate.clear();
  codec::JsonWriter writer(statement.predicate);
  writer.begin_object();
  writer.member("from", from.text());
  writer.member("to", to.text());
  if (!reason.empty()) writer.member("reason", reason);
  writer.end_object();
  SAIPH_TRY(const std::string text, encode_statement(statement));
  Envelope envelope;
  envelope.payload_type = kInTotoPayloadType;
  const ByteView payload = as_bytes(text);
  envelope.payload.assign(payload.begin(), payload.end());
  for (const crypto::Signer* signer : {&present, &next}) {
    SAIPH_TRY(Bytes signature, crypto::dsse_sign(*signer, envelope.payload_type, envelope.payload));
    envelope.signatures.push_back(
        {signer->public_key().fingerprint().text(), std::move(signature)});
  }
  SAIPH_TRY(const std::string encoded, encode_envelope(envelope));
  const ByteView bytes = as_bytes(encoded);
  return Bytes(bytes.begin(), bytes.end());
}

Result<VerifierKey> next_key_of(const Statement& statement, const VerifierKey& present) {
  Budget budget{Limits::strict()};
  SAIPH_TRY(const auto document,
            codec::load_json(ViewSource(as_bytes(statement.predicate)), budget));
  const codec::JsonValue* const from = document.root.find("from");
  if (from == nullptr || from->string() != present.text()) {
    return Error(ErrorCode::kMalformed, "it replaces another key than the present one");
  }
  const codec::JsonValue* const to = document.root.find("to");
  if (to == nullptr) return Error(ErrorCode::kMalformed, "it names no key");
  SAIPH_TRY(VerifierKey key, VerifierKey::parse(to->string()));
  if (key.name() != present.name() || key.type() == NoteKeyType::kCosignatureV1) {
    return Error(ErrorCode::kMalformed, "it names a key of another log");
  }
  if (key.text() == present.text()) {
    return Error(ErrorCode::kMalformed, "it names the present key as the next one");
  }
  if (statement.subjects.empty() ||
      statement.subjects.front().sha256() != key.key().fingerprint()) {
    return Error(ErrorCode::kMalformed, "its subject is not the key that it names");
  }
  return key;
}

}  // namespace saiph::ledger
