#include "identity/totp.h"
#include "server/context.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/text_rules.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

constexpr std::string_view kTotpIssuer = "Saiph";

Problem no_account() {
  return {ProblemKind::kNotFound, "No account has this identifier."};
}

net::Response account_answer(int status, const control::Account& account) {
  net::Response response =
      json_answer(status, [&](codec::JsonWriter& json) { write(json, account); });
  response.headers.add("ETag", etag_of(account.version));
  return response;
}

/// Refuses parameters and identifiers that cannot be.
std::optional<net::Response> refuse_form(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  if (!is_uuid7(context.parameter)) return answer(context, no_account());
  return std::nullopt;
}

bool is_own(const Context& context) {
  return context.who().account.id == context.parameter;
}

/// One's own account, or an administrator.
std::optional<net::Response> refuse_others(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  if (is_own(context) || context.who().may(identity::Permission::kAdminister)) return std::nullopt;
  return answer(context, Problem{ProblemKind::kForbidden, "It is somebody else's account."});
}

/// kDenied of a change of accounts: no administrator would be left.
net::Response answer_account(Context& context, const Error& error) {
  if (error.code() == ErrorCode::kDenied) {
    return answer(context,
                  Problem{ProblemKind::kLastAdministrator, "Make another administrator first."});
  }
  if (error.code() == ErrorCode::kNotFound) return answer(context, no_account());
  return answer_change(context, error);
}

std::optional<Digest> own_session(const Context& context) {
  const Principal& who = context.who();
  return who.session ? std::optional(who.session->token) : std::nullopt;
}

}  // namespace

Answer list_accounts(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  if (!query.finish()) return answer(context, std::move(query).problem());
  const auto accounts = context.services.state.accounts().list(page);
  if (!accounts) return answer_list(context, accounts.error());
  return page_answer(*accounts, [](codec::JsonWriter& json, const control::Account& account) {
    write(json, account);
  });
}

Answer create_account(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  constexpr TextRule kRole{
      1, 16, [](std::string_view text) { return identity::parse_role(text).has_value(); },
      "must be admin, operator, auditor or reporter"};
  const auto name = body.text("name", kAccountNameRule);
  const auto display = body.text("display", kDisplayRule, Presence::kOptional);
  const auto role = body.text("role", kRole);
  const auto password = body.text("password", kPasswordRule, Presence::kOptional);
  const auto subject = body.text("oidc_subject", kOidcSubjectRule, Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());

  control::NewAccount account;
  account.name = *name;
  account.display = display.value_or("");
  account.role = identity::parse_role(*role).value_or(identity::Role::kReporter);
  if (subject && !subject->empty()) {
    if (context.services.oidc == nullptr) {
      return answer(context, Problem{ProblemKind::kRefused, "No identity provider is configured."});
    }
    account.oidc_issuer = context.options.oidc_issuer;
    account.oidc_subject = *subject;
  }
  if (password) {
    if (const Status good = identity::check_password_policy(*password, *name); !good) {
      return answer(context, good.error());
    }
    auto hash = context.services.passwords.hash(*password);
    if (!hash) return answer(context, hash.error());
    account.password_hash = std::move(*hash);
  }
  const auto made =
      context.services.state.accounts().create(account, context.who().actor(), context.now);
  if (!made) return answer(context, made.error());
  net::Response response = account_answer(201, *made);
  response.headers.add("Location", "/api/v1/accounts/" + made->id);
  return response;
}

Answer get_account(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  if (!is_own(context) && !context.who().may(identity::Permission::kReadSettings)) {
    return answer(context, Problem{ProblemKind::kForbidden, "It is somebody else's account."});
  }
  const auto account = context.services.state.accounts().get(context.parameter);
  if (!account) return answer_account(context, account.error());
  return account_answer(200, *account);
}

Answer change_account(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  BodyReader body(context.body());
  constexpr TextRule kRole{
      1, 16, [](std::string_view text) { return identity::parse_role(text).has_value(); },
      "must be admin, operator, auditor or reporter"};
  control::AccountChange change;
  change.display = body.text("display", kDisplayRule, Presence::kOptional);
  const auto role = body.text("role", kRole, Presence::kOptional);
  change.disabled = body.boolean("disabled", Presence::kOptional);
  const auto subject = body.text("oidc_subject", kOidcSubjectRule, Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());
  if (!change.display && !role && !change.disabled && !subject) {
    body.fail("", "must name at least one change");
    return answer(context, std::move(body).problem());
  }
  if (role) change.role = identity::parse_role(*role);
  if (subject) {
    if (!subject->empty() && context.services.oidc == nullptr) {
      return answer(context, Problem{ProblemKind::kRefused, "No identity provider is configured."});
    }
    change.oidc_issuer = subject->empty() ? "" : context.options.oidc_issuer;
    change.oidc_subject = *subject;
  }
  const auto account = context.services.state.accounts().change(
      context.parameter, if_match(context), change, context.who().actor(), context.now);
  if (!account) return answer_account(context, account.error());
  context.parts.live.end_all(account->id);
  return account_answer(200, *account);
}

Answer delete_account(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const Status removed = context.services.state.accounts().remove(
      context.parameter, if_match(context), context.who().actor(), context.now);
  if (!removed) return answer_account(context, removed.error());
  context.parts.totps.drop(std::string(context.parameter));
  context.parts.live.end_all(std::string(context.parameter));
  return nothing_to_say();
}

Answer set_password(Context& context) {
  if (auto refusal = refuse_others(context)) return refusal;
  BodyReader body(context.body());
  const auto password = body.text("password", kPasswordRule);
  const auto current = body.text("current", {1, 256}, Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());

  const Services& services = context.services;
  auto& accounts = services.state.accounts();
  const auto account = accounts.get(context.parameter);
  if (!account) return answer_account(context, account.error());
  if (is_own(context) && account->has_password) {
    // A borrowed browser must not be able to keep its owner out.
    const std::string& peer = context.head().peer_address;
    const std::int64_t wait_ms = services.throttle.admit(account->name, peer, context.now);
    if (wait_ms > 0) {
      return answer(context, Problem{.kind = ProblemKind::kTooManyRequests,
                                     .detail = "Too many wrong tries.",
                                     .retry_after = (wait_ms + kSecondMs - 1) / kSecondMs});
    }
    const auto hash = accounts.password_hash(account->id);
    if (!hash) return answer(context, hash.error());
    bool matches = false;
    if (const auto& stored = *hash; current && stored) {
      const auto check = services.passwords.verify(*stored, *current);
      if (!check) return answer(context, check.error());
      matches = check->matches;
    }
    if (!matches) {
      return answer(context, Problem{ProblemKind::kForbidden, "`current` is not your password."});
    }
    services.throttle.succeeded(account->name, peer, context.now);
  }
  if (const Status good = identity::check_password_policy(*password, account->name); !good) {
    return answer(context, good.error());
  }
  const auto hash = services.passwords.hash(*password);
  if (!hash) return answer(context, hash.error());
  const auto changed = accounts.set_password(account->id, *hash,
                                             is_own(context) ? own_session(context) : std::nullopt,
                                             context.who().actor(), context.now);
  if (!changed) return answer_account(context, changed.error());
  context.parts.live.end_all(account->id);
  return nothing_to_say();
}

Answer begin_totp(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  if (!is_own(context)) {
    return answer(context, Problem{ProblemKind::kForbidden,
                                   "Everybody sets up their own second factor only."});
  }
  if (context.who().account.has_totp) {
    return answer(context, Problem{ProblemKind::kConflict,
                                   "There is a second factor. An administrator can remove it."});
  }
  auto secret = identity::new_totp_secret();
  if (!secret) return answer(context, secret.error());
  const std::string text = identity::totp_secret_text(secret->view());
  const std::string uri =
      identity::totp_uri(secret->view(), kTotpIssuer, context.who().account.name);
  if (!context.parts.totps.put(context.who().account.id, std::move(*secret), context.now)) {
    return answer(context, Problem{.kind = ProblemKind::kUnavailable,
                                   .detail = "Too many second factors are being set up.",
                                   .retry_after = 60});
  }
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("secret", text);
    json.member("uri", uri);
    json.end_object();
  });
}

Answer confirm_totp(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  BodyReader body(context.body());
  constexpr TextRule kCode{6, 6,
                           [](std::string_view text) {
                             return text.find_first_not_of("0123456789") == std::string_view::npos;
                           },
                           "must be six digits"};
  const auto code = body.text("code", kCode);
  if (!body.finish()) return answer(context, std::move(body).problem());
  if (!is_own(context)) {
    return answer(context, Problem{ProblemKind::kForbidden,
                                   "Everybody sets up their own second factor only."});
  }
  const std::string& id = context.who().account.id;
  const auto secret = context.parts.totps.get(id, context.now);
  if (!secret) {
    return answer(context, Problem{ProblemKind::kConflict, "Begin the second factor anew."});
  }
  const auto verified = identity::verify_totp(secret->view(), *code, context.now, std::nullopt);
  if (!verified) return answer(context, verified.error());
  const auto& step = *verified;
  if (!step) {
    return answer(context, Problem{ProblemKind::kRefused,
                                   "This is not the present code. Is the phone's clock right?"});
  }
  const auto codes = identity::new_recovery_codes();
  if (!codes) return answer(context, codes.error());
  std::vector<Digest> digests;
  for (const identity::RecoveryCode& recovery : *codes) digests.push_back(recovery.digest);
  const auto set = context.services.state.accounts().set_totp(id, secret->view(), *step, digests,
                                                              context.who().actor(), context.now);
  if (!set) return answer_account(context, set.error());
  context.parts.totps.drop(id);
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.array("recovery_codes");
    for (const identity::RecoveryCode& recovery : *codes) json.string(recovery.text);
    json.end_array();
    json.end_object();
  });
}

Answer remove_totp(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto cleared = context.services.state.accounts().clear_totp(
      context.parameter, context.who().actor(), context.now);
  if (!cleared) return answer_account(context, cleared.error());
  return nothing_to_say();
}

Answer end_sessions(Context& context) {
  if (auto refusal = refuse_others(context)) return refusal;
  const auto account = context.services.state.accounts().get(context.parameter);
  if (!account) return answer_account(context, account.error());
  const auto ended = context.services.state.sessions().end_all(account->id, std::nullopt,
                                                               context.who().actor(), context.now);
  if (!ended) return answer(context, ended.error());
  context.parts.live.end_all(account->id);
  return nothing_to_say();
}

}  // namespace saiph::server::routes
