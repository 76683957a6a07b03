#include "base/limits.h"

#include <gtest/gtest.h>

#include "base/checked.h"

namespace saiph {
namespace {

std::chrono::steady_clock::time_point fake_now;  // NOLINT: the clock of these tests
std::chrono::steady_clock::time_point read_fake() {
  return fake_now;
}

TEST(Budget, InflatedBytesAreACapNotAWrap) {
  Limits limits;
  limits.inflated_bytes = 100;
  Budget budget(limits);
  EXPECT_TRUE(budget.take_inflated(60));
  EXPECT_TRUE(budget.take_inflated(40));
  EXPECT_FALSE(budget.take_inflated(1));
  EXPECT_TRUE(budget.exhausted());
  EXPECT_NE(budget.reason().find("--max-inflated"), std::string::npos);
  Budget other(limits);
  EXPECT_FALSE(other.take_inflated(UINT64_MAX));
}

TEST(Budget, MembersAndEverythingAfter) {
  Limits limits;
  limits.members = 2;
  Budget budget(limits);
  EXPECT_TRUE(budget.take_member());
  EXPECT_TRUE(budget.take_member());
  EXPECT_FALSE(budget.take_member());
  EXPECT_FALSE(budget.take_work(1));  // exhausted stays exhausted, whatever is asked
  EXPECT_FALSE(budget.take_inflated(0));
}

TEST(Budget, DeadlineIsSeenByWorkLoops) {
  Limits limits;
  limits.wall_time = std::chrono::milliseconds(10);
  fake_now = {};
  Budget budget(limits, &read_fake);
  for (int i = 0; i < 100'000; ++i) ASSERT_TRUE(budget.take_work(1));
  fake_now += std::chrono::milliseconds(11);
  bool stopped = false;
  for (int i = 0; i < 70'000 && !stopped; ++i) stopped = !budget.take_work(1);
  EXPECT_TRUE(stopped);
  EXPECT_NE(budget.reason().find("--timeout"), std::string::npos);
}

TEST(Checked, Arithmetic) {
  EXPECT_EQ(checked_add<std::uint32_t>(1, 2), 3U);
  EXPECT_FALSE(checked_add<std::uint32_t>(UINT32_MAX, 1));
  EXPECT_FALSE(checked_sub<std::uint32_t>(1, 2));
  EXPECT_FALSE(checked_mul<std::uint64_t>(std::uint64_t{1} << 33, std::uint64_t{1} << 33));
  EXPECT_FALSE(checked_cast<std::uint8_t>(256));
  EXPECT_FALSE(checked_cast<std::uint32_t>(-1));
  EXPECT_TRUE(range_inside(std::uint64_t{5}, 5U, 10U));
  EXPECT_FALSE(range_inside(UINT64_MAX, 2U, 10U));
}

}  // namespace
}  // namespace saiph
