#include "policy/suppressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "base/glob.h"
#include "codec/toml/toml.h"
#include "policy/settings_reader.h"

namespace saiph::policy {

namespace {

using codec::TomlKind;
using codec::TomlMember;
using codec::TomlValue;
using std::chrono::year_month_day;

std::string day_text(const year_month_day& day) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

Status read_text(const SettingsReader& reader, const TomlValue& table, std::string_view key,
                 std::string& out) {
  const TomlMember* member = table.find(key);
  if (member == nullptr) return {};
  SAIPH_CHECK(reader.expect(*member, TomlKind::kString));
  if (member->value.string.find_first_not_of(" \t\n") == std::string::npos) {
    return reader.error(member->value.position, fmt::format("{} is empty", key));
  }
  out = member->value.string;
  return {};
}

Status read_expiry(const SettingsReader& reader, const TomlValue& table, year_month_day today,
                   Suppressions::Row& row) {
  const TomlMember* member = table.find("expires");
  if (member == nullptr) {
    return reader.error(table.position,
                        "expires is missing: write the last day, as in expires = 2027-06-30, or "
                        "expires = \"never\"");
  }
  if (member->value.kind == TomlKind::kString && member->value.string == "never") return {};
  if (member->value.kind != TomlKind::kDate) {
    return reader.error(member->value.position,
                        "expires must be a date without quotes, as in 2027-06-30, or \"never\"");
  }
  row.expires = member->value.date;
  if (*row.expires > today + std::chrono::years(10)) {
    return reader.error(member->value.position,
                        "expires is more than ten years away: write \"never\" if that is meant");
  }
  row.expired = *row.expires < today;
  return {};
}

Result<Suppressions::Row> read_row(const SettingsReader& reader, const TomlValue& table,
                                   year_month_day today) {
  constexpr std::array<std::string_view, 6> kKeys = {"rule", "digest", "path",
                                                     "part", "reason", "expires"};
  if (table.kind != TomlKind::kTable) {
    return reader.error(table.position, "each suppression is a table headed [[suppress]]");
  }
  SAIPH_CHECK(reader.only_keys(table, kKeys));
  Suppressions::Row row;
  row.line = table.position.line;
  const TomlMember* rule = table.find("rule");
  if (rule == nullptr) {
    return reader.error(table.position, "rule is missing: write the id that the finding names");
  }
  SAIPH_CHECK(reader.expect(*rule, TomlKind::kString));
  SAIPH_TRY(row.rule, reader.rule(rule->value.string, rule->value.position));
  if (const TomlMember* digest = table.find("digest")) {
    SAIPH_CHECK(reader.expect(*digest, TomlKind::kString));
    row.digest = Digest::parse(digest->value.string);
    if (!row.digest) {
      return reader.error(digest->value.position,
                          "digest must be \"sha256:\" and 64 hexadecimal digits, as the report "
                          "gives it for the file");
    }
  }
  SAIPH_CHECK(read_text(reader, table, "path", row.path));
  SAIPH_CHECK(read_text(reader, table, "part", row.part));
  SAIPH_CHECK(read_text(reader, table, "reason", row.reason));
  if (!row.digest && row.path.empty()) {
    return reader.error(table.position,
                        "digest or path is missing: say which file is meant (a digest is safer: "
                        "it covers exactly the bytes that were looked at)");
  }
  if (row.reason.empty()) {
    return reader.error(table.position, "reason is missing: say why this finding is accepted");
  }
  SAIPH_CHECK(read_expiry(reader, table, today, row));
  return row;
}

}  // namespace

Result<Suppressions> parse_suppressions(ByteView bytes, std::string_view name,
                                        std::span<const Rule* const> rules, year_month_day today) {
  constexpr std::array<std::string_view, 1> kKeys = {"suppress"};
  SAIPH_TRY(const TomlValue root, codec::parse_toml(bytes, name));
  const SettingsReader reader(name, rules);
  SAIPH_CHECK(reader.only_keys(root, kKeys));
  Suppressions suppressions;
  suppressions.name_ = std::string(name);
  const TomlMember* rows = root.find("suppress");
  if (rows == nullptr) return suppressions;
  if (rows->value.kind != TomlKind::kArray) {
    return reader.error(rows->key_position,
                        "each suppression is headed [[suppress]], with two brackets");
  }
  for (const TomlValue& table : rows->value.items) {
    SAIPH_TRY(Suppressions::Row row, read_row(reader, table, today));
    suppressions.rows_.push_back(std::move(row));
  }
  return suppressions;
}

void Suppressions::apply(FileReport& report) {
  for (Finding& finding : report.findings) {
    if (!finding.suppressed_by.empty()) continue;
    for (Row& row : rows_) {
      if (row.expired || row.rule != finding.rule) continue;
      if (row.digest && row.digest != report.digest) continue;
      if (!row.path.empty() && !glob_match(row.path, report.path)) continue;
      if (!row.part.empty() && row.part != finding.location.part) continue;
      ++row.uses;
      finding.suppressed_by =
          fmt::format("{} ({}, {})", row.reason, name_,
                      row.expires ? "until " + day_text(*row.expires) : "without expiry");
      break;
    }
  }
}

std::vector<std::string> Suppressions::expired() const {
  std::vector<std::string> out;
  for (const Row& row : rows_) {
    if (!row.expired || !row.expires) continue;
    out.push_back(
        fmt::format("{}:{}: the suppression of {} expired on {} and does not apply; "
                    "look at the finding again, then renew or remove it",
                    escape_terminal(name_), row.line, row.rule->id, day_text(*row.expires)));
  }
  return out;
}

std::vector<std::string> Suppressions::unused() const {
  std::vector<std::string> out;
  for (const Row& row : rows_) {
    if (row.expired || row.uses > 0) continue;
    out.push_back(fmt::format("{}:{}: the suppression of {} covered nothing in this scan",
                              escape_terminal(name_), row.line, row.rule->id));
  }
  return out;
}

bool Suppressions::needs_digests() const {
  return std::any_of(rows_.begin(), rows_.end(),
                     [](const Row& row) { return row.digest.has_value() && !row.expired; });
}

}  // namespace saiph::policy
