#include "server/operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "server/schema_check_for_test.h"

namespace saiph::server {
namespace {

using codec::JsonValue;

std::set<std::string> parameters_of(const SchemaCheck& check, const JsonValue& operation) {
  std::set<std::string> names;
  if (const JsonValue* parameters = operation.find("parameters")) {
    for (const JsonValue& parameter : parameters->items()) {
      names.emplace(check.resolve(&parameter)->find("name")->string());
    }
  }
  return names;
}

TEST(Operations, TheTableIsTheDocument) {
  const SchemaCheck check;
  std::size_t documented = 0;
  const JsonValue& paths = *check.root().find("paths");
  for (const JsonValue& path : paths.values()) documented += path.values().size();
  EXPECT_EQ(documented, operations().size());

  for (const Operation& row : operations()) {
    SCOPED_TRACE(std::string(row.id));
    const JsonValue* path = paths.find(row.path);
    ASSERT_NE(path, nullptr);
    const JsonValue* operation = path->find(ascii_lower(net::method_name(row.method)));
    ASSERT_NE(operation, nullptr);
    EXPECT_EQ(operation->find("operationId")->string(), row.id);

    const bool with_permission = row.access == Access::kPermission || row.access == Access::kTiles;
    const std::string_view permission = row.access == Access::kPublic ? "public"
                                        : with_permission ? identity::name_of(row.permission)
                                                          : "self";
    EXPECT_EQ(operation->find("x-saiph-permission")->string(), permission);
    std::vector<std::string> roles;
    for (const identity::Role role : identity::all_roles()) {
      if (!with_permission || identity::permissions_of(role).has(row.permission)) {
        roles.emplace_back(identity::name_of(role));
      }
    }
    std::vector<std::string> written;
    for (const JsonValue& role : operation->find("x-saiph-roles")->items()) {
      written.emplace_back(role.string());
    }
    EXPECT_EQ(written, roles);

    bool session = false;
    bool token = false;
    for (const JsonValue& scheme : operation->find("security")->items()) {
      session |= scheme.find("session") != nullptr;
      token |= scheme.find("token") != nullptr;
    }
    EXPECT_EQ(session, row.access != Access::kPublic);
    EXPECT_EQ(token, row.access != Access::kPublic && row.with_token);

    const auto parameters = parameters_of(check, *operation);
    EXPECT_EQ(parameters.contains("If-Match"), row.if_match);
    EXPECT_EQ(parameters.contains("Idempotency-Key"), row.idempotent);
    const JsonValue* rest = operation->find("x-saiph-rest-of-path");
    EXPECT_EQ(rest != nullptr, row.rest);

    const JsonValue* body = operation->find("requestBody");
    ASSERT_EQ(body != nullptr, row.body != BodyKind::kNone);
    if (body == nullptr) continue;
    const std::vector<std::string>& types = body->find("content")->keys();
    const std::vector<std::string> wanted =
        row.body == BodyKind::kJson || row.body == BodyKind::kText
            ? std::vector<std::string>{"application/json"}
        : row.body == BodyKind::kScan
            ? std::vector<std::string>{"application/octet-stream", "application/json"}
            : std::vector<std::string>{"application/jsonl"};
    EXPECT_EQ(types, wanted);
  }
}

TEST(Operations, ExactlyTheseAnswerStrangers) {
  std::vector<std::string_view> open;
  for (const Operation& row : operations()) {
    if (row.access == Access::kPublic) open.push_back(row.id);
  }
  EXPECT_EQ(open, (std::vector<std::string_view>{"logIn", "getSetup", "setUp", "beginOidc",
                                                 "finishOidc", "isAlive", "getOpenApi"}));
}

TEST(Operations, PathsLeadToOneOperation) {
  struct Row {
    net::Method method;
    std::string path;
    std::string id;
    std::string parameter;
  };
  const std::vector<Row> rows{
      {net::Method::kGet, "/api/v1/accounts", "listAccounts", ""},
      {net::Method::kHead, "/api/v1/accounts", "listAccounts", ""},
      {net::Method::kGet, "/api/v1/accounts/7", "getAccount", "7"},
      {net::Method::kPost, "/api/v1/accounts/7/password", "setPassword", "7"},
      {net::Method::kGet, "/api/v1/ledger/consistency", "getConsistency", ""},
      {net::Method::kGet, "/api/v1/ledger/entries/12/proof", "getProof", "12"},
      {net::Method::kGet, "/ledger/tile/0/x001/234.p/7", "getTile", "0/x001/234.p/7"},
      {net::Method::kPost, "/api/v1/inspect", "inspectText", ""},
      {net::Method::kGet, "/healthz", "isAlive", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.path);
    const Route found = route(row.method, row.path);
    ASSERT_NE(found.operation, nullptr);
    EXPECT_EQ(found.operation->id, row.id);
    EXPECT_EQ(found.parameter, row.parameter);
  }
}

TEST(Operations, OtherPathsAndMethodsDoNot) {
  for (const char* path :
       {"/", "/api/v1", "/api/v1/accounts/", "/api/v1/accounts/7/", "/api/v1/accounts/7/8",
        "/api/v1/ledger/entries//proof", "/healthz/", "/ledger/tile/", "/API/v1/accounts"}) {
    const Route found = route(net::Method::kGet, path);
    EXPECT_EQ(found.operation, nullptr) << path;
    EXPECT_TRUE(found.allow.empty()) << path;
  }
  const Route wrong = route(net::Method::kDelete, "/api/v1/accounts");
  EXPECT_EQ(wrong.operation, nullptr);
  EXPECT_EQ(wrong.allow, "OPTIONS, GET, HEAD, POST");
}

}  // namespace
}  // namespace saiph::server
