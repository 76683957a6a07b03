// Policies of text inspection: the built-in ones and files. docs/formats/text-policy.md describes
// the file.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/toml/toml.h"
#include "domain/second_tier.h"
#include "domain/text_inspector.h"

namespace saiph::policy {

/// What a file says.
struct TextPolicyFile {
  TextPolicy policy;
  std::vector<codec::TomlPosition> positions;     ///< of each of policy.choices
  std::optional<SecondTierSettings> second_tier;  ///< files in it as written
  std::vector<std::string> rule_files;  ///< as written: relative ones to the policy's folder
};

/// "observe", "balanced", "strict".
inline constexpr std::array<std::string_view, 3> kTextPolicies = {"observe", "balanced", "strict"};
/// The built-in policy with this name, or nothing. Any thread.
std::optional<TextPolicy> built_in_text_policy(std::string_view name);

/// Reads a policy file; what it does not say is as in "balanced", or as in the built-in policy that
/// `like` names. Errors: kMalformed or kLimit with "NAME:LINE:COLUMN: what, and what to do".
Result<TextPolicyFile> parse_text_policy(ByteView bytes, std::string_view name);

}  // namespace saiph::policy
