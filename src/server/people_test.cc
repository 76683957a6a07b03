// Setting up, logging in, accounts, second factors and tokens.
#include <gtest/gtest.h>

#include "codec/base32/base32.h"
#include "server/api_fixture_for_test.h"

namespace saiph::server {
namespace {

using identity::Role;

constexpr const char* kNobody = "0198a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

class PeopleTest : public ApiFixture {
 protected:
  Reply log_in(const std::string& name, const std::string& password, const std::string& code = "") {
    std::string body = R"({"name":")" + name + R"(","password":")" + password + "\"";
    if (!code.empty()) body += R"(,"totp":")" + code + "\"";
    return call({}, "POST", "/api/v1/session", body + "}");
  }
  static Caller from(const Reply& reply) {
    Caller caller;
    const std::string cookie = reply.header("Set-Cookie");
    caller.cookie = cookie.substr(6, cookie.find(';') - 6);
    caller.csrf = reply.text("/csrf");
    caller.account = reply.text("/account/id");
    return caller;
  }
  std::string code_now(const std::string& secret) {
    const auto bytes = codec::decode_base32_exact(secret);
    EXPECT_TRUE(bytes.has_value());
    return *identity::totp_code(*bytes, static_cast<std::uint64_t>(now_ / identity::kTotpStepMs));
  }
};

TEST_F(PeopleTest, TheSetupLinkMakesOneAdministrator) {
  EXPECT_EQ(call({}, "GET", "/api/v1/setup").text("/needed"), "true");
  const auto link = identity::new_token(identity::TokenKind::kSetup);
  ASSERT_TRUE(state_->setup().issue(link->digest(), now_));
  const auto body = [&](std::string_view token, std::string_view password) {
    return R"({"token":")" + std::string(token) + R"(","name":"keeper","password":")" +
           std::string(password) + "\"}";
  };
  const auto other = identity::new_token(identity::TokenKind::kSetup);
  EXPECT_EQ(call({}, "POST", "/api/v1/setup", body(other->text(), kPasswordForTest)).status, 401);
  EXPECT_EQ(call({}, "POST", "/api/v1/setup", body("short", kPasswordForTest)).status, 400);
  EXPECT_EQ(call({}, "POST", "/api/v1/setup", body(link->text(), "short")).status, 400);
  EXPECT_EQ(call({}, "POST", "/api/v1/setup", body(link->text(), "password1234")).status, 422);

  const Reply made = call({}, "POST", "/api/v1/setup", body(link->text(), kPasswordForTest));
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.text("/account/role"), "admin");
  EXPECT_EQ(call(from(made), "GET", "/api/v1/session").status, 200);
  EXPECT_EQ(call({}, "POST", "/api/v1/setup", body(link->text(), kPasswordForTest)).status, 409);
  EXPECT_EQ(call({}, "GET", "/api/v1/setup").text("/needed"), "false");
}

TEST_F(PeopleTest, TheSetupLinkEndsAfterAQuarterOfAnHour) {
  const auto link = identity::new_token(identity::TokenKind::kSetup);
  ASSERT_TRUE(state_->setup().issue(link->digest(), now_));
  now_ += control::Setup::kValidMs + 1;
  const Reply late = call({}, "POST", "/api/v1/setup",
                          R"({"token":")" + std::string(link->text()) +
                              R"(","name":"m","password":"correct horse battery"})");
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(late.text("/type"), "urn:saiph:problem:setup-link-refused");
}

TEST_F(PeopleTest, LoggingInAndOut) {
  add_account("keeper", Role::kOperator);
  const Reply in = log_in("KEEPER", kPasswordForTest);
  ASSERT_EQ(in.status, 200) << in.body;
  const std::string cookie = in.header("Set-Cookie");
  EXPECT_NE(cookie.find("; HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("; SameSite=Strict"), std::string::npos);
  EXPECT_EQ(cookie.find("; Secure"), std::string::npos);  // plain text, on loopback
  const Caller keeper = from(in);
  const Reply who = call(keeper, "GET", "/api/v1/session");
  EXPECT_EQ(who.text("/csrf"), keeper.csrf);
  EXPECT_EQ(who.text("/kind"), "session");
  EXPECT_EQ(who.text("/account/name"), "keeper");
  const Reply out = call(keeper, "DELETE", "/api/v1/session");
  EXPECT_EQ(out.status, 204);
  EXPECT_NE(out.header("Set-Cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(call(keeper, "GET", "/api/v1/session").status, 401);
}

TEST_F(PeopleTest, ANewLoginEndsTheBrowsersOldSession) {
  add_account("keeper", Role::kOperator);
  const Caller first = from(log_in("keeper", kPasswordForTest));
  const Reply second =
      send("POST", "/api/v1/session",
           {{"Cookie", "saiph=" + first.cookie}, {"Content-Type", "application/json"}},
           R"({"name":"keeper","password":"correct horse battery"})");
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(call(first, "GET", "/api/v1/session").status, 401);
}

TEST_F(PeopleTest, WrongNamesAndPasswordsLookTheSame) {
  const control::Account off = add_account("off", Role::kOperator);
  add_account("admin", Role::kAdmin);
  control::AccountChange change;
  change.disabled = true;
  ASSERT_TRUE(
      state_->accounts().change(off.id, std::nullopt, change, control::Actor::system(), now_));
  std::string seen;
  for (const auto& [name, password] : std::vector<std::pair<std::string, std::string>>{
           {"admin", "wrong"}, {"nobody", kPasswordForTest}, {"off", kPasswordForTest}}) {
    const Reply reply = log_in(name, password);
    EXPECT_EQ(reply.status, 401);
    std::string body = reply.body.substr(0, reply.body.find("\"request\""));
    if (!seen.empty()) {
      EXPECT_EQ(body, seen);
    }
    seen = std::move(body);
  }
}

TEST_F(PeopleTest, GuessingGetsSlow) {
  add_account("keeper", Role::kOperator);
  Reply reply;
  for (int i = 0; i < 6; ++i) reply = log_in("keeper", "wrong");
  EXPECT_EQ(reply.status, 429);
  EXPECT_GE(std::stoi(reply.header("Retry-After")), 1);
  EXPECT_EQ(log_in("keeper", kPasswordForTest).status, 429);
  now_ += kMinuteMs;
  EXPECT_EQ(log_in("keeper", kPasswordForTest).status, 200);
  EXPECT_EQ(log_in("keeper", "wrong").status, 401);
}

TEST_F(PeopleTest, SecondFactor) {
  add_account("keeper", Role::kOperator);
  const Caller keeper = from(log_in("keeper", kPasswordForTest));
  const std::string path = "/api/v1/accounts/" + keeper.account + "/totp";
  EXPECT_EQ(call(keeper, "PUT", path, R"({"code":"123456"})").status, 409);
  const Reply begun = call(keeper, "POST", path);
  ASSERT_EQ(begun.status, 200);
  const std::string secret = begun.text("/secret");
  EXPECT_NE(begun.text("/uri").find(secret), std::string::npos);
  const std::string code = code_now(secret);
  const std::string wrong = code == "000000" ? "000001" : "000000";
  EXPECT_EQ(call(keeper, "PUT", path, R"({"code":")" + wrong + "\"}").status, 422);
  const Reply on = call(keeper, "PUT", path, R"({"code":")" + code + "\"}");
  ASSERT_EQ(on.status, 200) << on.body;
  const std::string recovery = on.text("/recovery_codes/0");
  EXPECT_EQ(call(keeper, "POST", path).status, 409);

  EXPECT_EQ(log_in("keeper", kPasswordForTest).text("/type"), "urn:saiph:problem:totp-required");
  EXPECT_EQ(log_in("keeper", "wrong password").text("/type"), "urn:saiph:problem:login-refused");
  // The code that switched it on is used.
  EXPECT_EQ(log_in("keeper", kPasswordForTest, code).status, 401);
  now_ += identity::kTotpStepMs;
  EXPECT_EQ(log_in("keeper", kPasswordForTest, code_now(secret)).status, 200);
  EXPECT_EQ(log_in("keeper", kPasswordForTest, code_now(secret)).status, 401);
  EXPECT_EQ(log_in("keeper", kPasswordForTest, recovery).status, 200);
  EXPECT_EQ(log_in("keeper", kPasswordForTest, recovery).status, 401);

  const Caller admin = caller_of(Role::kAdmin);
  EXPECT_EQ(call(admin, "POST", path).status, 403);
  EXPECT_EQ(call(admin, "DELETE", path).status, 204);
  EXPECT_EQ(log_in("keeper", kPasswordForTest).status, 200);
}

TEST_F(PeopleTest, Accounts) {
  const Caller admin = caller_of(Role::kAdmin);
  const std::string wanted =
      R"({"name":"bo","display":"Bo","role":"auditor","password":"correct horse battery"})";
  const Reply made = call(admin, "POST", "/api/v1/accounts", wanted);
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = made.header("Location");
  EXPECT_EQ(made.header("ETag"), "\"v1\"");
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts", wanted).status, 409);
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts", R"({"name":"b c","role":"auditor"})").status,
            400);
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts", R"({"name":"cy","role":"king"})").status, 400);
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts",
                 R"({"name":"cy","role":"auditor","password":"cycycycycycycy"})")
                .status,
            422);
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts",
                 R"({"name":"cy","role":"auditor","oidc_subject":"7"})")
                .status,
            422);

  EXPECT_EQ(call(admin, "PATCH", path, R"({"display":"B"})").status, 428);
  EXPECT_EQ(call(admin, "PATCH", path, R"({"display":"B"})", {{"If-Match", "\"v9\""}}).status, 412);
  EXPECT_EQ(call(admin, "PATCH", path, R"({"display":"B"})", {{"If-Match", "*"}}).status, 400);
  EXPECT_EQ(call(admin, "PATCH", path, R"({"display":"B"})", {{"If-Match", "W/\"v1\""}}).status,
            400);
  EXPECT_EQ(call(admin, "PATCH", path, "{}", {{"If-Match", "\"v1\""}}).status, 400);
  const Reply changed = call(admin, "PATCH", path, R"({"display":"B"})", {{"If-Match", "\"v1\""}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.text("/display"), "B");
  EXPECT_EQ(changed.header("ETag"), "\"v2\"");

  const Reply self = call(admin, "GET", "/api/v1/accounts/" + admin.account);
  EXPECT_EQ(call(admin, "DELETE", "/api/v1/accounts/" + admin.account, "",
                 {{"If-Match", self.header("ETag")}})
                .text("/type"),
            "urn:saiph:problem:last-administrator");
  EXPECT_EQ(call(admin, "DELETE", path, "", {{"If-Match", "\"v2\""}}).status, 204);
  EXPECT_EQ(call(admin, "GET", path).status, 404);
  EXPECT_EQ(call(admin, "GET", "/api/v1/accounts/x").status, 404);
  EXPECT_EQ(call(admin, "GET", std::string("/api/v1/accounts/") + kNobody).status, 404);
}

TEST_F(PeopleTest, OthersAccountsAreOthers) {
  const Caller bo = caller_of(Role::kOperator, "bo");
  const Caller cy = caller_of(Role::kOperator, "cy");
  const Caller auditor = caller_of(Role::kAuditor);
  const std::string path = "/api/v1/accounts/" + cy.account;
  EXPECT_EQ(call(cy, "GET", path).status, 200);
  EXPECT_EQ(call(bo, "GET", path).status, 403);
  EXPECT_EQ(call(auditor, "GET", path).status, 200);
  const std::string body = R"({"password":"another long sentence"})";
  EXPECT_EQ(call(bo, "POST", path + "/password", body).status, 403);
  EXPECT_EQ(call(auditor, "POST", path + "/password", body).status, 403);
  EXPECT_EQ(call(bo, "DELETE", path + "/sessions").status, 403);
  EXPECT_EQ(call(bo, "POST", path + "/totp").status, 403);
  EXPECT_EQ(call(cy, "DELETE", path + "/sessions").status, 204);
  EXPECT_EQ(call(cy, "GET", path).status, 401);
}

TEST_F(PeopleTest, Passwords) {
  add_account("keeper", Role::kOperator);
  const Caller one = from(log_in("keeper", kPasswordForTest));
  const Caller two = from(log_in("keeper", kPasswordForTest));
  const std::string path = "/api/v1/accounts/" + one.account + "/password";
  EXPECT_EQ(call(one, "POST", path, R"({"password":"another long sentence"})").status, 403);
  EXPECT_EQ(
      call(one, "POST", path, R"({"password":"another long sentence","current":"no"})").status,
      403);
  EXPECT_EQ(call(one, "POST", path,
                 R"({"password":"another long sentence","current":"correct horse battery"})")
                .status,
            204);
  EXPECT_EQ(call(one, "GET", "/api/v1/session").status, 200);
  EXPECT_EQ(call(two, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(log_in("keeper", kPasswordForTest).status, 401);
  EXPECT_EQ(log_in("keeper", "another long sentence").status, 200);
  const Caller admin = caller_of(Role::kAdmin);
  EXPECT_EQ(call(admin, "POST", path, R"({"password":"set by somebody else"})").status, 204);
  EXPECT_EQ(call(one, "GET", "/api/v1/session").status, 401);
  EXPECT_EQ(log_in("keeper", "set by somebody else").status, 200);
}

TEST_F(PeopleTest, Tokens) {
  const Caller bo = caller_of(Role::kOperator, "bo");
  const Caller cy = caller_of(Role::kReporter, "cy");
  const Reply made =
      call(bo, "POST", "/api/v1/tokens",
           R"({"name":"ci","scopes":["read","scan"],"expires":"2026-04-02T03:04:05.678Z"})");
  ASSERT_EQ(made.status, 201) << made.body;
  Caller token;
  token.token = made.text("/secret");
  EXPECT_EQ(call(token, "GET", "/api/v1/session").text("/kind"), "token");
  EXPECT_EQ(call(token, "GET", "/api/v1/scans").status, 200);
  EXPECT_EQ(call(token, "GET", "/api/v1/ledger").status, 403);
  const auto create = [&](const Caller& caller, const std::string& body) {
    return call(caller, "POST", "/api/v1/tokens", body).status;
  };
  EXPECT_EQ(create(token, "{}"), 403);
  EXPECT_EQ(
      create(bo, R"({"name":"x","scopes":["administer"],"expires":"2026-04-02T03:04:05.678Z"})"),
      403);
  EXPECT_EQ(create(bo, R"({"name":"x","scopes":["read"],"expires":"2028-04-02T03:04:05.678Z"})"),
            422);
  EXPECT_EQ(create(bo, R"({"name":"x","scopes":["read"],"expires":"2020-04-02T03:04:05.678Z"})"),
            422);
  EXPECT_EQ(create(bo, R"({"name":"x","scopes":[],"expires":"2026-04-02T03:04:05.678Z"})"), 400);
  EXPECT_EQ(
      create(bo, R"({"name":"x","scopes":["read","read"],"expires":"2026-04-02T03:04:05.678Z"})"),
      400);
  EXPECT_EQ(create(bo, R"({"name":"x","scopes":["fly"],"expires":"2026-04-02T03:04:05.678Z"})"),
            400);

  EXPECT_EQ(call(bo, "GET", "/api/v1/tokens").text("/items/0/name"), "ci");
  EXPECT_EQ(call(cy, "GET", "/api/v1/tokens").text("/items/0"), "absent");
  EXPECT_EQ(call(caller_of(Role::kAuditor), "GET", "/api/v1/tokens").text("/items/0/name"), "ci");
  const std::string path = made.header("Location");
  EXPECT_EQ(call(cy, "DELETE", path).status, 404);
  EXPECT_EQ(call(bo, "DELETE", path).status, 204);
  EXPECT_EQ(call(bo, "DELETE", path).status, 204);
  EXPECT_EQ(call(token, "GET", "/api/v1/session").status, 401);
}

TEST_F(PeopleTest, WithoutAnIdentityProviderItsPathsAreNotThere) {
  EXPECT_EQ(call({}, "GET", "/api/v1/setup").text("/oidc"), "null");
  EXPECT_EQ(call({}, "GET", "/api/v1/oidc/begin").status, 404);
  EXPECT_EQ(call({}, "GET", "/api/v1/oidc/callback?code=a&state=b").status, 404);
  EXPECT_EQ(call({}, "GET", "/api/v1/oidc/callback?kode=a").status, 400);
}

TEST_F(PeopleTest, WhatIsNotRecordedDoesNotHappen) {
  const Caller admin = caller_of(Role::kAdmin);
  ledger_fails_ = true;
  EXPECT_EQ(call(admin, "POST", "/api/v1/accounts", R"({"name":"bo","role":"auditor"})").status,
            503);
  EXPECT_TRUE(logged("the disk is full"));
  ledger_fails_ = false;
  EXPECT_EQ(call(admin, "GET", "/api/v1/accounts").text("/items/1"), "absent");
}

}  // namespace
}  // namespace saiph::server
