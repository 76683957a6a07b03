// DSSE, Dead Simple Signing Envelope, protocol version 1: what is signed, and signing it.
// The JSON envelope is ledger/format/envelope.h.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signature.h"

namespace saiph::crypto {

/// The bytes that are signed: "DSSEv1 LEN(type) type LEN(payload) payload" with single spaces and
/// lengths in bytes as decimal numbers. Injective. Any thread; one allocation, linear.
Bytes dsse_encoding(std::string_view payload_type, ByteView payload);

/// The signer's signature over that. Errors: as Signer::sign. Any thread.
Result<Bytes> dsse_sign(const Signer& signer, std::string_view payload_type, ByteView payload);

/// Whether it is this key's signature over that. Any thread.
bool dsse_verify(const PublicKey& key, std::string_view payload_type, ByteView payload,
                 ByteView signature);

}  // namespace saiph::crypto
