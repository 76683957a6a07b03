#include "base/escape.h"

#include <gtest/gtest.h>

namespace saiph {
namespace {

TEST(Escape, TerminalLetsNoSequenceThrough) {
  EXPECT_EQ(escape_terminal("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(escape_terminal("a\nb\\n"), "a\\x0ab\\\\n");
  EXPECT_EQ(escape_terminal("\xC2\x9B"
                            "31m"),
            "\\x9b31m");  // C1 CSI
  EXPECT_EQ(escape_terminal("\xE2\x80\xAE"
                            "abc"),
            "\\u{202e}abc");                                     // right-to-left override
  EXPECT_EQ(escape_terminal("\xF3\xA0\x81\x81"), "\\u{e0041}");  // tag letter
  EXPECT_EQ(escape_terminal("caf\xC3\xA9"), "caf\xC3\xA9");
  EXPECT_EQ(escape_terminal("\xC3("), "\\xc3(");
}

TEST(Escape, MarkupCannotEndItsElementOrAttribute) {
  EXPECT_EQ(escape_markup("<script>'\"&]]>"), "&lt;script&gt;&#39;&quot;&amp;]]&gt;");
  EXPECT_EQ(escape_markup(std::string_view("\0\x01", 2)), "\\x00\\x01");
  EXPECT_EQ(escape_markup("\xEF\xBF\xBF"), "\\u{ffff}");
}

TEST(Escape, ValidUtf8) {
  EXPECT_EQ(to_valid_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(to_valid_utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(to_valid_utf8("\xC0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD");                  // overlong
  EXPECT_EQ(to_valid_utf8("\xF0\x9F\xA6\x8A"), "\xF0\x9F\xA6\x8A");
}

TEST(Escape, ShortenCutsAtCodePoints) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc...");
  EXPECT_EQ(shorten("ab\xC3\xA9"
                    "defgh",
                    6),
            "ab...");
}

}  // namespace
}  // namespace saiph
