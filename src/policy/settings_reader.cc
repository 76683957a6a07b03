#include "policy/settings_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/escape.h"
#include "base/suggest.h"

namespace saiph::policy {

Error SettingsReader::unknown(codec::TomlPosition position, std::string_view word,
                              std::string_view what,
                              std::span<const std::string_view> known) const {
  std::string message = fmt::format("\"{}\" is not {}", escape_terminal(shorten(word, 80)), what);
  if (const std::string_view near = closest_word(word, known); !near.empty()) {
    message += fmt::format("; did you mean \"{}\"?", near);
  } else if (known.size() <= 16) {
    message += "; known are";
    for (std::size_t i = 0; i < known.size(); ++i) {
      message += fmt::format("{} {}", i == 0 ? "" : ",", known[i]);
    }
  }
  return error(position, message);
}

Status SettingsReader::only_keys(const codec::TomlValue& table,
                                 std::span<const std::string_view> known) const {
  for (const codec::TomlMember& member : table.members) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      return unknown(member.key_position, member.key, "a known key here", known);
    }
  }
  return {};
}

Status SettingsReader::expect(const codec::TomlMember& member, codec::TomlKind kind) const {
  if (member.value.kind == kind) return {};
  return error(member.value.position,
               fmt::format("{} must be {}, not {}", escape_terminal(shorten(member.key, 80)),
                           codec::toml_kind_name(kind), codec::toml_kind_name(member.value.kind)));
}

Result<const Rule*> SettingsReader::rule(std::string_view id, codec::TomlPosition position) const {
  for (const Rule* rule : rules_) {
    if (rule->id == id) return rule;
  }
  std::vector<std::string_view> ids;
  for (const Rule* rule : rules_) ids.push_back(rule->id);
  std::string message = fmt::format("there is no rule \"{}\"", escape_terminal(shorten(id, 80)));
  if (const std::string_view near = closest_word(id, ids); !near.empty()) {
    message += fmt::format("; did you mean \"{}\"?", near);
  } else {
    message += "; `saiph rules` lists all";
  }
  return error(position, message);
}

}  // namespace saiph::policy
