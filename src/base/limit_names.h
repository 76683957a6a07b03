// The limits by name, as options and policy files set them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace saiph {

enum class LimitUnit : std::uint8_t { kCount, kBytes, kMilliseconds };

/// One settable limit.
struct LimitName {
  std::string_view name;    ///< as the member of Limits: "string_bytes"
  std::string_view option;  ///< the command line's name: "--max-string"; "" when it has none
  LimitUnit unit;
  std::string_view meaning;  ///< for help text, one clause
};

/// One limit that the user changed.
struct LimitSetting {
  std::string_view name;  ///< of a row of limit_names()
  std::uint64_t value;    ///< in the row's unit
};

/// All of them, in the order of Limits. Any thread, as all here.
std::span<const LimitName> limit_names();
/// The row with this name, or nullptr.
const LimitName* find_limit(std::string_view name);
/// The value of a named limit; 0 for an unknown name.
std::uint64_t limit_value(const Limits& limits, std::string_view name);
/// Sets one limit. Errors: kInvalidArgument for an unknown name, for zero (but depth may be 0: open
/// no container) and for a value that the limit's type does not hold.
Status set_limit(Limits& limits, const LimitSetting& setting);
/// The value of a setting from text in the row's unit: a count, a size or a duration.
/// Errors: as parse_count, parse_size, parse_duration.
Result<std::uint64_t> parse_limit(const LimitName& row, std::string_view text);

}  // namespace saiph
