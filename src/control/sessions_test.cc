#include "control/sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "control/state_for_test.h"

namespace saiph::control {
namespace {

using identity::Permission;
using identity::Role;
using testing::ElementsAre;

constexpr UnixMillis kNow = kNowForTest;

TEST(Sessions, EndByIdlenessAndByAge) {
  StateForTest test;
  const Account admin = test.account("admin", Role::kAdmin);
  Sessions& sessions = test.state->sessions();
  const Digest token = digest_for_test("token");
  const Digest csrf = digest_for_test("csrf");
  ASSERT_TRUE(sessions.begin(admin.id, token, csrf, Actor::session(admin.id), kNow));
  EXPECT_EQ(sessions.begin(admin.id, token, csrf, Actor::system(), kNow).error().code(),
            ErrorCode::kConflict);
  const auto live = sessions.use(token, kNow + kMinuteMs);
  ASSERT_TRUE(live);
  EXPECT_EQ(live->account.id, admin.id);
  EXPECT_EQ(live->session.csrf, csrf);
  EXPECT_EQ(*sessions.count(kNow), 1U);
  EXPECT_EQ(sessions.use(digest_for_test("other"), kNow).error().code(), ErrorCode::kNotFound);
  // Idle: 30 minutes after it was last seen.
  EXPECT_FALSE(sessions.use(token, kNow + kMinuteMs + kSessionIdleMs));
  // Old: seen all the time, twelve hours after it began.
  UnixMillis now = kNow + kMinuteMs;
  while (now + 20 * kMinuteMs < kNow + kSessionMaxMs) {
    now += 20 * kMinuteMs;
    ASSERT_TRUE(sessions.use(token, now)) << now - kNow;
  }
  EXPECT_FALSE(sessions.use(token, kNow + kSessionMaxMs));
  EXPECT_EQ(*sessions.count(kNow + kSessionMaxMs), 0U);
  EXPECT_EQ(test.state->purge(kNow + kSessionMaxMs)->sessions, 1U);
}

TEST(Sessions, EndWithTheAccount) {
  StateForTest test;
  test.account("admin", Role::kAdmin);
  const Account other = test.account("other", Role::kOperator);
  Sessions& sessions = test.state->sessions();
  const Digest token = digest_for_test("token");
  const Actor actor = Actor::session(other.id);
  ASSERT_TRUE(sessions.begin(other.id, token, token, actor, kNow));
  ASSERT_TRUE(test.state->accounts().change(other.id, {}, {.disabled = true}, actor, kNow));
  EXPECT_FALSE(sessions.use(token, kNow));
  EXPECT_EQ(sessions.begin(other.id, token, token, actor, kNow).error().code(), ErrorCode::kDenied);
  ASSERT_TRUE(test.state->accounts().change(other.id, {}, {.disabled = false}, actor, kNow));
  EXPECT_FALSE(sessions.use(token, kNow));
  ASSERT_TRUE(sessions.begin(other.id, token, token, actor, kNow));
  ASSERT_TRUE(sessions.end(token, actor, kNow));
  EXPECT_EQ(sessions.end(token, actor, kNow).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(sessions.begin(other.id, token, token, actor, kNow));
  EXPECT_EQ(*sessions.end_all(other.id, {}, actor, kNow), 1U);
  EXPECT_EQ(*sessions.end_all(other.id, {}, actor, kNow), 0U);
  ASSERT_TRUE(sessions.begin(other.id, token, token, actor, kNow));
  ASSERT_TRUE(test.state->accounts().remove(other.id, {}, actor, kNow));
  EXPECT_FALSE(sessions.use(token, kNow));
}

TEST(ApiTokens, MayNotMoreThanTheirOwner) {
  StateForTest test;
  test.account("admin", Role::kAdmin);
  const Account owner = test.account("owner", Role::kOperator);
  const Actor actor = Actor::session(owner.id);
  ApiTokens& tokens = test.state->tokens();
  NewApiToken wanted{"nightly",
                     owner.id,
                     {Permission::kRead, Permission::kScan},
                     digest_for_test("token"),
                     kNow + kDayMs};
  const auto created = tokens.create(wanted, actor, kNow);
  ASSERT_TRUE(created) << created.error().describe();
  EXPECT_EQ(created->scopes, wanted.scopes);
  wanted.token = digest_for_test("other");
  wanted.scopes = {Permission::kAdminister};
  EXPECT_EQ(tokens.create(wanted, actor, kNow).error().code(), ErrorCode::kDenied);
  wanted.scopes = {};
  EXPECT_EQ(tokens.create(wanted, actor, kNow).error().code(), ErrorCode::kInvalidArgument);
  wanted.scopes = {Permission::kRead};
  for (const UnixMillis expires : {kNow, kNow - 1, kNow + kTokenMaxMs + 1}) {
    wanted.expires = expires;
    EXPECT_EQ(tokens.create(wanted, actor, kNow).error().code(), ErrorCode::kInvalidArgument);
  }
  const auto live = tokens.use(digest_for_test("token"), kNow + 5);
  ASSERT_TRUE(live);
  EXPECT_TRUE(live->permissions.has(Permission::kScan));
  EXPECT_EQ(tokens.get(created->id)->last_used, kNow + 5);
  ASSERT_TRUE(test.state->accounts().change(owner.id, {}, {.role = Role::kAuditor}, actor, kNow));
  EXPECT_FALSE(tokens.use(digest_for_test("token"), kNow)->permissions.has(Permission::kScan));
  EXPECT_FALSE(tokens.use(digest_for_test("token"), kNow + kDayMs));
  ASSERT_TRUE(tokens.revoke(created->id, actor, kNow));
  EXPECT_EQ(tokens.revoke(created->id, actor, kNow).error().code(), ErrorCode::kConflict);
  EXPECT_FALSE(tokens.use(digest_for_test("token"), kNow));
  EXPECT_EQ(test.state->purge(kNow + 29 * kDayMs)->tokens, 0U);
  EXPECT_EQ(test.state->purge(kNow + 31 * kDayMs)->tokens, 1U);
}

TEST(ApiTokens, AreListedNewestFirst) {
  StateForTest test;
  const Account admin = test.account("admin", Role::kAdmin);
  const Account other = test.account("other", Role::kAdmin);
  for (int i = 0; i < 9; ++i) {
    NewApiToken wanted{"t" + std::to_string(i),
                       i % 3 == 0 ? other.id : admin.id,
                       {Permission::kRead},
                       digest_for_test(std::to_string(i)),
                       kNow + kDayMs};
    ASSERT_TRUE(test.state->tokens().create(wanted, Actor::system(), kNow + i / 2));
  }
  std::vector<std::string> names;
  PageRequest page{2, ""};
  do {
    const auto found = test.state->tokens().list(admin.id, page);
    ASSERT_TRUE(found);
    for (const ApiToken& token : found->items) names.push_back(token.name);
    page.cursor = found->next;
  } while (!page.cursor.empty());
  EXPECT_EQ(names.size(), 6U);
  EXPECT_EQ(names.front(), "t8");
  EXPECT_EQ(test.state->tokens().list({}, {200, ""})->items.size(), 9U);
}

TEST(Setup, TheLinkIsGoodOnceAmongMany) {
  StateForTest test;
  control::Setup& setup = test.state->setup();
  const Digest token = digest_for_test("link");
  EXPECT_TRUE(*setup.needed());
  NewAccount wanted;
  wanted.name = "first";
  EXPECT_EQ(setup.redeem(token, wanted, kNow).error().code(), ErrorCode::kDenied);
  ASSERT_TRUE(setup.issue(digest_for_test("earlier"), kNow));
  ASSERT_TRUE(setup.issue(token, kNow));
  EXPECT_FALSE(setup.redeem(digest_for_test("earlier"), wanted, kNow));
  EXPECT_FALSE(setup.redeem(token, wanted, kNow + control::Setup::kValidMs));
  // A name that is refused does not use the link up.
  NewAccount refused;
  refused.name = "not a name";
  EXPECT_EQ(setup.redeem(token, refused, kNow).error().code(), ErrorCode::kInvalidArgument);
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      NewAccount mine;
      mine.name = "admin" + std::to_string(i);
      won += setup.redeem(token, mine, kNow + control::Setup::kValidMs - 1) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(*test.state->accounts().count(), 1U);
  EXPECT_EQ(test.state->accounts().list({10, ""})->items.front().role, Role::kAdmin);
  EXPECT_FALSE(*setup.needed());
  EXPECT_EQ(setup.issue(token, kNow).error().code(), ErrorCode::kDenied);
  EXPECT_THAT(test.journal.names(),
              ElementsAre("setup-link-issued", "setup-link-issued", "setup-done"));
}

}  // namespace
}  // namespace saiph::control
