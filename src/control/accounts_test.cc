#include "control/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "control/state_for_test.h"
#include "store/database.h"

namespace saiph::control {
namespace {

using identity::Role;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr UnixMillis kNow = kNowForTest;

TEST(Accounts, AreMadeFoundAndUnique) {
  StateForTest test;
  Accounts& accounts = test.state->accounts();
  NewAccount wanted{"Keeper.K@example", "Keeper \xC3\xBC", Role::kAdmin,
                    "$argon2id$x",      "https://i",       "7"};
  const auto created = accounts.create(wanted, Actor::system(), kNow);
  ASSERT_TRUE(created) << created.error().describe();
  EXPECT_EQ(created->version, 1);
  EXPECT_TRUE(created->has_password);
  EXPECT_FALSE(created->has_totp);
  EXPECT_EQ(accounts.find_by_name("keeper.k@EXAMPLE")->id, created->id);
  EXPECT_EQ(accounts.find_by_oidc("https://i", "7")->id, created->id);
  EXPECT_EQ(accounts.get(created->id)->display, wanted.display);
  EXPECT_EQ(**accounts.password_hash(created->id), "$argon2id$x");
  wanted.name = "KEEPER.k@example";
  EXPECT_EQ(accounts.create(wanted, Actor::system(), kNow).error().code(), ErrorCode::kConflict);
  wanted.name = "other";
  EXPECT_EQ(accounts.create(wanted, Actor::system(), kNow).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(accounts.get("nobody").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(accounts.find_by_oidc("", "").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(*accounts.count(), 1U);
  EXPECT_THAT(test.journal.names(), ElementsAre("account-created"));
}

TEST(Accounts, TextsMustHaveTheirForm) {
  StateForTest test;
  for (const std::string& name :
       {std::string(), std::string("-a"), std::string("a b"), std::string("a\n"),
        std::string("\xC3\xBC"), std::string(65, 'a')}) {
    NewAccount wanted;
    wanted.name = name;
    EXPECT_EQ(test.state->accounts().create(wanted, Actor::system(), kNow).error().code(),
              ErrorCode::kInvalidArgument)
        << name;
  }
  for (const std::string& display :
       {std::string("a\x1B[1m"), std::string("\xFF"), std::string(129, 'a')}) {
    NewAccount wanted{"a", display, Role::kAdmin, {}, {}, {}};
    EXPECT_EQ(test.state->accounts().create(wanted, Actor::system(), kNow).error().code(),
              ErrorCode::kInvalidArgument);
  }
  NewAccount wanted{"a", "", Role::kAdmin, {}, "https://issuer", ""};
  EXPECT_FALSE(test.state->accounts().create(wanted, Actor::system(), kNow));
  EXPECT_TRUE(test.journal.changes.empty());
}

TEST(Accounts, ChangesNeedThePresentVersionAndAnAdmin) {
  StateForTest test;
  Accounts& accounts = test.state->accounts();
  const Account admin = test.account("admin", Role::kAdmin);
  const Actor actor = Actor::session(admin.id);
  EXPECT_EQ(accounts.change(admin.id, 1, {.role = Role::kAuditor}, actor, kNow).error().code(),
            ErrorCode::kDenied);
  EXPECT_EQ(accounts.change(admin.id, 1, {.disabled = true}, actor, kNow).error().code(),
            ErrorCode::kDenied);
  EXPECT_EQ(accounts.remove(admin.id, 1, actor, kNow).error().code(), ErrorCode::kDenied);
  const Account other = test.account("other", Role::kAdmin);
  const auto changed =
      accounts.change(other.id, 1, {.display = "O", .role = Role::kOperator}, actor, kNow);
  ASSERT_TRUE(changed) << changed.error().describe();
  EXPECT_EQ(changed->version, 2);
  EXPECT_EQ(changed->role, Role::kOperator);
  EXPECT_EQ(accounts.change(other.id, 1, {.display = "P"}, actor, kNow).error().code(),
            ErrorCode::kConflict);
  EXPECT_EQ(accounts.get(other.id)->display, "O");
  ASSERT_TRUE(accounts.remove(other.id, 2, actor, kNow));
  EXPECT_EQ(accounts.get(other.id).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(test.journal.names(), ElementsAre("account-created", "account-created",
                                                "account-changed", "account-removed"));
  const Change& change = test.journal.changes[2];
  EXPECT_EQ(change.actor, test.state->actor_digest(admin.id));
  EXPECT_NE(change.before, change.after);
  EXPECT_EQ(change.object, keyed_text(test.state->actor_digest(other.id)));
}

TEST(Accounts, NoPersonalDataGoesToTheLedger) {
  StateForTest test;
  const Account admin = test.account("keeper-the-admin", Role::kAdmin);
  for (const Change& change : test.journal.changes) {
    const auto statement = statement_of(change);
    ASSERT_TRUE(statement);
    const auto text = ledger::encode_statement(*statement);
    ASSERT_TRUE(text) << text.error().describe();
    EXPECT_THAT(*text, Not(HasSubstr("keeper")));
    EXPECT_THAT(*text, Not(HasSubstr(admin.id)));
    EXPECT_THAT(*text, HasSubstr("2026-01-02T03:04:05.678Z"));
    EXPECT_THAT(*text, HasSubstr("hmac-sha256:"));
  }
}

TEST(Accounts, WhatCannotBeRecordedDoesNotHappen) {
  StateForTest test;
  const Account admin = test.account("admin", Role::kAdmin);
  test.journal.fail = true;
  NewAccount wanted;
  wanted.name = "b";
  const auto refused = test.state->accounts().create(wanted, Actor::system(), kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().describe(), HasSubstr("cannot be recorded"));
  EXPECT_FALSE(test.state->accounts().change(admin.id, 1, {.display = "x"}, Actor::system(), kNow));
  test.journal.fail = false;
  EXPECT_EQ(*test.state->accounts().count(), 1U);
  EXPECT_EQ(test.state->accounts().get(admin.id)->version, 1);
  EXPECT_TRUE(test.state->accounts().create(wanted, Actor::system(), kNow));
}

TEST(Accounts, SecondFactorsAreSealedAndCodesAreUsedOnce) {
  StateForTest test;
  Accounts& accounts = test.state->accounts();
  const Account admin = test.account("admin", Role::kAdmin);
  const std::string secret = "12345678901234567890";
  const std::vector<Digest> codes = {digest_for_test("one"), digest_for_test("two")};
  EXPECT_FALSE(accounts.totp(admin.id)->has_value());
  ASSERT_TRUE(
      accounts.set_totp(admin.id, as_bytes(secret), 100, codes, Actor::session(admin.id), kNow));
  test.reopen();
  Accounts& again = test.state->accounts();
  const auto totp = again.totp(admin.id);
  ASSERT_TRUE(totp && totp->has_value());
  EXPECT_EQ(as_text((*totp)->secret.view()), secret);
  EXPECT_EQ((*totp)->last_used_step, 100U);
  std::ifstream file(test.folder.path() + "/state.db", std::ios::binary);
  std::ifstream log(test.folder.path() + "/state.db-wal", std::ios::binary);
  const std::string all = std::string(std::istreambuf_iterator<char>(file), {}) +
                          std::string(std::istreambuf_iterator<char>(log), {});
  EXPECT_THAT(all, Not(HasSubstr(secret)));
  EXPECT_EQ(again.use_totp_step(admin.id, 100).error().code(), ErrorCode::kDenied);
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { won += again.use_totp_step(admin.id, 101) ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_TRUE(again.use_recovery_code(admin.id, codes[0], Actor::system(), kNow));
  EXPECT_EQ(again.use_recovery_code(admin.id, codes[0], Actor::system(), kNow).error().code(),
            ErrorCode::kDenied);
  EXPECT_EQ(*again.recovery_codes_left(admin.id), 1U);
  const auto cleared = again.clear_totp(admin.id, Actor::session(admin.id), kNow);
  ASSERT_TRUE(cleared);
  EXPECT_FALSE(cleared->has_totp);
  EXPECT_EQ(*again.recovery_codes_left(admin.id), 0U);
}

TEST(Accounts, ANewPasswordEndsTheOtherSessions) {
  StateForTest test;
  const Account admin = test.account("admin", Role::kAdmin);
  const Digest kept = digest_for_test("kept");
  const Digest other = digest_for_test("other");
  const Actor actor = Actor::session(admin.id);
  ASSERT_TRUE(test.state->sessions().begin(admin.id, kept, kept, actor, kNow));
  ASSERT_TRUE(test.state->sessions().begin(admin.id, other, other, actor, kNow));
  ASSERT_TRUE(test.state->accounts().set_password(admin.id, "hash", kept, actor, kNow));
  EXPECT_TRUE(test.state->sessions().use(kept, kNow));
  EXPECT_FALSE(test.state->sessions().use(other, kNow));
  EXPECT_TRUE(test.state->accounts().rehash_password(admin.id, "hash", "newer"));
  EXPECT_EQ(test.state->accounts().rehash_password(admin.id, "hash", "x").error().code(),
            ErrorCode::kConflict);
}

TEST(Accounts, PagesAreSteadyWhileRowsComeAndGo) {
  StateForTest test;
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) {
    ids.push_back(test.account("b" + std::to_string(100 + i), Role::kAdmin).id);
  }
  std::set<std::string> seen;
  PageRequest page{7, ""};
  int turn = 0;
  do {
    const auto found = test.state->accounts().list(page);
    ASSERT_TRUE(found) << found.error().describe();
    for (const Account& account : found->items) {
      EXPECT_TRUE(seen.insert(account.id).second);
    }
    page.cursor = found->next;
    // One before everything, one behind, one that was seen goes.
    test.account("a" + std::to_string(turn), Role::kReporter);
    test.account("c" + std::to_string(turn), Role::kReporter);
    ASSERT_TRUE(test.state->accounts().remove(found->items.front().id, {}, Actor::system(), kNow));
    ++turn;
  } while (!page.cursor.empty());
  for (const std::string& id : ids) EXPECT_TRUE(seen.contains(id));
  EXPECT_FALSE(test.state->accounts().list({7, Cursor{0, "b"}.encode("tokens ")}));
}

TEST(State, AChangeThatCannotBeCommittedIsRecordedAsNotApplied) {
  StateForTest test;
  test.account("admin", Role::kAdmin);
  // From the record on the disk is full: files cannot grow.
  struct rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  test.journal.then = [&] {
    const struct rlimit full{4096, before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  };
  NewAccount wanted;
  wanted.name = "b";
  const auto refused = test.state->accounts().create(wanted, Actor::system(), kNow);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  test.journal.then = nullptr;
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable) << refused.error().describe();
  EXPECT_THAT(refused.error().describe(), HasSubstr("recorded but not made"));
  EXPECT_THAT(test.journal.names(),
              ElementsAre("account-created", "account-created", kChangeNotApplied));
  EXPECT_EQ(test.journal.changes[2].object, test.journal.changes[1].id);
  EXPECT_EQ(*test.state->accounts().count(), 1U);
  EXPECT_TRUE(test.state->accounts().create(wanted, Actor::system(), kNow));
  test.reopen();
  EXPECT_EQ(*test.state->accounts().count(), 2U);
}

TEST(State, FilesAreOursAloneAndTheKeyIsNeeded) {
  StateForTest test;
  const std::string key = test.folder.path() + "/state.key";
  struct stat about{};
  ASSERT_EQ(::stat(key.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  test.state.reset();
  JournalForTest journal;
  ASSERT_EQ(::chmod(key.c_str(), 0640), 0);
  EXPECT_EQ(State::open(test.folder.path(), journal).error().code(), ErrorCode::kDenied);
  std::filesystem::remove(key);
  const auto without = State::open(test.folder.path(), journal);
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(without.error().describe(), HasSubstr("state.key is gone"));
  std::ofstream(key) << std::string(64, 'a') << '\n';
  ASSERT_EQ(::chmod(key.c_str(), 0600), 0);
  EXPECT_EQ(State::open(test.folder.path(), journal).error().code(), ErrorCode::kDenied);
  std::ofstream(key) << "short\n";
  EXPECT_EQ(State::open(test.folder.path(), journal).error().code(), ErrorCode::kMalformed);
}

TEST(State, DamageAndLaterVersionsAreSaid) {
  const TemporaryFolder folder;
  JournalForTest journal;
  const std::string path = folder.path() + "/state.db";
  std::ofstream(path) << std::string(8192, 'x');
  const auto damaged = State::open(folder.path(), journal);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kMalformed);
  EXPECT_THAT(damaged.error().describe(), HasSubstr("restore a backup"));
  std::filesystem::remove(path);
  ASSERT_TRUE(State::open(folder.path(), journal));
  {
    const auto database = store::Database::open(path);
    ASSERT_TRUE((*database)->execute("PRAGMA user_version = 99"));
  }
  EXPECT_EQ(State::open(folder.path(), journal).error().code(), ErrorCode::kUnsupported);
}

TEST(State, ABackupIsRestored) {
  StateForTest test;
  const Account first = test.account("first", Role::kAdmin);
  const std::string copy = test.folder.path() + "/copy.db";
  ASSERT_TRUE(test.state->backup(copy));
  const Account second = test.account("second", Role::kAdmin);
  EXPECT_TRUE(test.state->check()->empty());
  const Status busy = restore_state(test.folder.path(), copy);
  ASSERT_FALSE(busy);
  EXPECT_THAT(busy.error().describe(), HasSubstr("in use"));
  test.state.reset();
  EXPECT_TRUE(check_state(test.folder.path())->empty());
  const Status restored = restore_state(test.folder.path(), copy);
  ASSERT_TRUE(restored) << restored.error().describe();
  test.reopen();
  EXPECT_TRUE(test.state->accounts().get(first.id));
  EXPECT_FALSE(test.state->accounts().get(second.id));
  EXPECT_TRUE(std::filesystem::exists(test.folder.path() + "/state.db.before-restore"));
  test.state.reset();
  std::ofstream(copy) << "no database";
  EXPECT_EQ(restore_state(test.folder.path(), copy).error().code(), ErrorCode::kMalformed);
  // Another installation's backup, made with another key.
  StateForTest other;
  ASSERT_TRUE(other.state->backup(copy));
  EXPECT_EQ(restore_state(test.folder.path(), copy).error().code(), ErrorCode::kDenied);
  // What is there may be damaged.
  ASSERT_TRUE(other.state->backup(other.folder.path() + "/copy.db"));
  other.state.reset();
  std::ofstream(other.folder.path() + "/state.db") << "damage";
  ASSERT_TRUE(restore_state(other.folder.path(), other.folder.path() + "/copy.db"));
  other.reopen();
}

}  // namespace
}  // namespace saiph::control
