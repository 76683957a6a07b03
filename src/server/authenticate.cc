#include "server/authenticate.h"

#include "crypto/secret.h"
#include "identity/tokens.h"
#include "server/cookies.h"

namespace saiph::server {

namespace {

constexpr std::string_view kBearer = "Bearer ";

Problem unavailable() {
  return {.kind = ProblemKind::kUnavailable,
          .detail = "The state cannot be read; the server's log says why.",
          .retry_after = 5};
}

bool is_change(net::Method method) {
  return method != net::Method::kGet && method != net::Method::kHead &&
         method != net::Method::kOptions;
}

std::variant<Principal, Problem> by_token(const Services& services, std::string_view field,
                                          UnixMillis now) {
  if (field.size() <= kBearer.size() ||
      !net::equal_ignoring_case(field.substr(0, kBearer.size()), kBearer)) {
    return not_authenticated("Authorization takes `Bearer` and an API token.");
  }
  const auto digest =
      identity::token_digest(field.substr(kBearer.size()), identity::TokenKind::kApi);
  if (!digest) return not_authenticated("This is no API token.");
  auto live = services.state.tokens().use(*digest, now);
  if (!live) {
    if (live.error().code() != ErrorCode::kNotFound) return unavailable();
    return not_authenticated("The token is unknown, over or taken back.");
  }
  Principal principal;
  principal.account = std::move(live->account);
  principal.permissions = live->permissions;
  principal.expires = live->token.expires;
  return principal;
}

std::variant<Principal, Problem> by_cookie(const Services& services, std::string_view secret,
                                           UnixMillis now) {
  const auto digest = identity::token_digest(secret, identity::TokenKind::kSession);
  if (!digest) return not_authenticated("The cookie is no session.");
  auto live = services.state.sessions().use(*digest, now);
  if (!live) {
    if (live.error().code() != ErrorCode::kNotFound) return unavailable();
    return not_authenticated("The session is over.");
  }
  Principal principal;
  principal.account = std::move(live->account);
  principal.permissions = identity::permissions_of(principal.account.role);
  principal.expires = live->session.expires;
  principal.session = std::move(live->session);
  principal.session_secret = secret;
  return principal;
}

}  // namespace

Problem not_authenticated(std::string detail) {
  Problem problem{ProblemKind::kNotAuthenticated, std::move(detail)};
  problem.headers.add("WWW-Authenticate", "Bearer realm=\"saiph\"");
  return problem;
}

std::variant<Principal, Problem> authenticate(const Services& services,
                                              const net::RequestHead& head, UnixMillis now) {
  if (const auto field = head.headers.find("Authorization")) {
    return by_token(services, *field, now);
  }
  const auto cookie = find_cookie(head.headers, session_cookie_name(head.is_tls));
  if (!cookie) return not_authenticated("Send the session's cookie, or an API token.");
  return by_cookie(services, *cookie, now);
}

std::optional<Problem> refuse_principal(const Principal& principal, const Operation& operation,
                                        const net::RequestHead& head) {
  if (!principal.session && !operation.with_token) {
    return Problem{ProblemKind::kForbidden, "An API token cannot do this: log in."};
  }
  const bool by_permission =
      operation.access == Access::kPermission || operation.access == Access::kTiles;
  if (by_permission && !principal.may(operation.permission)) {
    return Problem{
        ProblemKind::kForbidden,
        "It needs the permission `" + std::string(identity::name_of(operation.permission)) + "`."};
  }
  if (!principal.session || !is_change(head.method)) return std::nullopt;
  if (!is_same_origin(head)) {
    return Problem{ProblemKind::kCsrf, "The request came from a page of another site."};
  }
  const auto token = head.headers.find("X-Saiph-CSRF");
  const Digest sent = digest_of(token.value_or(""));
  if (!token || !crypto::constant_time_equal(sent.bytes, principal.session->csrf.bytes)) {
    return Problem{ProblemKind::kCsrf, "Send `csrf` of GET /api/v1/session in X-Saiph-CSRF."};
  }
  return std::nullopt;
}

}  // namespace saiph::server
