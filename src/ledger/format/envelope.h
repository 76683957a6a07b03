// The DSSE JSON envelope: how a piece of evidence is stored. Its bytes are the log's leaf.
// Source: DSSE envelope 1.0; the signature itself is crypto/dsse.h. Every byte:
// docs/formats/ledger.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/signature.h"

namespace saiph::ledger {

/// Longest envelope, encoded. A bundle of tlog-tiles gives an entry 16 bits of length; the rest is
/// room for what other logs may have to wrap around it.
inline constexpr std::size_t kMaxEnvelopeBytes = 60U << 10;
/// A second signature is a rotation or a countersignature; more is a padding attempt.
inline constexpr std::size_t kMaxEnvelopeSignatures = 8;
/// The payload type of an in-toto Statement.
inline constexpr std::string_view kInTotoPayloadType = "application/vnd.in-toto+json";

struct EnvelopeSignature {
  std::string keyid;  ///< a hint, not authenticated: PublicKey::fingerprint().text(); may be empty
  Bytes signature;
  bool operator==(const EnvelopeSignature&) const = default;
};

struct Envelope {
  std::string payload_type;
  Bytes payload;
  std::vector<EnvelopeSignature> signatures;  ///< at least one
  bool operator==(const Envelope&) const = default;
};

/// One line of JSON without spaces or line end, members in the order payloadType, payload,
/// signatures[keyid, sig], base64 of RFC 4648 section 4 with padding: the same envelope gives the
/// same bytes always. Errors: kLimit over kMaxEnvelopeBytes or kMaxEnvelopeSignatures,
/// kInvalidArgument without a signature or with text that is not UTF-8. Any thread; linear.
Result<std::string> encode_envelope(const Envelope& envelope);

/// Reads an envelope. Strict: UTF-8 JSON of at most kMaxEnvelopeBytes, every key once, `payload`,
/// `payloadType` and `signatures` present, at least one signature. Unknown members are refused:
/// nobody signed them, and the ledger keeps nothing that nobody signed. `keyid` may be absent.
/// Base64 may use either alphabet (as DSSE wants) but must be canonical: padded, spare bits zero.
/// Errors: kMalformed with an offset where there is one, kLimit. Any thread; linear.
Result<Envelope> decode_envelope(ByteView bytes);

/// Payload, signed by `signer`, as encoded bytes. Errors: as encode_envelope and Signer::sign.
/// Any thread if the signer is; one signature and some microseconds.
Result<std::string> seal_envelope(std::string_view payload_type, ByteView payload,
                                  const crypto::Signer& signer);

/// The first of `keys` that signed the envelope, as an index, or nothing. Every signature is tried
/// with the keys whose fingerprint its keyid names; one without keyid with all. Any thread.
std::optional<std::size_t> verified_by(const Envelope& envelope,
                                       std::span<const crypto::PublicKey> keys);

}  // namespace saiph::ledger
