#include "base/time_text.h"

#include <gtest/gtest.h>

namespace saiph {
namespace {

TEST(TimeText, GoesThereAndBack) {
  for (const UnixMillis time : {UnixMillis{0}, UnixMillis{951'782'400'001},
                                UnixMillis{1'767'323'045'678}, UnixMillis{253'402'300'799'999}}) {
    EXPECT_EQ(parse_rfc3339(rfc3339_text(time)), time) << rfc3339_text(time);
  }
  EXPECT_EQ(rfc3339_text(1'767'323'045'678), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(rfc3339_text(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05Z"), 1'767'323'045'000);
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.5Z"), 1'767'323'045'500);
  EXPECT_EQ(parse_rfc3339("2026-01-02T03:04:05.123456789Z"), 1'767'323'045'123);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"), 1'709'164'800'000);
}

TEST(TimeText, OtherFormsAreNone) {
  for (const char* text :
       {"", "Z", "2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", "2026-01-02t03:04:05Z",
        "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z",
        "2026-01-02T03:04:60Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1x3Z",
        "1969-12-31T23:59:59Z", "2026-01-02T03:04:05.1234567890Z", "2026-01-02 03:04:05Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace saiph
