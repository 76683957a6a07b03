// Proof Key for Code Exchange (RFC 7636), method S256 only.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace saiph::identity {

/// A code verifier: 32 random bytes as 43 characters of base64url (RFC 7636, 4.1). Errors:
/// kUnavailable without randomness. Any thread.
Result<std::string> new_code_verifier();

/// BASE64URL(SHA256(ASCII(verifier))) (RFC 7636, 4.2). Any thread.
std::string code_challenge(std::string_view verifier);

}  // namespace saiph::identity
