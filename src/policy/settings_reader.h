// Checks that settings files share: known keys, kinds and rule ids.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

#include "base/result.h"
#include "codec/toml/toml.h"
#include "domain/rule.h"

namespace saiph::policy {

/// Reads one settings file; `name` and `rules` must outlive it.
class SettingsReader {
 public:
  SettingsReader(std::string_view name, std::span<const Rule* const> rules)
      : name_(name), rules_(rules) {}

  /// The error text for a place: "NAME:LINE:COLUMN: what".
  Error error(codec::TomlPosition position, std::string_view what) const {
    return codec::toml_error(name_, position, what);
  }
  /// Every key of the table is one of `known`; else an error with the nearest.
  Status only_keys(const codec::TomlValue& table, std::span<const std::string_view> known) const;
  /// The member's value is of this kind; else an error that says what it is.
  Status expect(const codec::TomlMember& member, codec::TomlKind kind) const;
  /// The rule with this id; else an error at `position` with the nearest id.
  Result<const Rule*> rule(std::string_view id, codec::TomlPosition position) const;
  /// `"word" is not WHAT; did you mean "x"?`
  Error unknown(codec::TomlPosition position, std::string_view word, std::string_view what,
                std::span<const std::string_view> known) const;

 private:
  std::string_view name_;
  std::span<const Rule* const> rules_;
};

}  // namespace saiph::policy
