// One request on its way through the server, and the small things that all handlers share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json/json_writer.h"
#include "control/actor.h"
#include "control/page.h"
#include "control/sessions.h"
#include "net/server.h"
#include "server/input.h"
#include "server/operations.h"
#include "server/problem.h"
#include "server/services.h"

namespace saiph::server {

class LiveUpdates;
class Metrics;
class PendingTotps;
class Parts;

/// Who asks.
struct Principal {
  control::Account account;
  identity::PermissionSet permissions;
  /// By session: its digest. Else by an API token.
  std::optional<control::Session> session;
  std::string session_secret;  ///< the cookie's value; empty for tokens
  UnixMillis expires = 0;

  bool may(identity::Permission permission) const { return permissions.has(permission); }
  control::Actor actor() const {
    return session ? control::Actor::session(account.id) : control::Actor::token(account.id);
  }
};

/// One thread at a time; lives until the request is answered.
struct Context {
  const Services& services;
  const ApiOptions& options;
  Parts& parts;
  const Operation& operation;
  std::shared_ptr<net::Exchange> exchange;
  std::string_view parameter;  ///< of the path
  /// Nobody on public operations.
  std::shared_ptr<const Principal> principal;
  std::unique_ptr<net::BodySink> sink;
  UnixMillis now = 0;
  std::string request_id;

  const net::RequestHead& head() const { return exchange->head(); }
  std::string_view body() const { return exchange->body(); }
  bool is_head() const { return head().method == net::Method::kHead; }
  /// Of operations that are not public.
  const Principal& who() const { return *principal; }
};

/// The answer to a request that went wrong.
net::Response answer(Context& context, const Problem& problem);
/// problem_of; what lower rooms say of their inside goes to the log.
net::Response answer(Context& context, const Error& error);

/// Fields that every answer has; what is there already stays. `head` may be null.
void add_common_headers(net::Headers& headers, const net::RequestHead* head,
                        std::string_view request_id);

/// A JSON answer.
net::Response json_response(int status, std::string text);
/// 204.
net::Response nothing_to_say();
/// Writes one object and answers it.
template <typename Write>
net::Response json_answer(int status, const Write& write) {
  std::string text;
  codec::JsonWriter json(text);
  write(json);
  return json_response(status, std::move(text));
}
/// {"items": [...], "next": ...}
template <typename T, typename Write>
net::Response page_answer(const control::Page<T>& page, const Write& write) {
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.array("items");
    for (const T& item : page.items) write(json, item);
    json.end_array();
    json.key("next");
    page.next.empty() ? json.null() : json.string(page.next);
    json.end_object();
  });
}

/// limit and cursor. The caller calls finish.
control::PageRequest read_page(QueryReader& query);

/// The answer when a list cannot be had; a cursor of another list is a wrong parameter.
net::Response answer_list(Context& context, const Error& error);

/// "v3" with its quotes.
std::string etag_of(std::int64_t version);
/// The version that If-Match names; its form was checked before the handler ran.
std::int64_t if_match(const Context& context);
/// kConflict of a change with a version is 412.
net::Response answer_change(Context& context, const Error& error);

/// For list operations without parameters of their own and for all that take none.
std::optional<net::Response> refuse_parameters(Context& context);

}  // namespace saiph::server
