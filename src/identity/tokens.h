// Opaque tokens: random, recognisable when leaked, stored as a digest only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace saiph::identity {

/// What a token is for; it stands in the text, so that one kind never passes as another.
enum class TokenKind : std::uint8_t {
  kSession,  ///< "saiph_ses_": the cookie of a person
  kApi,      ///< "saiph_api_": Authorization: Bearer
  kSetup,    ///< "saiph_set_": the link of the first start
  kCsrf,     ///< "saiph_csr_": the header beside the cookie
};

/// Every token text has this many characters: prefix (10), 32 random bytes in base 62 (43), CRC-32
/// of all that in base 62 (6).
inline constexpr std::size_t kTokenCharacters = 59;
/// A regular expression for secret scanners (RE2, POSIX and PCRE syntax).
inline constexpr std::string_view kTokenPattern = "saiph_(ses|api|set|csr)_[0-9A-Za-z]{49}";

/// A new token. The text is shown or sent once and wiped with this object.
class NewToken {
 public:
  NewToken(crypto::SecretBytes text, const Digest& digest)
      : text_(std::move(text)), digest_(digest) {}
  /// Valid while this object lives.
  std::string_view text() const { return as_text(text_.view()); }
  /// SHA-256 of the text: what is stored.
  const Digest& digest() const { return digest_; }

 private:
  crypto::SecretBytes text_;
  Digest digest_;
};

/// Errors: kUnavailable without randomness. Any thread.
Result<NewToken> new_token(TokenKind kind);

/// The digest under which a presented token would be stored. Nothing when the text is no token of
/// this kind (length, prefix, alphabet, CRC, a number over 2^256): then no table needs to be asked.
/// Looking up a SHA-256 by equality needs no constant time: its bits are not the caller's to steer.
/// Any thread; under a microsecond.
std::optional<Digest> token_digest(std::string_view text, TokenKind kind);

}  // namespace saiph::identity
