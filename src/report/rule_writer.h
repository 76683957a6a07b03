// The rule catalogue as people and machines read it (`saiph rules`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "domain/rule.h"
#include "report/report_writer.h"

namespace saiph::report {

enum class RuleFormat : std::uint8_t { kText, kJson, kMarkdown };

std::optional<RuleFormat> parse_rule_format(std::string_view name);
/// "text", "json", "markdown".
std::span<const std::string_view> rule_format_names();

/// All given rules in one text. `explain`: with meaning, remedy and references; without it the text
/// format is one line a rule (json and markdown always hold everything). Any thread.
std::string rules_text(std::span<const Rule* const> rules, RuleFormat format, bool explain,
                       std::string_view catalogue_version, const WriterOptions& options);

}  // namespace saiph::report
