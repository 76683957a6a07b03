#include "base/lazy_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <utility>

namespace saiph {
namespace {

TEST(LazyArray, GivesRoomForWhatItWasAskedFor) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{1000},
                                  std::size_t{262144}, std::size_t{262145}, std::size_t{1} << 20}) {
    LazyArray<std::uint64_t> values(count);
    ASSERT_EQ(values.size(), count);
    for (std::size_t i = 0; i < count; ++i) values.data()[i] = i;
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(values.data()[i], i);
  }
}

TEST(LazyArray, MovesItsMemory) {
  LazyArray<std::uint32_t> first(3);
  first.data()[2] = 7;
  const LazyArray<std::uint32_t> second(std::move(first));
  EXPECT_EQ(second.size(), 3U);
  EXPECT_EQ(second.data()[2], 7U);
}

TEST(LazyArray, RefusesWhatNoAddressSpaceHolds) {
  EXPECT_THROW(LazyArray<std::uint8_t>(SIZE_MAX), std::bad_alloc);
}

}  // namespace
}  // namespace saiph
