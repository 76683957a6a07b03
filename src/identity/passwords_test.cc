#include "identity/passwords.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace saiph::identity {
namespace {

TEST(PasswordPolicy, TakesLongOnesOfAnyKind) {
  for (const std::string& password :
       {std::string("plum-otter-39-canvas"), std::string("twelve chars"),
        std::string("all lower case words are fine"), std::string("482617395028"),
        std::string("\xC3\xA9\xC3\xA8\xC3\xAA\xC3\xAB\xC3\xA0\xC3\xA2\xC3\xB4\xC3\xB6\xC3\xBC\xC3"
                    "\xBB\xC3\xAE\xC3\xAF"),
        std::string("my password is a canoe"), std::string("ops is not the only word here"),
        std::string("x") + std::string(50, '7') + "y" + std::string(204, '3')}) {
    const auto status = check_password_policy(password, "ops");
    EXPECT_TRUE(status) << password << ": " << status.error().message();
  }
}

TEST(PasswordPolicy, RefusesWhatIsGuessedFirst) {
  struct Row {
    std::string password;
    std::string name;
  };
  const Row rows[] = {
      {"", "ops"},
      {"short", "ops"},
      {"elevenchars", "ops"},
      {"\xC3\xA9\xC3\xA8\xC3\xAA\xC3\xAB\xC3\xA0\xC3\xA2", "ops"},  // 12 bytes, 6 characters
      {std::string(257, 'a') + "b", "ops"},
      {std::string(1 << 20, 'a'), "ops"},
      {"twelve\tchars and a tab", "ops"},
      {"twelve chars and a nul" + std::string(1, '\0'), "ops"},
      {"not utf-8 at all \xFF\xFE", "ops"},
      {"first.keeper@example.org", "first.keeper@example.org"},
      {"FIRST.Keeper@example.org", "first.keeper@example.org"},
      {"opsopsopsops", "ops"},
      {"christopher2026!", "Christopher"},
      {"2026-christopher", "christopher"},
      {"aaaaaaaaaaaa", "ops"},
      {"abababababab", "ops"},
      {"xyz1xyz1xyz1", "ops"},
      {"123456789012", "ops"},
      {"98765432109876", "ops"},
      {"abcdefghijklm", "ops"},
      {"Password1234", "ops"},
      {"P@ssw0rd2026!", "ops"},
      {"passwordpassword", "ops"},
      {"Qwertyuiop123", "ops"},
      {"administrator1", "ops"},
      {"Correct Horse Battery Staple", "ops"},
      {"1qaz2wsx3edc", "ops"},
      {"letmein2026!!", "ops"},
  };
  for (const Row& row : rows) {
    const auto status = check_password_policy(row.password, row.name);
    ASSERT_FALSE(status) << row.password.substr(0, 40);
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(PasswordPolicy, AnEmptyNameMatchesNothing) {
  EXPECT_TRUE(check_password_policy("plum-otter-39-canvas", ""));
  EXPECT_TRUE(check_password_policy("plum-otter-39-canvas", "1234"));
}

PasswordHasherOptions quick() {
  PasswordHasherOptions options;
  options.cost = {64, 1, 1};
  return options;
}

TEST(PasswordHasher, HashesAndVerifies) {
  auto hasher = PasswordHasher::make(quick());
  ASSERT_TRUE(hasher);
  const auto phc = (*hasher)->hash("plum-otter-39-canvas");
  ASSERT_TRUE(phc);
  EXPECT_TRUE((*hasher)->verify(*phc, "plum-otter-39-canvas")->matches);
  EXPECT_FALSE((*hasher)->verify(*phc, "plum-otter-39-canvaS")->matches);
  EXPECT_TRUE((*hasher)->verify_nobody("plum-otter-39-canvas"));
  EXPECT_FALSE((*hasher)->verify("broken", "plum-otter-39-canvas"));
}

TEST(PasswordHasher, OptionsOutOfRangeAreRefused) {
  PasswordHasherOptions options = quick();
  options.at_once = 0;
  EXPECT_FALSE(PasswordHasher::make(options));
  options = quick();
  options.cost.memory_kib = 1U << 30;
  EXPECT_FALSE(PasswordHasher::make(options));
}

TEST(PasswordHasher, AFloodIsTurnedAwayAndNothingIsStuck) {
  PasswordHasherOptions options = quick();
  options.cost = {1024, 1, 1};
  options.at_once = 1;
  options.waiting = 2;
  auto hasher = PasswordHasher::make(options);
  ASSERT_TRUE(hasher);
  std::atomic<int> done{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const auto status = (*hasher)->verify_nobody("password");
        if (status) {
          ++done;
        } else {
          EXPECT_EQ(status.error().code(), ErrorCode::kLimit);
          ++refused;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done + refused, 240);
  EXPECT_GT(done, 0);
  EXPECT_TRUE((*hasher)->verify_nobody("password"));
}

}  // namespace
}  // namespace saiph::identity
