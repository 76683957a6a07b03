#include "base/limit_names.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "base/checked.h"
#include "base/human.h"

namespace saiph {

namespace {

constexpr std::array<LimitName, 11> kNames = {{
    {"depth", "--max-depth", LimitUnit::kCount, "containers inside containers"},
    {"members", "--max-members", LimitUnit::kCount, "members of all containers of one file"},
    {"items", "--max-items", LimitUnit::kCount, "keys, tensors or nodes of one structure"},
    {"nesting", "--max-nesting", LimitUnit::kCount, "levels inside one structure"},
    {"string_bytes", "--max-string", LimitUnit::kBytes, "one string that must be held whole"},
    {"memory_bytes", "--max-memory", LimitUnit::kBytes, "what one parser may hold at a time"},
    {"inflated_bytes", "--max-inflated", LimitUnit::kBytes,
     "output of all decompressors for one file"},
    {"inflation_ratio", "--max-ratio", LimitUnit::kCount,
     "output over input of one compressed stream"},
    {"findings_per_rule", "", LimitUnit::kCount, "findings kept per rule and file"},
    {"work_units", "", LimitUnit::kCount, "opcodes, nodes and tokens for one file"},
    {"wall_time", "--timeout", LimitUnit::kMilliseconds, "wall time for one file"},
}};

template <typename T>
Status store(T& target, const LimitSetting& setting) {
  const auto value = checked_cast<T>(setting.value);
  if (!value) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} may be at most {}", setting.name, std::numeric_limits<T>::max()));
  }
  target = *value;
  return {};
}

}  // namespace

std::span<const LimitName> limit_names() {
  return kNames;
}

const LimitName* find_limit(std::string_view name) {
  for (const LimitName& row : kNames) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::uint64_t limit_value(const Limits& limits, std::string_view name) {
  if (name == "depth") return limits.depth;
  if (name == "members") return limits.members;
  if (name == "items") return limits.items;
  if (name == "nesting") return limits.nesting;
  if (name == "string_bytes") return limits.string_bytes;
  if (name == "memory_bytes") return limits.memory_bytes;
  if (name == "inflated_bytes") return limits.inflated_bytes;
  if (name == "inflation_ratio") return limits.inflation_ratio;
  if (name == "findings_per_rule") return limits.findings_per_rule;
  if (name == "work_units") return limits.work_units;
  if (name == "wall_time") return static_cast<std::uint64_t>(limits.wall_time.count());
  return 0;
}

Status set_limit(Limits& limits, const LimitSetting& setting) {
  const std::string_view name = setting.name;
  if (find_limit(name) == nullptr) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("there is no limit \"{}\"", name));
  }
  if (setting.value == 0 && name != "depth") {
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} must be at least 1", name));
  }
  if (name == "depth") return store(limits.depth, setting);
  if (name == "members") return store(limits.members, setting);
  if (name == "items") return store(limits.items, setting);
  if (name == "nesting") return store(limits.nesting, setting);
  if (name == "string_bytes") return store(limits.string_bytes, setting);
  if (name == "memory_bytes") return store(limits.memory_bytes, setting);
  if (name == "inflated_bytes") return store(limits.inflated_bytes, setting);
  if (name == "inflation_ratio") return store(limits.inflation_ratio, setting);
  if (name == "findings_per_rule") return store(limits.findings_per_rule, setting);
  if (name == "work_units") return store(limits.work_units, setting);
  std::int64_t milliseconds = 0;
  SAIPH_CHECK(store(milliseconds, setting));
  limits.wall_time = std::chrono::milliseconds(milliseconds);
  return {};
}

Result<std::uint64_t> parse_limit(const LimitName& row, std::string_view text) {
  switch (row.unit) {
    case LimitUnit::kBytes:
      return parse_size(text);
    case LimitUnit::kMilliseconds: {
      SAIPH_TRY(const auto duration, parse_duration(text));
      return static_cast<std::uint64_t>(duration.count());
    }
    case LimitUnit::kCount:
      break;
  }
  return parse_count(text);
}

}  // namespace saiph
