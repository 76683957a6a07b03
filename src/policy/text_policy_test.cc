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

TEST(TextPolicy, ReadsTheSecondTier) {
  EXPECT_FALSE(parse("")->second_tier);
  const auto file = parse(R"([second_tier]
url = "https://guard.example/v1"
model = "g"
answers = "words"
from = 0.2
to = 1
timeout_ms = 500
calls_a_minute = 5
at_a_time = 2
max_bytes = 100
redact = false
when_it_fails = "keep"
key_env = "K"
ca_file = "ca.pem"
)");
  ASSERT_TRUE(file) << file.error().describe();
  ASSERT_TRUE(file->second_tier);
  const SecondTierSettings& tier = *file->second_tier;
  EXPECT_EQ(tier.url, "https://guard.example/v1");
  EXPECT_EQ(tier.answers, SecondTierSettings::Answers::kWords);
  EXPECT_EQ(tier.from, 0.2);
  EXPECT_EQ(tier.to, 1);
  EXPECT_EQ(tier.timeout.count(), 500);
  EXPECT_EQ(tier.calls_a_minute, 5U);
  EXPECT_EQ(tier.at_a_time, 2U);
  EXPECT_EQ(tier.max_bytes, 100U);
  EXPECT_FALSE(tier.redact);
  EXPECT_EQ(tier.on_failure, SecondTierSettings::OnFailure::kKeep);
  const std::pair<const char*, const char*> wrong[] = {
      {"url = \"http://a\"", "needs url and model"},
      {"url = \"u\"\nmodel = \"m\"\nfrom = 0.9", "from must be under to"},
      {"url = \"u\"\nmodel = \"m\"\nkey_env = \"A\"\nkey_file = \"b\"", "not both"},
      {"answers = \"word\"", "did you mean \"words\""},
      {"when_it_fails = \"alow\"", "p.toml:2:17"},
      {"from = 2", "must be 0 to 1"},
      {"timeout_ms = 1", "10 to 60000"},
      {"modle = \"m\"", "model"},
      {"redact = 1", "redact"}};
  for (const auto& [text, says] : wrong) {
    const auto bad = parse(std::string("[second_tier]\n") + text + "\n");
    ASSERT_FALSE(bad) << text;
    EXPECT_THAT(bad.error().message(), HasSubstr(says)) << text;
  }
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
