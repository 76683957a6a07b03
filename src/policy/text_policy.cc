#include "policy/text_policy.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/settings_reader.h"

namespace saiph::policy {

namespace {

using codec::TomlKind;
using codec::TomlMember;
using codec::TomlValue;

/// Over every score: nothing is blocked, or flagged, for its score.
constexpr double kNever = 2;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
constexpr std::array<std::string_view, 4> kActions = {"ignore", "note", "flag", "block"};

/// A score, or "never".
Result<double> read_score(const SettingsReader& reader, const TomlMember& member) {
  const TomlValue& value = member.value;
  if (value.kind == TomlKind::kString && value.string == "never") return kNever;
  double score = -1;
  if (value.kind == TomlKind::kReal) score = value.real;
  if (value.kind == TomlKind::kInteger) score = static_cast<double>(value.integer);
  if (score > 0 && score <= 1) return score;
  return reader.error(value.position,
                      fmt::format("{} must be over 0 and at most 1, or \"never\"", member.key));
}

Result<std::int64_t> read_number(const SettingsReader& reader, const TomlMember& member,
                                 std::int64_t least, std::int64_t most) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kInteger));
  if (member.value.integer >= least && member.value.integer <= most) return member.value.integer;
  return reader.error(member.value.position,
                      fmt::format("{} must be {} to {}", member.key, least, most));
}

Status read_actions(const SettingsReader& reader, const TomlMember& section, TextPolicyFile& file) {
  SAIPH_CHECK(reader.expect(section, TomlKind::kTable));
  std::vector<const TomlMember*> members;
  members.reserve(section.value.members.size());
  for (const TomlMember& member : section.value.members) members.push_back(&member);
  // The parser sorts by name; the last one that fits is to win.
  std::sort(members.begin(), members.end(), [](const TomlMember* a, const TomlMember* b) {
    return std::pair(a->key_position.line, a->key_position.column) <
           std::pair(b->key_position.line, b->key_position.column);
  });
  for (const TomlMember* member : members) {
    SAIPH_CHECK(reader.expect(*member, TomlKind::kString));
    const auto action = std::find(kActions.begin(), kActions.end(), member->value.string);
    if (action == kActions.end()) {
      return reader.unknown(member->value.position, member->value.string, "an action", kActions);
    }
    file.policy.choices.push_back(
        {member->key, static_cast<TextAction>(action - kActions.begin())});
    file.positions.push_back(member->key_position);
  }
  return {};
}

Status read_rule_files(const SettingsReader& reader, const TomlMember& member,
                       TextPolicyFile& file) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kArray));
  for (const TomlValue& item : member.value.items) {
    if (item.kind != TomlKind::kString || item.string.empty()) {
      return reader.error(item.position, "rules must hold names of files");
    }
    file.rule_files.push_back(item.string);
  }
  return {};
}

Status read_word(const SettingsReader& reader, const TomlMember& member, std::string& out) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kString));
  out = member.value.string;
  return {};
}

template <typename Enum, std::size_t kCount>
Status read_choice(const SettingsReader& reader, const TomlMember& member, std::string_view what,
                   const std::array<std::string_view, kCount>& words, Enum& out) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kString));
  const auto word = std::find(words.begin(), words.end(), member.value.string);
  if (word == words.end()) {
    return reader.unknown(member.value.position, member.value.string, what, words);
  }
  out = static_cast<Enum>(word - words.begin());
  return {};
}

Result<double> read_share(const SettingsReader& reader, const TomlMember& member) {
  double share = -1;
  if (member.value.kind == TomlKind::kReal) share = member.value.real;
  if (member.value.kind == TomlKind::kInteger) share = static_cast<double>(member.value.integer);
  if (share >= 0 && share <= 1) return share;
  return reader.error(member.value.position, fmt::format("{} must be 0 to 1", member.key));
}

Status read_tier_member(const SettingsReader& reader, const TomlMember& member,
                        SecondTierSettings& tier) {
  // In the order of the enumerations.
  constexpr std::array<std::string_view, 2> kAnswers = {"words", "number"};
  constexpr std::array<std::string_view, 4> kFailures = {"incomplete", "keep", "flag", "block"};
  const std::string_view key = member.key;
  if (key == "url") return read_word(reader, member, tier.url);
  if (key == "model") return read_word(reader, member, tier.model);
  if (key == "key_file") return read_word(reader, member, tier.key_file);
  if (key == "key_env") return read_word(reader, member, tier.key_env);
  if (key == "ca_file") return read_word(reader, member, tier.ca_file);
  if (key == "answers") return read_choice(reader, member, "an answer", kAnswers, tier.answers);
  if (key == "when_it_fails") {
    return read_choice(reader, member, "a way to fail", kFailures, tier.on_failure);
  }
  if (key == "redact") {
    SAIPH_CHECK(reader.expect(member, TomlKind::kBoolean));
    tier.redact = member.value.boolean;
    return {};
  }
  if (key == "from" || key == "to") {
    SAIPH_TRY((key == "from" ? tier.from : tier.to), read_share(reader, member));
    return {};
  }
  if (key == "timeout_ms") {
    SAIPH_TRY(const std::int64_t time, read_number(reader, member, 10, 60'000));
    tier.timeout = std::chrono::milliseconds(time);
  } else if (key == "calls_a_minute") {
    SAIPH_TRY(const std::int64_t calls, read_number(reader, member, 1, 1'000'000));
    tier.calls_a_minute = static_cast<std::uint32_t>(calls);
  } else if (key == "at_a_time") {
    SAIPH_TRY(const std::int64_t calls, read_number(reader, member, 1, 256));
    tier.at_a_time = static_cast<std::uint32_t>(calls);
  } else if (key == "max_bytes") {
    SAIPH_TRY(const std::int64_t most, read_number(reader, member, 64, std::int64_t{1} << 20));
    tier.max_bytes = static_cast<std::size_t>(most);
  }
  return {};
}

Status read_second_tier(const SettingsReader& reader, const TomlMember& section,
                        TextPolicyFile& file) {
  constexpr std::array<std::string_view, 14> kKeys = {
      "url",           "model",          "answers",   "from",      "to",
      "timeout_ms",    "calls_a_minute", "at_a_time", "max_bytes", "redact",
      "when_it_fails", "key_file",       "key_env",   "ca_file"};
  SAIPH_CHECK(reader.expect(section, TomlKind::kTable));
  SAIPH_CHECK(reader.only_keys(section.value, kKeys));
  SecondTierSettings tier;
  for (const TomlMember& member : section.value.members) {
    SAIPH_CHECK(read_tier_member(reader, member, tier));
  }
  const auto wrong = [&](std::string_view what) {
    return reader.error(section.key_position, what);
  };
  if (tier.url.empty() || tier.model.empty()) return wrong("second_tier needs url and model");
  if (tier.from >= tier.to) return wrong("second_tier: from must be under to");
  if (!tier.key_file.empty() && !tier.key_env.empty()) {
    return wrong("second_tier: give key_file or key_env, not both");
  }
  file.second_tier = std::move(tier);
  return {};
}

}  // namespace

std::optional<TextPolicy> built_in_text_policy(std::string_view name) {
  TextPolicy policy;
  policy.name = std::string(name);
  if (name == "balanced") return policy;
  if (name == "observe") {
    policy.block_at = kNever;
    policy.enforce = false;
    return policy;
  }
  if (name == "strict") {
    policy.flag_at = 0.25;
    policy.block_at = 0.5;
    policy.paranoia = 2;
    policy.choices.push_back({"secret.*", TextAction::kBlock});
    return policy;
  }
  return std::nullopt;
}

Result<TextPolicyFile> parse_text_policy(ByteView bytes, std::string_view name) {
  constexpr std::array<std::string_view, 8> kKeys = {
      "like", "flag_at", "block_at", "paranoia", "second_tier", "max_bytes", "rules", "actions"};
  SAIPH_TRY(const TomlValue root, codec::parse_toml(bytes, name));
  const SettingsReader reader(name, {});
  SAIPH_CHECK(reader.only_keys(root, kKeys));
  TextPolicyFile file;
  if (const TomlMember* member = root.find("like")) {
    SAIPH_CHECK(reader.expect(*member, TomlKind::kString));
    const auto like = built_in_text_policy(member->value.string);
    if (!like) {
      return reader.unknown(member->value.position, member->value.string, "a built-in policy",
                            kTextPolicies);
    }
    file.policy = *like;
    file.positions.resize(like->choices.size(), member->value.position);
  }
  file.policy.name = std::string(name);
  if (const TomlMember* member = root.find("flag_at")) {
    SAIPH_TRY(file.policy.flag_at, read_score(reader, *member));
  }
  if (const TomlMember* member = root.find("block_at")) {
    SAIPH_TRY(file.policy.block_at, read_score(reader, *member));
    if (file.policy.block_at < file.policy.flag_at) {
      return reader.error(member->value.position,
                          fmt::format("block_at is under flag_at, which is {}: a text is flagged "
                                      "before it is blocked",
                                      file.policy.flag_at));
    }
  }
  if (const TomlMember* member = root.find("paranoia")) {
    SAIPH_TRY(const std::int64_t level, read_number(reader, *member, 1, 4));
    file.policy.paranoia = static_cast<std::uint8_t>(level);
  }
  if (const TomlMember* member = root.find("max_bytes")) {
    SAIPH_TRY(const std::int64_t most, read_number(reader, *member, 1024, kMostBytes));
    file.policy.max_bytes = static_cast<std::size_t>(most);
  }
  if (const TomlMember* member = root.find("rules")) {
    SAIPH_CHECK(read_rule_files(reader, *member, file));
  }
  if (const TomlMember* member = root.find("second_tier")) {
    SAIPH_CHECK(read_second_tier(reader, *member, file));
  }
  if (const TomlMember* member = root.find("actions")) {
    SAIPH_CHECK(read_actions(reader, *member, file));
  }
  return file;
}

}  // namespace saiph::policy
