#include "policy/scan_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/escape.h"
#include "codec/toml/toml.h"
#include "policy/settings_reader.h"

namespace saiph::policy {

namespace {

using codec::TomlKind;
using codec::TomlMember;
using codec::TomlValue;

constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 6> kGrades = {"off",    "info", "low",
                                                     "medium", "high", "critical"};

Result<Severity> read_severity(const SettingsReader& reader, const TomlMember& member) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kString));
  const auto severity = parse_severity(member.value.string);
  if (!severity) {
    return reader.unknown(member.value.position, member.value.string, "a severity", kSeverities);
  }
  return *severity;
}

Status read_grades(const SettingsReader& reader, const TomlMember& section, ScanPolicy& policy) {
  SAIPH_CHECK(reader.expect(section, TomlKind::kTable));
  for (const TomlMember& member : section.value.members) {
    SAIPH_TRY(const Rule* rule, reader.rule(member.key, member.key_position));
    SAIPH_CHECK(reader.expect(member, TomlKind::kString));
    if (member.value.string == "off") {
      policy.grades.push_back({rule, std::nullopt});
      continue;
    }
    const auto severity = parse_severity(member.value.string);
    if (!severity) {
      return reader.unknown(member.value.position, member.value.string, "a severity or off",
                            kGrades);
    }
    policy.grades.push_back({rule, severity});
  }
  return {};
}

/// "module" or "module.Name": identifiers joined by dots, nothing else.
bool is_dotted_name(std::string_view text) {
  bool start = true;
  for (const char c : text) {
    if (c == '.') {
      if (start) return false;
      start = true;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
                        (static_cast<unsigned char>(c) & 0x80) != 0;
    if (!letter && (start || c < '0' || c > '9')) return false;
    start = false;
  }
  return !start;
}

Status read_names(const SettingsReader& reader, const TomlMember& member, bool needs_dot,
                  std::vector<std::string>& out) {
  SAIPH_CHECK(reader.expect(member, TomlKind::kArray));
  for (const TomlValue& item : member.value.items) {
    const bool valid = item.kind == TomlKind::kString && is_dotted_name(item.string) &&
                       (!needs_dot || item.string.find('.') != std::string::npos);
    if (!valid) {
      return reader.error(item.position, needs_dot
                                             ? "a class is written \"module.Name\", exactly; "
                                               "patterns are not allowed"
                                             : "a module is written \"package\" or "
                                               "\"package.module\"; patterns are not allowed");
    }
    out.push_back(item.string);
  }
  return {};
}

Status read_trust(const SettingsReader& reader, const TomlMember& section, ScanPolicy& policy) {
  constexpr std::array<std::string_view, 2> kKeys = {"modules", "classes"};
  SAIPH_CHECK(reader.expect(section, TomlKind::kTable));
  SAIPH_CHECK(reader.only_keys(section.value, kKeys));
  if (const TomlMember* modules = section.value.find("modules")) {
    SAIPH_CHECK(read_names(reader, *modules, false, policy.trusted_modules));
  }
  if (const TomlMember* classes = section.value.find("classes")) {
    SAIPH_CHECK(read_names(reader, *classes, true, policy.trusted_classes));
  }
  return {};
}

Status read_limits(const SettingsReader& reader, const TomlMember& section, ScanPolicy& policy) {
  SAIPH_CHECK(reader.expect(section, TomlKind::kTable));
  std::vector<std::string_view> known;
  for (const LimitName& row : limit_names()) known.push_back(row.name);
  SAIPH_CHECK(reader.only_keys(section.value, known));
  for (const TomlMember& member : section.value.members) {
    const LimitName& row = *find_limit(member.key);
    LimitSetting setting{row.name, 0};
    if (member.value.kind == TomlKind::kString) {
      const auto value = parse_limit(row, member.value.string);
      if (!value) return reader.error(member.value.position, value.error().message());
      setting.value = *value;
    } else if (member.value.kind == TomlKind::kInteger && row.unit != LimitUnit::kMilliseconds &&
               member.value.integer >= 0) {
      setting.value = static_cast<std::uint64_t>(member.value.integer);
    } else {
      return reader.error(
          member.value.position,
          row.unit == LimitUnit::kMilliseconds
              ? fmt::format("{} must be a duration in quotes, as in \"30s\"", row.name)
              : fmt::format("{} must be a whole number, or a string as in \"64M\"", row.name));
    }
    Limits probe;
    if (const Status status = set_limit(probe, setting); !status) {
      return reader.error(member.value.position, status.error().message());
    }
    policy.limits.push_back(setting);
  }
  return {};
}

}  // namespace

Result<ScanPolicy> parse_policy(ByteView bytes, std::string_view name,
                                std::span<const Rule* const> rules) {
  constexpr std::array<std::string_view, 5> kKeys = {"fail_on", "allow_incomplete", "severity",
                                                     "trust", "limits"};
  SAIPH_TRY(const TomlValue root, codec::parse_toml(bytes, name));
  const SettingsReader reader(name, rules);
  ScanPolicy policy;
  policy.name = std::string(name);
  SAIPH_CHECK(reader.only_keys(root, kKeys));
  if (const TomlMember* member = root.find("fail_on")) {
    SAIPH_TRY(policy.fail_on, read_severity(reader, *member));
  }
  if (const TomlMember* member = root.find("allow_incomplete")) {
    SAIPH_CHECK(reader.expect(*member, TomlKind::kBoolean));
    policy.allow_incomplete = member->value.boolean;
  }
  if (const TomlMember* member = root.find("severity")) {
    SAIPH_CHECK(read_grades(reader, *member, policy));
  }
  if (const TomlMember* member = root.find("trust")) {
    SAIPH_CHECK(read_trust(reader, *member, policy));
  }
  if (const TomlMember* member = root.find("limits")) {
    SAIPH_CHECK(read_limits(reader, *member, policy));
  }
  return policy;
}

void ScanPolicy::apply(FileReport& report) const {
  if (grades.empty()) return;
  for (Finding& finding : report.findings) {
    const auto it = std::lower_bound(
        grades.begin(), grades.end(), finding.rule->id,
        [](const Grade& grade, std::string_view id) { return grade.rule->id < id; });
    if (it == grades.end() || it->rule->id != finding.rule->id) continue;
    if (const std::optional<Severity>& severity = it->severity) {
      finding.severity = *severity;
    } else if (finding.suppressed_by.empty()) {
      finding.suppressed_by = fmt::format("policy {}: rule is off", name);
    }
  }
}

}  // namespace saiph::policy
