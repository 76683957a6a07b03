// JSON Web Tokens (RFC 7519) in compact serialisation (RFC 7515), verified after the best current
// practices (RFC 8725), and the key sets that verify them (RFC 7517).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "codec/json/json.h"
#include "crypto/jws_key.h"

namespace saiph::identity {

inline constexpr std::size_t kMaxJwtBytes = 16U << 10;
inline constexpr std::size_t kMaxJwksBytes = 256U << 10;
inline constexpr std::size_t kMaxJwksKeys = 64;

struct Jwk {
  std::string id;  ///< "kid"; empty when it has none
  crypto::JwsKey key;
};

/// Public keys by name. A value; any thread may read.
class Jwks {
 public:
  Jwks() = default;
  /// A JWK set. Only keys that verify signatures are taken: kty RSA, EC with P-256, OKP with
  /// Ed25519; "use" absent or "sig"; "key_ops" absent or with "verify". The algorithm is the key's
  /// "alg"; an RSA key without one is RS256 (OpenID Connect Core's default). Skipped, with a reason
  /// in skipped(): other kinds (symmetric keys above all), sets of numbers that are no key, keys
  /// with private members, and every one of several keys with the same "kid" (RFC 7517, 4.5: which
  /// one a token means would be a guess). Errors: kMalformed (not strict JSON, repeated member
  /// names anywhere, no "keys" array), kLimit (too long, more than kMaxJwksKeys). Any thread.
  static Result<Jwks> parse(ByteView json);

  const std::vector<Jwk>& keys() const { return keys_; }
  /// One sentence each: "key 2 (kid \"a\"): ...". Not escaped for any sink.
  const std::vector<std::string>& skipped() const { return skipped_; }
  /// The key of this name; with no name, the only key of the set. nullptr otherwise.
  const crypto::JwsKey* find(std::optional<std::string_view> id) const;

 private:
  std::vector<Jwk> keys_;
  std::vector<std::string> skipped_;
};

/// What a token must say. Views must live during the call only.
struct JwtExpectations {
  std::string_view issuer;                ///< "iss", equal byte for byte; never empty
  std::string_view audience;              ///< among "aud"; never empty
  std::optional<std::string_view> nonce;  ///< "nonce", when given
  /// "typ" of the header, without case and without "application/"; absent in the token is accepted
  /// only when this is "JWT".
  std::string_view type = "JWT";
  /// Clocks may differ by this much, 0 to five minutes.
  std::int64_t clock_skew_ms = kMinuteMs;
  /// A token older than this ("iat") is refused even when its "exp" is later.
  std::int64_t longest_age_ms = kDayMs;
};

struct JwtClaims {
  std::string issuer;
  std::string subject;  ///< "sub": 1 to 255 bytes
  std::vector<std::string> audience;
  UnixMillis expires = 0;
  UnixMillis issued = 0;
  crypto::JwsAlgorithm algorithm{};  ///< the key's
  /// All claims, strictly parsed: no repeated names at any depth.
  codec::JsonValue all;

  /// A string claim, or "" when absent or no string.
  std::string_view text(std::string_view claim) const;
};

/// The claims of a token that is signed by a key of the set and says what is expected, at `now`.
/// The algorithm is the key's; a header that names another one is refused, as are "crit", tokens
/// that bring their own key ("jwk", "jku", "x5u", "x5c") or an unencoded body ("b64"), and anything
/// but three segments of exact base64url. "exp" and "iat" are demanded; "nbf" is honoured; "aud"
/// with several members demands "azp" equal to the expected audience, and an "azp" that is there
/// must be it. Errors: kMalformed (no such token), kNotFound (its key is not in the set: fetch the
/// set anew, at a bounded rate), kDenied (signature or claim, with the reason), kUnsupported
/// ("crit", encrypted), kLimit (too long), kInvalidArgument (expectations). Messages hold nothing
/// from the token that was not checked. Any thread; linear, plus one signature verification.
Result<JwtClaims> verify_jwt(std::string_view token, const Jwks& keys,
                             const JwtExpectations& expected, UnixMillis now);

}  // namespace saiph::identity
