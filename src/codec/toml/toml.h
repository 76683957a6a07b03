// TOML 1.0 as a tree with positions, for settings that people write. The library behind it stays
// inside toml.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace saiph::codec {

/// From 1, as editors count; columns in code points.
struct TomlPosition {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

enum class TomlKind : std::uint8_t {
  kTable,
  kArray,
  kString,
  kInteger,
  kReal,
  kBoolean,
  kDate,
  kTime
};

/// "a table", "a string", ... for messages.
std::string_view toml_kind_name(TomlKind kind);

struct TomlMember;

/// One value. A tree that owns its parts; read-only after parsing, so any thread may read.
struct TomlValue {
  TomlKind kind = TomlKind::kTable;
  TomlPosition position;
  std::string string;                  ///< kString
  std::int64_t integer = 0;            ///< kInteger
  double real = 0;                     ///< kReal
  bool boolean = false;                ///< kBoolean
  std::chrono::year_month_day date{};  ///< kDate (a local date, valid)
  std::vector<TomlValue> items;        ///< kArray
  std::vector<TomlMember> members;     ///< kTable, sorted by key

  /// The member with this key, or nullptr.
  const TomlMember* find(std::string_view key) const;
};

struct TomlMember {
  std::string key;
  TomlPosition key_position;
  TomlValue value;
};

/// Settings larger than this are refused.
inline constexpr std::size_t kTomlMaxBytes = 4U << 20;

/// Parses a whole document; duplicate keys are errors, as TOML says. `name` stands in messages:
/// "policy.toml:3:5: what". Nesting is limited to 16 levels, a line to 128 dots.
/// Errors: kMalformed (with the position in the message), kLimit. Cost: linear. Any thread.
Result<TomlValue> parse_toml(ByteView bytes, std::string_view name);

/// "policy.toml:3:5: what" as kMalformed, for readers of the tree.
Error toml_error(std::string_view name, TomlPosition position, std::string_view what);

}  // namespace saiph::codec
