// Key rotation: the entry by which the present key names the next one.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signature.h"
#include "ledger/format/note.h"
#include "ledger/format/statement.h"

namespace saiph::ledger {

/// Of the envelope: the present key's and the next one's.
inline constexpr std::size_t kRotationSignatures = 2;

/// The entry: a statement about the next key (subject: SHA-256 of its SubjectPublicKeyInfo), with
/// the two verifier keys in its predicate, signed by both, so that nobody can name a key that they
/// do not hold. `reason` is kept as given. Errors: of signing; kInvalidArgument for a name that
/// cannot be a key's.
Result<Bytes> make_key_rotation(const std::string& origin, const crypto::Signer& present,
                                const crypto::Signer& next, const std::string& reason);

/// The next key that such a statement names, if it replaces `present`. The caller checks that both
/// signed, and nobody else. Errors: kMalformed.
Result<VerifierKey> next_key_of(const Statement& statement, const VerifierKey& present);

}  // namespace saiph::ledger
