#include "base/escape.h"
#include "crypto/secret.h"
#include "identity/tokens.h"
#include "identity/totp.h"
#include "server/authenticate.h"
#include "server/context.h"
#include "server/cookies.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/text_rules.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

/// A name that is nobody's, under which setup and callbacks are throttled by address alone.
constexpr std::string_view kNobody = "\n";

Problem login_refused() {
  return {ProblemKind::kLoginRefused, "Look at the name, the password and the code."};
}

Problem wait(std::int64_t wait_ms) {
  return {.kind = ProblemKind::kTooManyRequests,
          .detail = "Too many wrong tries.",
          .retry_after = (wait_ms + kSecondMs - 1) / kSecondMs};
}

std::optional<std::string_view> session_cookie(const Context& context) {
  return find_cookie(context.head().headers, session_cookie_name(context.head().is_tls));
}

/// Begins a session and sets its cookie. The session that the browser had ends: nobody keeps one
/// that was planted.
Result<Principal> begin_session(Context& context, const control::Account& account,
                                net::Headers& headers) {
  auto& sessions = context.services.state.sessions();
  if (const auto old = session_cookie(context)) {
    if (const auto digest = identity::token_digest(*old, identity::TokenKind::kSession)) {
      const Status ended = sessions.end(*digest, control::Actor::session(account.id), context.now);
      if (!ended && ended.error().code() != ErrorCode::kNotFound) return ended.error();
    }
  }
  SAIPH_TRY(const identity::NewToken token, identity::new_token(identity::TokenKind::kSession));
  const std::string csrf = csrf_token(token.text());
  Principal principal;
  SAIPH_TRY(principal.session, sessions.begin(account.id, token.digest(), digest_of(csrf),
                                              control::Actor::session(account.id), context.now));
  principal.account = account;
  principal.permissions = identity::permissions_of(account.role);
  principal.session_secret = token.text();
  principal.expires = principal.session->expires;
  const bool is_tls = context.head().is_tls;
  headers.add("Set-Cookie", make_cookie(session_cookie_name(is_tls), token.text(), is_tls, "Strict",
                                        control::kSessionMaxMs / kSecondMs));
  return principal;
}

net::Response session_answer(int status, const Principal& principal, const net::Headers& headers) {
  net::Response response = json_answer(status, [&](codec::JsonWriter& json) {
    write_session(json, principal,
                  principal.session ? csrf_token(principal.session_secret) : std::string());
  });
  for (const auto& field : headers.fields()) response.headers.add(field.name, field.value);
  return response;
}

/// Whether the second factor is right; a code or a recovery code is used up by it.
Result<bool> second_factor(Context& context, const control::Account& account,
                           const control::Totp& totp, std::string_view code) {
  auto& accounts = context.services.state.accounts();
  SAIPH_TRY(const auto step,
            identity::verify_totp(totp.secret.view(), code, context.now, totp.last_used_step));
  Status used;
  if (step) {
    used = accounts.use_totp_step(account.id, *step);
  } else if (const auto digest = identity::recovery_code_digest(code)) {
    used = accounts.use_recovery_code(account.id, *digest, control::Actor::session(account.id),
                                      context.now);
  } else {
    return false;
  }
  if (!used && used.error().code() != ErrorCode::kDenied) return used.error();
  return used.has_value();
}

/// The account whose password this is; nothing for every other. Costs the same either way.
Result<std::optional<control::Account>> check_password(Context& context, const std::string& name,
                                                       const std::string& password) {
  auto& accounts = context.services.state.accounts();
  auto account = accounts.find_by_name(name);
  if (!account && account.error().code() != ErrorCode::kNotFound) return account.error();
  std::optional<std::string> hash;
  if (account && !account->disabled) {
    SAIPH_TRY(hash, accounts.password_hash(account->id));
  }
  if (!hash) {
    SAIPH_CHECK(context.services.passwords.verify_nobody(password));
    return std::optional<control::Account>();
  }
  SAIPH_TRY(const crypto::PasswordCheck check, context.services.passwords.verify(*hash, password));
  if (!check.matches) return std::optional<control::Account>();
  if (check.rehash) {
    // Only better parameters: that it fails harms nobody.
    if (auto anew = context.services.passwords.hash(password)) {
      static_cast<void>(accounts.rehash_password(account->id, *hash, *anew));
    }
  }
  return std::optional(std::move(*account));
}

}  // namespace

Answer log_in(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  const auto name = body.text("name", kAccountNameRule);
  const auto password = body.text("password", {1, 256});
  constexpr TextRule kCode{6, 32, &is_code, "must be six digits or a recovery code"};
  const auto code = body.text("totp", kCode, Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());

  auto& throttle = context.services.throttle;
  const std::string& peer = context.head().peer_address;
  const auto refuse = [&](const Problem& problem) {
    context.parts.metrics.login(false);
    return answer(context, problem);
  };
  if (const std::int64_t wait_ms = throttle.admit(*name, peer, context.now); wait_ms > 0) {
    return refuse(wait(wait_ms));
  }
  const auto checked = check_password(context, *name, *password);
  if (!checked) return answer(context, checked.error());
  const auto& account = *checked;
  if (!account) return refuse(login_refused());
  const auto stored = context.services.state.accounts().totp(account->id);
  if (!stored) return answer(context, stored.error());
  if (const auto& totp = *stored) {
    if (!code) return refuse({ProblemKind::kTotpRequired, "Send it as `totp`."});
    const auto right = second_factor(context, *account, *totp, *code);
    if (!right) return answer(context, right.error());
    if (!*right) return refuse(login_refused());
  }
  net::Headers headers;
  const auto principal = begin_session(context, *account, headers);
  if (!principal) return answer(context, principal.error());
  throttle.succeeded(*name, peer, context.now);
  context.parts.metrics.login(true);
  return session_answer(200, *principal, headers);
}

Answer who_am_i(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  return session_answer(200, context.who(), {});
}

Answer log_out(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Principal& who = context.who();
  if (!who.session) return answer(context, not_authenticated("Only a session can be ended."));
  const Status ended =
      context.services.state.sessions().end(who.session->token, who.actor(), context.now);
  if (!ended && ended.error().code() != ErrorCode::kNotFound) {
    return answer(context, ended.error());
  }
  context.parts.live.end_all(who.account.id);
  net::Response response = nothing_to_say();
  const bool is_tls = context.head().is_tls;
  response.headers.add("Set-Cookie",
                       make_cookie(session_cookie_name(is_tls), "", is_tls, "Strict", 0));
  response.headers.add("Clear-Site-Data", "\"cache\"");
  return response;
}

Answer get_setup(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto needed = context.services.state.setup().needed();
  if (!needed) return answer(context, needed.error());
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("needed", *needed);
    json.key("oidc");
    if (context.services.oidc == nullptr) {
      json.null();
    } else {
      json.string(context.options.oidc_name);
    }
    json.member("version", context.options.version);
    json.end_object();
  });
}

Answer set_up(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  constexpr TextRule kLink{59, 59, &is_setup_token, "must be the part of the setup link after #"};
  const auto link = body.text("token", kLink);
  const auto name = body.text("name", kAccountNameRule);
  const auto display = body.text("display", kDisplayRule, Presence::kOptional);
  const auto password = body.text("password", kPasswordRule);
  if (!body.finish()) return answer(context, std::move(body).problem());

  const Services& services = context.services;
  const std::string& peer = context.head().peer_address;
  if (const std::int64_t wait_ms = services.throttle.admit(kNobody, peer, context.now)) {
    return answer(context, wait(wait_ms));
  }
  const auto needed = services.state.setup().needed();
  if (!needed) return answer(context, needed.error());
  if (!*needed) {
    return answer(context, Problem{ProblemKind::kSetUpAlready, "Log in instead."});
  }
  const Problem no_link{ProblemKind::kSetupLinkRefused,
                        "It is unknown, used or over. Start the server anew for another one."};
  const auto digest = identity::token_digest(*link, identity::TokenKind::kSetup);
  if (!digest) return answer(context, no_link);
  if (const Status good = identity::check_password_policy(*password, *name); !good) {
    return answer(context, good.error());
  }
  auto hash = services.passwords.hash(*password);
  if (!hash) return answer(context, hash.error());
  control::NewAccount first;
  first.name = *name;
  first.display = display.value_or("");
  first.role = identity::Role::kAdmin;
  first.password_hash = std::move(*hash);
  const auto account = services.state.setup().redeem(*digest, first, context.now);
  if (!account) {
    return account.error().code() == ErrorCode::kDenied ? answer(context, no_link)
                                                        : answer(context, account.error());
  }
  net::Headers headers;
  const auto principal = begin_session(context, *account, headers);
  if (!principal) return answer(context, principal.error());
  services.throttle.succeeded(kNobody, peer, context.now);
  return session_answer(201, *principal, headers);
}

Answer begin_oidc(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  if (context.services.oidc == nullptr) {
    return answer(context, Problem{ProblemKind::kNotFound, "No identity provider is configured."});
  }
  const auto login = context.services.oidc->begin(context.now);
  if (!login) return answer(context, login.error());
  net::Response response(302);
  const bool is_tls = context.head().is_tls;
  response.headers.add("Location", login->authorization_url);
  // Lax: the way back comes from the provider's site.
  response.headers.add("Set-Cookie", make_cookie(oidc_cookie_name(is_tls), login->cookie, is_tls,
                                                 "Lax", 10 * kMinuteMs / kSecondMs));
  return response;
}

Answer finish_oidc(Context& context) {
  QueryReader query(context.head());
  const auto code = query.text("code", {1, 4096});
  const auto state = query.text("state", {1, 256});
  const auto error = query.text("error", {0, 256});
  const auto issuer = query.text("iss", {0, 2048});
  for (const char* ignored : {"error_description", "session_state", "scope"}) {
    static_cast<void>(query.text(ignored, {0, 2048}));
  }
  if (!query.finish()) return answer(context, std::move(query).problem());
  if (context.services.oidc == nullptr) {
    return answer(context, Problem{ProblemKind::kNotFound, "No identity provider is configured."});
  }
  const bool is_tls = context.head().is_tls;
  const std::string_view cookie =
      find_cookie(context.head().headers, oidc_cookie_name(is_tls)).value_or("");
  net::Headers headers;
  headers.add("Set-Cookie", make_cookie(oidc_cookie_name(is_tls), "", is_tls, "Lax", 0));
  const auto refuse = [&](const Problem& problem) {
    net::Response response = answer(context, problem);
    for (const auto& field : headers.fields()) response.headers.add(field.name, field.value);
    return response;
  };
  const identity::OidcReturn brought{
      .state = state ? std::string_view(*state) : std::string_view(),
      .code = code ? std::string_view(*code) : std::string_view(),
      .error = error ? std::string_view(*error) : std::string_view(),
      .issuer = issuer ? std::optional<std::string_view>(*issuer) : std::nullopt,
      .cookie = cookie};
  const auto person = context.services.oidc->finish(brought, context.now);
  if (!person) {
    context.parts.metrics.login(false);
    if (context.services.log) {
      context.services.log("request " + context.request_id + ": login by the identity provider: " +
                           escape_terminal(person.error().describe()));
    }
    if (person.error().code() == ErrorCode::kUnavailable) {
      return refuse({.kind = ProblemKind::kUnavailable,
                     .detail = "The identity provider does not answer.",
                     .retry_after = 5});
    }
    return refuse({ProblemKind::kLoginRefused,
                   "The identity provider's answer is not good. Begin "
                   "again from the login page."});
  }
  const auto account =
      context.services.state.accounts().find_by_oidc(person->issuer, person->subject);
  if (!account && account.error().code() != ErrorCode::kNotFound) {
    return answer(context, account.error());
  }
  if (!account || account->disabled) {
    context.parts.metrics.login(false);
    return refuse({ProblemKind::kLoginRefused,
                   "No account here belongs to this person. An administrator can link one: its "
                   "`oidc_subject` is " +
                       person->subject + "."});
  }
  const auto principal = begin_session(context, *account, headers);
  if (!principal) return answer(context, principal.error());
  context.parts.metrics.login(true);
  net::Response response(302);
  response.headers = std::move(headers);
  response.headers.add("Location", "/");
  return response;
}

}  // namespace saiph::server::routes
