// Cookies and the secrets around them (RFC 6265bis): reading one, writing one, the CSRF token that
// belongs to a session.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "net/http.h"

namespace saiph::server {

/// "__Host-NAME" over TLS, else NAME (browsers refuse the prefix without Secure).
std::string session_cookie_name(bool is_tls);
std::string oidc_cookie_name(bool is_tls);

/// The value of the cookie of this name. Nothing when it is not there, or there more than once: a
/// page of a sibling host can add a second one, and which is ours would be a guess. Any thread,
/// linear.
std::optional<std::string_view> find_cookie(const net::Headers& headers, std::string_view name);

/// A Set-Cookie value: Path=/, HttpOnly, Secure over TLS. `max_age_seconds` 0 deletes it.
std::string make_cookie(std::string_view name, std::string_view value, bool is_tls,
                        std::string_view same_site, std::int64_t max_age_seconds);

/// The CSRF token of a session: HMAC-SHA-256 under the session's own secret, base64url. It can be
/// told again to whoever has the cookie, and nothing but its digest needs to be kept.
std::string csrf_token(std::string_view session_secret);
/// SHA-256 of a text.
Digest digest_of(std::string_view text);

/// Whether the request can have come from a page of this very server: its Origin, when there is
/// one, names the host it was sent to; Sec-Fetch-Site, when there, is "same-origin" or "none".
bool is_same_origin(const net::RequestHead& head);

}  // namespace saiph::server
