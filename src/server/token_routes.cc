#include "identity/tokens.h"
#include "server/context.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/text_rules.h"
#include "server/views.h"

namespace saiph::server::routes {

Answer list_tokens(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  if (!query.finish()) return answer(context, std::move(query).problem());
  const bool all = context.who().may(identity::Permission::kReadSettings);
  const auto tokens = context.services.state.tokens().list(
      all ? std::nullopt : std::optional(context.who().account.id), page);
  if (!tokens) return answer_list(context, tokens.error());
  return page_answer(
      *tokens, [](codec::JsonWriter& json, const control::ApiToken& token) { write(json, token); });
}

Answer create_token(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  constexpr TextRule kScope{
      1, 32, [](std::string_view text) { return identity::parse_permission(text).has_value(); },
      "must be a permission"};
  const auto name = body.text("name", {1, 128});
  const auto scopes = body.texts("scopes", kScope, 1, 16);
  const auto expires = body.time("expires");
  if (!body.finish()) return answer(context, std::move(body).problem());

  const auto set = identity::parse_scopes(*scopes);
  if (!set) return answer(context, set.error());
  if (!set->within(context.who().permissions)) {
    return answer(context, Problem{ProblemKind::kForbidden,
                                   "A token can have only what its account may do."});
  }
  if (*expires <= context.now || *expires > context.now + control::kTokenMaxMs) {
    return answer(context, Problem{ProblemKind::kRefused, "It must end within a year from now."});
  }
  const auto secret = identity::new_token(identity::TokenKind::kApi);
  if (!secret) return answer(context, secret.error());
  control::NewApiToken wanted;
  wanted.name = *name;
  wanted.owner = context.who().account.id;
  wanted.scopes = *set;
  wanted.token = secret->digest();
  wanted.expires = *expires;
  const auto token =
      context.services.state.tokens().create(wanted, context.who().actor(), context.now);
  if (!token) {
    if (token.error().code() == ErrorCode::kLimit) {
      return answer(context, Problem{ProblemKind::kRefused, token.error().message()});
    }
    return answer(context, token.error());
  }
  net::Response response = json_answer(201, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.key("token");
    write(json, *token);
    json.member("secret", secret->text());
    json.end_object();
  });
  response.headers.add("Location", "/api/v1/tokens/" + token->id);
  return response;
}

Answer revoke_token(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Problem none{ProblemKind::kNotFound, "No token of yours has this identifier."};
  if (!is_uuid7(context.parameter)) return answer(context, none);
  auto& tokens = context.services.state.tokens();
  const auto token = tokens.get(context.parameter);
  if (!token) {
    return token.error().code() == ErrorCode::kNotFound ? answer(context, none)
                                                        : answer(context, token.error());
  }
  if (token->owner != context.who().account.id &&
      !context.who().may(identity::Permission::kAdminister)) {
    return answer(context, none);
  }
  const Status revoked = tokens.revoke(context.parameter, context.who().actor(), context.now);
  // Taken back twice is taken back.
  if (!revoked && revoked.error().code() != ErrorCode::kConflict) {
    return answer(context, revoked.error());
  }
  context.parts.live.end_all(token->owner);
  return nothing_to_say();
}

}  // namespace saiph::server::routes
