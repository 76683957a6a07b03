// Key rotation: the entry by which the present key names the next one.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signature.h"
#include "ledger/format/note.h"
#include "ledger/format/statement.h"

namespace saiph::ledger {

/// The entry: a statement about the next key (subject: SHA-256 of its SubjectPublicKeyInfo), with
/// the two verifier keys in its predicate, signed by both, so that nobody can name a key that they
/// do not hold. `reason` is kept as given. Errors: of signing; kInvalidArgument for a name that
/// cannot be a key's.
Result<Bytes> make_key_rotation(const std::string& origin, const crypto::Signer& present,
                                const crypto::Signer& next, const std::string& reason);

/// The next key that such a statement names. Errors: kMalformed.
Result<VerifierKey> next_key_of(const Statement& statement, const std::string& origin);

}  // namespace saiph::ledger
