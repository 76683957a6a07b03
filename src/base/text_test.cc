#include "base/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/python_lines.h"

namespace saiph {
namespace {

TEST(Text, DigitsHaveTheirValues) {
  EXPECT_EQ(hex_digit('0'), 0);
  EXPECT_EQ(hex_digit('f'), 15);
  EXPECT_EQ(hex_digit(std::uint8_t{'A'}), 10);
  for (const char c : {'g', 'G', '/', ':', '@', '`', '\0', '\xFF'}) EXPECT_EQ(hex_digit(c), -1);
  EXPECT_EQ(base64_digit('A'), 0);
  EXPECT_EQ(base64_digit('z'), 51);
  EXPECT_EQ(base64_digit('9'), 61);
  EXPECT_EQ(base64_digit('-'), base64_digit('+'));
  EXPECT_EQ(base64_digit('_'), base64_digit('/'));
  EXPECT_EQ(base64_digit('='), -1);
}

TEST(Text, CodePointsTakeOneToFourBytes) {
  std::string out;
  for (const std::uint32_t c : {0x41U, 0x7FFU, 0xFFFFU, 0x10FFFFU, 0x110000U}) append_utf8(out, c);
  EXPECT_EQ(out, "A\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF");
}

TEST(Text, Rot13TwiceIsTheText) {
  EXPECT_EQ(rot13("bf.flfgrz 1"), "os.system 1");
  EXPECT_EQ(rot13(rot13("Az\xC3\xA9")), "Az\xC3\xA9");
}

TEST(Text, LinesComeOneByOne) {
  std::string_view rest = "a \r\n\n b";
  EXPECT_EQ(take_line(rest), "a");
  EXPECT_EQ(take_line(rest), "");
  EXPECT_EQ(take_line(rest), " b");
  EXPECT_TRUE(rest.empty());
}

TEST(Text, PythonEndsLinesAtMorePlaces) {
  // What str.splitlines answers for this text, and the rest of a letter that only begins like an
  // end.
  std::string_view rest =
      "a\r\nb\vc\fd\x1C"
      "e\xC2\x85"
      "f\xE2\x80\xA8g\xE2\x80\xA9\xC2\xB0\xE2\x82\xAC\n\rh";
  std::vector<std::string> lines;
  while (!rest.empty()) lines.emplace_back(take_python_line(rest));
  EXPECT_EQ(lines, (std::vector<std::string>{"a", "b", "c", "d", "e", "f", "g",
                                             "\xC2\xB0\xE2\x82\xAC", "", "h"}));
}

}  // namespace
}  // namespace saiph
