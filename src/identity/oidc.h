// OidcClient: login by an OpenID Connect provider (OpenID Connect Core 1.0, authorization code flow
// with PKCE, RFC 7636, and the issuer in the answer, RFC 9207). Fetching is a port.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unix_time.h"
#include "crypto/secret.h"
#include "identity/jwt.h"

namespace saiph::identity {

/// One request to the provider. The implementer verifies TLS, follows no redirect, caps the answer
/// at `longest_answer` bytes, and gives up after its own timeout.
struct FetchRequest {
  bool post = false;  ///< GET otherwise
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::size_t longest_answer = std::size_t{256} << 10;
};
struct FetchAnswer {
  unsigned status = 0;
  std::string body;
};
/// Blocks; called from the threads that call begin() and finish(), several at a time. Errors are
/// handed on, wrapped.
using Fetch = std::function<Result<FetchAnswer>(const FetchRequest&)>;

struct OidcSettings {
  /// "https://accounts.example.org": compared byte for byte with what the provider says of itself.
  std::string issuer;
  std::string client_id;
  /// Empty: a public client, with PKCE alone.
  std::string client_secret;
  /// Where the provider sends people back: https, or http on a loopback host.
  std::string redirect_uri;
  /// "openid" is always asked for and need not stand here.
  std::vector<std::string> scopes{"profile", "email"};
  std::int64_t clock_skew_ms = kMinuteMs;
  /// Time a person has for logging in at the provider.
  std::int64_t login_ms = 10 * kMinuteMs;
  /// http:// for the provider when its host is a loopback address (tests, a sidecar).
  bool allow_plain_loopback = false;
};

/// Where to send the browser, and what to keep in it meanwhile.
struct OidcLogin {
  std::string authorization_url;
  /// The value of a cookie: state, nonce and verifier, sealed under a key of this process; nothing
  /// is kept here, so that a flood of begun logins costs no memory. base64url, under 400
  /// characters. Set it HttpOnly; SameSite=Lax (the way back comes from another site); Path = the
  /// callback's; Max-Age = login_ms; Secure when TLS. Delete it in the callback, whatever comes of
  /// it.
  std::string cookie;
};

/// What the browser brought to the redirect URI (query, percent-decoded) and the cookie.
struct OidcReturn {
  std::string_view state;
  std::string_view code;
  std::string_view error;                  ///< "error" of RFC 6749, 4.1.2.1, when it is there
  std::optional<std::string_view> issuer;  ///< "iss" of RFC 9207
  std::string_view cookie;
};

/// Who the provider says it is. (issuer, subject) is the person's only lasting name; the others are
/// for display and may change or be anybody's.
struct OidcIdentity {
  std::string issuer;
  std::string subject;
  std::string preferred_username;
  std::string name;
  std::string email;
  bool email_verified = false;
};

/// Any thread. Discovery is cached for an hour, keys for an hour and fetched anew for an unknown
/// key at most once a minute; a provider that does not answer is asked at most once in five
/// seconds.
class OidcClient {
 public:
  /// Nothing is fetched yet. Errors: kInvalidArgument with the setting's name, kUnavailable without
  /// randomness.
  static Result<std::unique_ptr<OidcClient>> make(OidcSettings settings, Fetch fetch);
  ~OidcClient();

  /// Starts a login. Blocks for discovery when that is not cached. Errors: kUnavailable (the
  /// provider does not answer), kMalformed or kDenied (its metadata are not what they should be).
  Result<OidcLogin> begin(UnixMillis now);

  /// Ends a login: checks cookie, state and issuer, exchanges the code, verifies the ID token
  /// (Core 3.1.3.7, and at_hash where it is given). Errors: kDenied (with a reason for the log, not
  /// for the person: state, expiry, the provider's refusal, signature, claims), kUnavailable,
  /// kMalformed. A state ends only one login in this process.
  Result<OidcIdentity> finish(const OidcReturn& answer, UnixMillis now);

 private:
  struct Impl;
  explicit OidcClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace saiph::identity
