// The report formats by name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace saiph::report {

enum class Format : std::uint8_t { kText, kJson, kJsonl, kSarif, kJunit, kHtml };

/// "text", "json", "jsonl", "sarif", "junit", "html". Any thread, as all here.
std::string_view format_name(Format format);
std::optional<Format> parse_format(std::string_view name);
/// All names in the order of the enumeration.
std::span<const std::string_view> format_names();

}  // namespace saiph::report
