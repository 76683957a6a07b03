// Who may do what: every operation as a stranger, as every role, by session and by token. All of it
// comes from openapi.json.
#include <gtest/gtest.h>

#include <algorithm>

#include "server/api_fixture_for_test.h"

namespace saiph::server {
namespace {

using identity::PermissionSet;
using identity::Role;

class AccessTest : public ApiFixture {
 protected:
  /// A request for an operation that its handler refuses, or that harms nothing: identifiers that
  /// do not exist, bodies that are no JSON.
  Reply knock(const Operation& operation, const Caller& caller) {
    std::string path(operation.path);
    if (const std::size_t open = path.find('{'); open != std::string::npos) {
      path = path.substr(0, open) + "0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b" +
             path.substr(path.find('}') + 1);
    }
    HeaderList more;
    std::string body;
    if (operation.body != BodyKind::kNone) {
      body = "{";
      more.emplace_back("Content-Type", operation.body == BodyKind::kReport ? "application/jsonl"
                                                                            : "application/json");
    } else {
      more.emplace_back("Content-Type", "text/plain");
    }
    if (operation.if_match) more.emplace_back("If-Match", "\"v1\"");
    return call(caller, std::string(net::method_name(operation.method)), path, body,
                std::move(more));
  }
  static bool is_stream(const Operation& operation) {
    return operation.id == "watchAll";  // answers for ever
  }
};

TEST_F(AccessTest, StrangersGetNothingButWhatTheDocumentOpens) {
  for (const Operation& operation : operations()) {
    SCOPED_TRACE(std::string(operation.id));
    const Reply reply = knock(operation, {});
    const auto* security = check_.find_operation(operation.id)->find("security");
    if (security->items().empty()) {
      EXPECT_NE(reply.status, 401);
      EXPECT_NE(reply.status, 403);
    } else {
      EXPECT_EQ(reply.status, 401);
      EXPECT_EQ(reply.text("/type"), "urn:saiph:problem:not-authenticated");
      EXPECT_EQ(reply.header("WWW-Authenticate"), "Bearer realm=\"saiph\"");
    }
  }
}

TEST_F(AccessTest, EveryRoleMayExactlyWhatTheDocumentSays) {
  std::size_t cells = 0;
  for (const Role role : identity::all_roles()) {
    const Caller caller = caller_of(role);
    for (const Operation& operation : operations()) {
      // Logging out ends the session that the next request needs.
      if (is_stream(operation) || operation.id == "logOut") continue;
      SCOPED_TRACE(std::string(identity::name_of(role)) + " " + std::string(operation.id));
      const auto* roles = check_.find_operation(operation.id)->find("x-saiph-roles");
      const bool may = std::any_of(
          roles->items().begin(), roles->items().end(),
          [&](const codec::JsonValue& name) { return name.string() == identity::name_of(role); });
      const Reply reply = knock(operation, caller);
      ++cells;
      EXPECT_NE(reply.status, 401);
      if (!may) {
        EXPECT_EQ(reply.status, 403);
        continue;
      }
      // Somebody else's things: only administrators, and auditors to read.
      const bool own = check_.find_operation(operation.id)->find("x-saiph-own") != nullptr;
      if (!own) {
        EXPECT_NE(reply.status, 403) << reply.body;
      }
      EXPECT_LT(reply.status, 500) << reply.body;
    }
  }
  EXPECT_EQ(cells, 4 * (operations().size() - 2));
}

TEST_F(AccessTest, TokensMayExactlyTheirScopes) {
  const Caller admin = caller_of(Role::kAdmin);
  for (const identity::Permission scope : identity::all_permissions()) {
    const Caller token = token_of(admin, PermissionSet{scope});
    for (const Operation& operation : operations()) {
      if (is_stream(operation) || operation.access == Access::kPublic) continue;
      SCOPED_TRACE(std::string(identity::name_of(scope)) + " " + std::string(operation.id));
      const bool may = operation.with_token &&
                       (operation.access == Access::kSelf || operation.permission == scope);
      const Reply reply = knock(operation, token);
      if (operation.access == Access::kSelf && operation.with_token) {
        EXPECT_NE(reply.status, 401);
      } else {
        EXPECT_EQ(reply.status == 403, !may) << reply.status << reply.body;
      }
    }
  }
}

TEST_F(AccessTest, ASessionChangesNothingWithoutItsCsrfToken) {
  const Caller admin = caller_of(Role::kAdmin);
  const Caller other = caller_of(Role::kAdmin, "other");
  for (const Operation& operation : operations()) {
    const bool changes = operation.method != net::Method::kGet;
    if (!changes || operation.access == Access::kPublic) continue;
    SCOPED_TRACE(std::string(operation.id));
    for (const std::string& csrf : {std::string(), std::string("wrong"), other.csrf}) {
      Caller caller = admin;
      caller.csrf = csrf;
      const Reply reply = knock(operation, caller);
      EXPECT_EQ(reply.status, 403);
      EXPECT_EQ(reply.text("/type"), "urn:saiph:problem:csrf");
    }
  }
}

TEST_F(AccessTest, PagesOfOtherSitesChangeNothing) {
  const Caller admin = caller_of(Role::kAdmin);
  const std::string body = R"({"retention_days":7})";
  const auto change = [&](HeaderList more) {
    more.emplace_back("If-Match", "\"v1\"");
    return call(admin, "PATCH", "/api/v1/settings", body, std::move(more)).status;
  };
  EXPECT_EQ(change({{"Origin", "http://evil.example"}}), 403);
  EXPECT_EQ(change({{"Origin", "null"}}), 403);
  EXPECT_EQ(change({{"Sec-Fetch-Site", "cross-site"}}), 403);
  EXPECT_EQ(change({{"Sec-Fetch-Site", "same-site"}}), 403);
  EXPECT_EQ(change({{"Origin", "http://localhost"}, {"Sec-Fetch-Site", "same-origin"}}), 200);
  // Nor does one log its visitor in.
  EXPECT_EQ(call({}, "POST", "/api/v1/session", R"({"name":"admin","password":"x"})",
                 {{"Origin", "http://evil.example"}})
                .status,
            403);
}

TEST_F(AccessTest, CookiesAndTokensThatAreNotGood) {
  const Caller admin = caller_of(Role::kAdmin);
  const auto ask = [&](HeaderList headers) {
    return send("GET", "/api/v1/session", headers).status;
  };
  EXPECT_EQ(ask({{"Cookie", "a=b; saiph=" + admin.cookie + "; c=d"}}), 200);
  EXPECT_EQ(ask({{"Cookie", "saiph=" + admin.cookie + "; saiph=" + admin.cookie}}), 401);
  EXPECT_EQ(ask({{"Cookie", "__Host-saiph=" + admin.cookie}}), 401);
  EXPECT_EQ(ask({{"Cookie", "saiph=" + admin.cookie.substr(1)}}), 401);
  EXPECT_EQ(ask({{"Cookie", "saiph="}}), 401);
  EXPECT_EQ(ask({{"Authorization", "Bearer " + admin.cookie}}), 401);
  // A bad Authorization is not healed by a good cookie.
  EXPECT_EQ(ask({{"Cookie", "saiph=" + admin.cookie}, {"Authorization", "Basic YTpi"}}), 401);
  const Caller token = token_of(admin, PermissionSet{identity::Permission::kRead});
  EXPECT_EQ(ask({{"Authorization", "bearer " + token.token}}), 200);
  EXPECT_EQ(ask({{"Cookie", "saiph=" + token.token}}), 401);
}

TEST_F(AccessTest, SessionsEnd) {
  const Caller idle = caller_of(Role::kOperator, "idle");
  now_ += 31 * kMinuteMs;
  EXPECT_EQ(call(idle, "GET", "/api/v1/session").status, 401);
  const Caller busy = caller_of(Role::kOperator, "busy");
  for (int i = 0; i < 24; ++i) {
    now_ += 29 * kMinuteMs;
    EXPECT_EQ(call(busy, "GET", "/api/v1/session").status, 200);
  }
  now_ += 29 * kMinuteMs;
  EXPECT_EQ(call(busy, "GET", "/api/v1/session").status, 401);

  const Caller token =
      token_of(caller_of(Role::kOperator, "third"), PermissionSet{identity::Permission::kRead});
  EXPECT_EQ(call(token, "GET", "/api/v1/rules").status, 200);
  now_ += kDayMs;
  EXPECT_EQ(call(token, "GET", "/api/v1/rules").status, 401);
}

TEST_F(AccessTest, AReducedRoleReachesItsTokensAtOnce) {
  const Caller admin = caller_of(Role::kAdmin);
  const Caller person = caller_of(Role::kOperator, "person");
  const Caller token =
      token_of(person, PermissionSet{identity::Permission::kSuppress, identity::Permission::kRead});
  EXPECT_EQ(call(token, "POST", "/api/v1/suppressions", "{}").status, 400);
  EXPECT_EQ(call(admin, "PATCH", "/api/v1/accounts/" + person.account, R"({"role":"reporter"})",
                 {{"If-Match", person.etag}})
                .status,
            200);
  EXPECT_EQ(call(token, "POST", "/api/v1/suppressions", "{}").status, 403);
  EXPECT_EQ(call(token, "GET", "/api/v1/findings").status, 200);
}

}  // namespace
}  // namespace saiph::server
