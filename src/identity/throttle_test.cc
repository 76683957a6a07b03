#include "identity/throttle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace saiph::identity {
namespace {

constexpr UnixMillis kStart = 1'800'000'000'000;

std::unique_ptr<LoginThrottle> make(const ThrottleOptions& options = {}) {
  auto made = LoginThrottle::make(options);
  EXPECT_TRUE(made);
  return std::move(*made);
}

TEST(LoginThrottle, WaitsDoubleUpToTheLongest) {
  auto throttle = make();
  UnixMillis now = kStart;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle->admit("ops", "192.0.2.1", now), 0) << i;
  std::int64_t expected = kSecondMs;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(throttle->admit("ops", "192.0.2.1", now), expected) << i;
    EXPECT_EQ(throttle->admit("OPS", "192.0.2.1", now + expected - 1), 1) << i;
    now += expected;
    EXPECT_EQ(throttle->admit("ops", "192.0.2.1", now), 0) << i;
    expected = std::min<std::int64_t>(expected * 2, kMinuteMs);
  }
}

TEST(LoginThrottle, RefusedAttemptsDoNotLengthenTheWait) {
  auto throttle = make();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle->admit("ops", "192.0.2.1", kStart), 0);
  for (int i = 0; i < 1000; ++i) EXPECT_GT(throttle->admit("ops", "192.0.2.1", kStart + 500), 0);
  EXPECT_EQ(throttle->admit("ops", "192.0.2.1", kStart + 1000), 0);
  EXPECT_EQ(throttle->figures().refused, 1000U);
  EXPECT_EQ(throttle->figures().admitted, 6U);
}

TEST(LoginThrottle, AnAccountIsSlowFromEveryAddress) {
  auto throttle = make();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(throttle->admit("ops", "192.0.2." + std::to_string(i), kStart), 0);
  }
  EXPECT_GT(throttle->admit("ops", "198.51.100.7", kStart), 0);
  EXPECT_EQ(throttle->admit("bob", "198.51.100.7", kStart), 0);
}

TEST(LoginThrottle, AnAddressIsSlowForEveryAccount) {
  auto throttle = make();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(throttle->admit("person" + std::to_string(i), "192.0.2.1", kStart), 0) << i;
  }
  EXPECT_GT(throttle->admit("somebody-else", "192.0.2.1", kStart), 0);
  EXPECT_EQ(throttle->admit("somebody-else", "192.0.2.2", kStart), 0);
}

TEST(LoginThrottle, AddressesCountByTheirNetwork) {
  const std::vector<std::pair<std::vector<std::string>, bool>> rows = {
      {{"2001:db8::1", "2001:db8::ffff:1", "2001:0DB8:0:0:1::", "2001:db8::1%eth0"}, true},
      {{"2001:db8:0:0::1", "2001:db8:0:1::1"}, false},
      {{"192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201"}, true},
      {{"192.0.2.1", "192.0.2.2"}, false},
      {{"unix", "unix"}, true},
  };
  for (const auto& [addresses, same] : rows) {
    ThrottleOptions options;
    options.address = {1, kMinuteMs, kMinuteMs};
    auto throttle = make(options);
    EXPECT_EQ(throttle->admit("a", addresses[0], kStart), 0);
    for (std::size_t i = 1; i < addresses.size(); ++i) {
      EXPECT_EQ(throttle->admit("b" + std::to_string(i), addresses[i], kStart) > 0, same)
          << addresses[i];
    }
  }
}

TEST(LoginThrottle, SuccessForgetsTheAccountButNotTheAddress) {
  auto throttle = make();
  // Somebody with an account of their own guesses others between their own logins.
  int guesses = 0;
  for (int i = 0; i < 100; ++i) {
    if (throttle->admit("mallory", "192.0.2.1", kStart) == 0) {
      throttle->succeeded("mallory", "192.0.2.1", kStart);
    }
    if (throttle->admit("victim" + std::to_string(i), "192.0.2.1", kStart) == 0) ++guesses;
  }
  EXPECT_LE(guesses, 20);
  // An honest person's own failures end with their login.
  auto other = make();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(other->admit("ops", "192.0.2.9", kStart), 0);
  EXPECT_EQ(other->admit("ops", "192.0.2.9", kStart), 0);
  other->succeeded("ops", "192.0.2.9", kStart);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(other->admit("ops", "192.0.2.9", kStart), 0) << i;
}

TEST(LoginThrottle, FailuresAreForgottenAfterAWhile) {
  auto throttle = make();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle->admit("ops", "192.0.2.1", kStart), 0);
  EXPECT_GT(throttle->admit("ops", "192.0.2.1", kStart), 0);
  const UnixMillis later = kStart + 24 * kHourMs;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle->admit("ops", "192.0.2.1", later), 0) << i;
  EXPECT_GT(throttle->admit("ops", "192.0.2.1", later), 0);
}

TEST(LoginThrottle, AClockSetBackLocksNobodyOut) {
  auto throttle = make();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(throttle->admit("ops", "192.0.2.1", kStart), 0);
  const UnixMillis earlier = kStart - 100 * kDayMs;
  EXPECT_LE(throttle->admit("ops", "192.0.2.1", earlier), kSecondMs);
  EXPECT_EQ(throttle->admit("ops", "192.0.2.1", earlier + kSecondMs), 0);
}

TEST(LoginThrottle, AFloodOfAddressesNeitherGrowsItNorWashesOutTheWorst) {
  ThrottleOptions options;
  options.capacity = 1024;
  auto throttle = make(options);
  const std::size_t memory = throttle->memory_bytes();
  EXPECT_LE(memory, 2U * 1024 * 40);
  for (int i = 0; i < 10; ++i) (void)throttle->admit("target", "203.0.113.5", kStart);
  ASSERT_GT(throttle->admit("target", "198.51.100.1", kStart), 0);
  for (int i = 0; i < 100'000; ++i) {
    const std::string address = "10." + std::to_string(i >> 16) + "." +
                                std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
    (void)throttle->admit("made-up-" + std::to_string(i), address, kStart + 1);
  }
  EXPECT_EQ(throttle->memory_bytes(), memory);
  EXPECT_GT(throttle->figures().evicted, 90'000U);
  EXPECT_GT(throttle->admit("target", "198.51.100.1", kStart + 2), 0);
}

TEST(LoginThrottle, AttemptsMadeAtOnceCountEach) {
  auto throttle = make();
  std::atomic<int> admitted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) {
        if (throttle->admit("ops", "192.0.2.1", kStart) == 0) ++admitted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, 5);
}

TEST(LoginThrottle, LongNamesAndEmptyOnesAreNames) {
  auto throttle = make();
  EXPECT_EQ(throttle->admit("", "", kStart), 0);
  EXPECT_EQ(throttle->admit(std::string(1 << 20, 'x'), std::string(1 << 20, ':'), kStart), 0);
  EXPECT_EQ(throttle->admit(std::string("a\0b", 3), std::string("::1\0x", 5), kStart), 0);
}

TEST(LoginThrottle, OptionsOutOfRangeAreRefused) {
  ThrottleOptions options;
  options.capacity = 0;
  EXPECT_FALSE(LoginThrottle::make(options));
  options = {};
  options.account.longest_ms = 10;
  EXPECT_FALSE(LoginThrottle::make(options));
  options = {};
  options.forget_ms = kSecondMs;
  EXPECT_FALSE(LoginThrottle::make(options));
}

}  // namespace
}  // namespace saiph::identity
