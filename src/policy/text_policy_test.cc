#include "policy/text_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace saiph::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<TextPolicyFile> parse(std::string_view text) {
  return parse_text_policy(as_bytes(text), "p.toml");
}

TEST(TextPolicy, BuiltInOnesGetStricter) {
  const auto observe = built_in_text_policy("observe");
  const auto balanced = built_in_text_policy("balanced");
  const auto strict = built_in_text_policy("strict");
  ASSERT_TRUE(observe && balanced && strict);
  EXPECT_FALSE(observe->enforce);
  EXPECT_GT(observe->block_at, 1);
  EXPECT_LT(strict->block_at, balanced->block_at);
  EXPECT_LT(strict->flag_at, balanced->flag_at);
  EXPECT_FALSE(built_in_text_policy("loose"));
}

TEST(TextPolicy, ReadsEverything) {
  const auto file = parse(R"(like = "strict"
flag_at = 0.3
block_at = "never"
paranoia = 3
max_bytes = 4096
rules = ["own.toml"]
[actions]
"pii.*" = "ignore"
"pii.iban" = "block"
)");
  ASSERT_TRUE(file) << file.error().describe();
  EXPECT_EQ(file->policy.name, "p.toml");
  EXPECT_EQ(file->policy.flag_at, 0.3);
  EXPECT_GT(file->policy.block_at, 1);
  EXPECT_EQ(file->policy.paranoia, 3);
  EXPECT_EQ(file->policy.max_bytes, 4096U);
  EXPECT_THAT(file->rule_files, ElementsAre("own.toml"));
  EXPECT_EQ(file->policy.choices.size(), file->positions.size());
  // The last one that fits wins, in the order of the file.
  EXPECT_EQ(file->policy.action_for("pii.iban", TextAction::kNote), TextAction::kBlock);
  EXPECT_EQ(file->policy.action_for("pii.email", TextAction::kNote), TextAction::kIgnore);
  EXPECT_EQ(file->policy.action_for("secret.aws", TextAction::kNote), TextAction::kBlock);
  EXPECT_EQ(file->policy.action_for("piix", TextAction::kFlag), TextAction::kFlag);
}

TEST(TextPolicy, SaysWhatIsWrongAndWhere) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"flag_att = 0.5", "p.toml:1:1"},
      {"flag_at = 7", "p.toml:1:11: flag_at must be over 0 and at most 1"},
      {"flag_at = 0", "must be over 0"},
      {"block_at = \"often\"", "or \"never\""},
      {"flag_at = 0.6\nblock_at = 0.5", "p.toml:2:12: block_at is under flag_at"},
      {"paranoia = 5", "paranoia must be 1 to 4"},
      {"max_bytes = 10", "max_bytes must be 1024 to"},
      {"like = \"stict\"", "strict"},
      {"rules = [1]", "names of files"},
      {"[actions]\n\"pii.*\" = \"blok\"", "block"},
  };
  for (const auto& [text, message] : cases) {
    const auto file = parse(text);
    ASSERT_FALSE(file) << text;
    EXPECT_THAT(file.error().message(), HasSubstr(message)) << text;
  }
}

}  // namespace
}  // namespace saiph::policy
