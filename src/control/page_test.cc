#include "control/page.h"

#include <gtest/gtest.h>

#include "control/identifier.h"

namespace saiph::control {
namespace {

TEST(Cursor, IsGoodForItsListOnly) {
  for (const Cursor& cursor :
       {Cursor{0, ""}, Cursor{-5, "x"}, Cursor{INT64_MAX, "a:b\n\xC3\xBC"}}) {
    const std::string text = cursor.encode("list");
    const auto back = Cursor::decode(text, "list");
    ASSERT_TRUE(back);
    EXPECT_EQ(back->number, cursor.number);
    EXPECT_EQ(back->text, cursor.text);
    EXPECT_EQ(Cursor::decode(text, "other").error().code(), ErrorCode::kInvalidArgument);
    EXPECT_FALSE(Cursor::decode(text.substr(1), "list"));
  }
  for (const char* text : {"", "=", "AAAA", "not a cursor", "AAAAAAAAAAAA"}) {
    EXPECT_FALSE(Cursor::decode(text, "list")) << text;
  }
  EXPECT_FALSE(Cursor::decode(std::string(100'000, 'A'), "list"));
}

TEST(Cursor, PagesHaveBounds) {
  EXPECT_FALSE(open_page({0, ""}, "list"));
  EXPECT_FALSE(open_page({kMaxPageItems + 1, ""}, "list"));
  EXPECT_FALSE(open_page({10, "x"}, "list"));
  EXPECT_FALSE(open_page({kMaxPageItems, ""}, "list")->has_value());
}

TEST(Identifier, IsAVersionSevenUuidThatSortsByTime) {
  const std::string early = *new_identifier(1'767'323'045'678);
  const std::string late = *new_identifier(1'767'323'045'679);
  EXPECT_LT(early, late);
  EXPECT_EQ(early.substr(0, 15), "019b7ca9-8f2e-7");
  EXPECT_TRUE(is_identifier(early));
  EXPECT_NE(early, *new_identifier(1'767'323'045'678));
  std::string wrong = early;
  wrong[14] = '4';
  EXPECT_FALSE(is_identifier(wrong));
  wrong = early;
  wrong[19] = 'c';
  EXPECT_FALSE(is_identifier(wrong));
  EXPECT_FALSE(is_identifier(early.substr(1)));
  EXPECT_FALSE(is_identifier("019B7CA9-8F2E-7000-8000-000000000000"));
}

}  // namespace
}  // namespace saiph::control
