#include "base/escape.h"
#include "server/context.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/suppressed.h"
#include "server/text_rules.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

Problem no_suppression() {
  return {ProblemKind::kNotFound, "No suppression has this identifier."};
}

net::Response suppression_answer(const Context& context, int status,
                                 const control::Suppression& suppression) {
  net::Response response = json_answer(
      status, [&](codec::JsonWriter& json) { write_suppression(json, suppression, context.now); });
  response.headers.add("ETag", etag_of(suppression.version));
  return response;
}

std::optional<net::Response> refuse_form(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  if (!is_uuid7(context.parameter)) return answer(context, no_suppression());
  return std::nullopt;
}

net::Response answer_suppression(Context& context, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return answer(context, no_suppression());
  if (error.code() == ErrorCode::kLimit) {
    return answer(context, Problem{ProblemKind::kRefused, error.message()});
  }
  return answer_change(context, error);
}

std::optional<net::Response> refuse_expiry(Context& context,
                                           const std::optional<UnixMillis>& expires) {
  if (!expires ||
      (*expires > context.now && *expires <= context.now + control::kSuppressionMaxMs)) {
    return std::nullopt;
  }
  return answer(context, Problem{ProblemKind::kRefused, "It must end within a year from now."});
}

/// The change stands already: that the index is behind goes to the log, and it follows later.
void tell_index(Context& context) {
  const auto told = apply_suppressions(context.services, context.parts, context.now);
  if (!told && context.services.log) {
    context.services.log("request " + context.request_id + ": suppressions reach no index: " +
                         escape_terminal(told.error().describe()));
  }
}

}  // namespace

Answer list_suppressions(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  const auto active = query.boolean("active");
  if (!query.finish()) return answer(context, std::move(query).problem());
  const auto rows = context.services.state.suppressions().list(active, context.now, page);
  if (!rows) return answer_list(context, rows.error());
  return page_answer(*rows, [&](codec::JsonWriter& json, const control::Suppression& suppression) {
    write_suppression(json, suppression, context.now);
  });
}

Answer create_suppression(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  control::NewSuppression wanted;
  const auto rule = body.text("rule", kRuleIdRule);
  const auto digest = body.text("digest", kDigestRule, Presence::kOptional);
  wanted.path = body.text("path", {1, 1024}, Presence::kOptional);
  const auto reason = body.text("reason", kReasonRule);
  const auto expires = body.time("expires");
  if (!body.finish()) return answer(context, std::move(body).problem());
  if (digest.has_value() == wanted.path.has_value()) {
    return answer(context,
                  Problem{ProblemKind::kRefused,
                          "Name the asset by `digest` or by `path`, exactly one of them."});
  }
  if (auto refusal = refuse_expiry(context, expires)) return refusal;
  wanted.rule = *rule;
  if (digest) wanted.digest = Digest::parse(*digest);
  wanted.reason = *reason;
  wanted.expires = *expires;
  const auto made =
      context.services.state.suppressions().create(wanted, context.who().actor(), context.now);
  if (!made) return answer_suppression(context, made.error());
  tell_index(context);
  net::Response response = suppression_answer(context, 201, *made);
  response.headers.add("Location", "/api/v1/suppressions/" + made->id);
  return response;
}

Answer get_suppression(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto suppression = context.services.state.suppressions().get(context.parameter);
  if (!suppression) return answer_suppression(context, suppression.error());
  return suppression_answer(context, 200, *suppression);
}

Answer change_suppression(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  BodyReader body(context.body());
  control::SuppressionChange change;
  change.reason = body.text("reason", kReasonRule, Presence::kOptional);
  change.expires = body.time("expires", Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());
  if (!change.reason && !change.expires) {
    body.fail("", "must name at least one change");
    return answer(context, std::move(body).problem());
  }
  if (auto refusal = refuse_expiry(context, change.expires)) return refusal;
  const auto changed = context.services.state.suppressions().change(
      context.parameter, if_match(context), change, context.who().actor(), context.now);
  if (!changed) return answer_suppression(context, changed.error());
  tell_index(context);
  return suppression_answer(context, 200, *changed);
}

Answer revoke_suppression(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto revoked = context.services.state.suppressions().revoke(
      context.parameter, if_match(context), context.who().actor(), context.now);
  if (!revoked) return answer_suppression(context, revoked.error());
  tell_index(context);
  return nothing_to_say();
}

}  // namespace saiph::server::routes
