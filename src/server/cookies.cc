#include "server/cookies.h"

#include "codec/base64/base64.h"
#include "crypto/hmac.h"
#include "crypto/sha256.h"

namespace saiph::server {

std::string session_cookie_name(bool is_tls) {
  return is_tls ? "__Host-saiph" : "saiph";
}

std::string oidc_cookie_name(bool is_tls) {
  return is_tls ? "__Host-saiph-oidc" : "saiph-oidc";
}

std::optional<std::string_view> find_cookie(const net::Headers& headers, std::string_view name) {
  std::string_view rest = headers.find("Cookie").value_or("");
  std::optional<std::string_view> found;
  while (!rest.empty()) {
    std::string_view pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
    if (found) return std::nullopt;
    found = pair.substr(equals + 1);
  }
  return found;
}

std::string make_cookie(std::string_view name, std::string_view value, bool is_tls,
                        std::string_view same_site, std::int64_t max_age_seconds) {
  std::string cookie(name);
  cookie += '=';
  cookie += value;
  cookie += "; Path=/; HttpOnly; SameSite=";
  cookie += same_site;
  cookie += "; Max-Age=" + std::to_string(max_age_seconds);
  if (is_tls) cookie += "; Secure";
  return cookie;
}

std::string csrf_token(std::string_view session_secret) {
  const Digest mac = crypto::hmac_sha256(as_bytes(session_secret), as_bytes("saiph csrf token"));
  return codec::encode_base64_url(mac.bytes);
}

Digest digest_of(std::string_view text) {
  crypto::Sha256 hash;
  hash.update(as_bytes(text));
  return hash.finish();
}

bool is_same_origin(const net::RequestHead& head) {
  if (const auto site = head.headers.find("Sec-Fetch-Site")) {
    if (*site != "same-origin" && *site != "none") return false;
  }
  const auto origin = head.headers.find("Origin");
  if (!origin) return true;
  const std::size_t scheme = origin->find("://");
  const auto host = head.headers.find("Host");
  return scheme != std::string_view::npos && host &&
         net::equal_ignoring_case(origin->substr(scheme + 3), *host);
}

}  // namespace saiph::server
