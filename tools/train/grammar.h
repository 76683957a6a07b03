// Grammar: our own training texts, written as rules (grammar.txt) and expanded at random.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saiph::train {

class Grammar {
 public:
  /// Reads rules "NAME = alternative | alternative", one a line. Alternatives that begin with
  /// "@source" are left out when `held_out` holds a name that begins with it. Errors: kMalformed
  /// with the byte offset of a line without a rule, or for a rule that names one that is missing.
  static Result<Grammar> parse(std::string_view text, const std::set<std::string>& held_out);

  /// Names of the rules that begin with `prefix`, in order.
  std::vector<std::string> starts(std::string_view prefix) const;
  /// One text. `rule` must be one of starts().
  std::string expand(const std::string& rule, std::mt19937& random) const;

 private:
  std::map<std::string, std::vector<std::string>> rules_;
};

}  // namespace saiph::train
