#include "codec/toml/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saiph::codec {
namespace {

using testing::HasSubstr;

TEST(Toml, ValuesAndPositions) {
  const auto root =
      parse_toml(as_bytes("title = \"x\"\n\n[a.b]\nlist = [1, 2.5, true]\nday = 2027-02-28\n"
                          "when = 07:32:00\n"),
                 "t.toml");
  ASSERT_TRUE(root.has_value()) << root.error().message();
  EXPECT_EQ(root->find("title")->value.string, "x");
  const TomlMember* b = root->find("a")->value.find("b");
  ASSERT_NE(b, nullptr);
  const TomlValue& list = b->value.find("list")->value;
  ASSERT_EQ(list.items.size(), 3U);
  EXPECT_EQ(list.items[0].integer, 1);
  EXPECT_EQ(list.items[1].real, 2.5);
  EXPECT_TRUE(list.items[2].boolean);
  EXPECT_EQ(b->value.find("list")->key_position.line, 4U);
  EXPECT_EQ(b->value.find("day")->value.date, std::chrono::year(2027) / 2 / 28);
  EXPECT_EQ(b->value.find("when")->value.kind, TomlKind::kTime);
  EXPECT_EQ(root->find("nothing"), nullptr);
}

TEST(Toml, LettersOutsideAsciiAreNotWhiteSpace) {
  const auto root =
      parse_toml(as_bytes("a = \"\"\"\\\n  \xDF\xBD\xC3\xA9\"\"\" # \xC3\xA9\n"), "t.toml");
  ASSERT_TRUE(root.has_value()) << root.error().message();
  EXPECT_EQ(root->find("a")->value.string, "\xDF\xBD\xC3\xA9");
}

TEST(Toml, ErrorsNameThePlace) {
  struct Row {
    std::string text;
    const char* message;
  };
  std::string dots = "a";
  for (int i = 0; i < 200; ++i) dots += ".a";
  const Row rows[] = {{"a = \n", "t.toml:1:"},
                      {"ok = 1\nok = 2\n", "t.toml:2:"},
                      {"a = \"open\n", "t.toml:1:"},
                      {dots + " = 1\n", "t.toml:1:"},
                      {std::string("a = \"\xff\"\n"), "t.toml:1:"},
                      {"a = " + std::string(40, '[') + std::string(40, ']'), "t.toml:1:"},
                      {"[[[[a]]\n", "t.toml:1:"},
                      {"ae \xDF\xBD = 1\n", "t.toml:1:"},
                      {"a = 2027-02-30\n", "t.toml:1:"}};
  for (const Row& row : rows) {
    const auto root = parse_toml(as_bytes(row.text), "t.toml");
    ASSERT_FALSE(root.has_value()) << row.text;
    EXPECT_THAT(root.error().message(), HasSubstr(row.message)) << row.text;
  }
}

}  // namespace
}  // namespace saiph::codec
