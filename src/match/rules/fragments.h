// Fragments: the named parts of patterns, and how a pattern as written becomes one for RE2.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saiph::match {

/// `[words]` are lists of plain words, `[patterns]` are regular expressions. One thread at a time
/// while adding.
class Fragments {
 public:
  static constexpr std::size_t kMaxPattern = 64U << 10;  ///< expanded bytes
  static constexpr int kMaxNesting = 5;

  /// A later one of the same name replaces an earlier one.
  void add_words(std::string_view name, std::vector<std::string> words);
  void add_pattern(std::string_view name, std::string_view pattern);
  /// Letters, digits and _, beginning with a letter.
  static bool is_name(std::string_view name);

  /// Replaces {name} by its fragment and every space by "white space or light punctuation", which
  /// keeps `ignore **all** previous` and `ignore, all previous` apart from nothing. A space in a
  /// class or after a backslash stays. Errors: kMalformed with the offset in `raw` for an unknown
  /// name; kLimit for nesting and size. Linear in the result.
  Result<std::string> expand(std::string_view raw) const;
  /// The literals that `raw` stands for: itself, or for "{name}" each word of that list (of a
  /// phrase its longest word, when that has four bytes or more). Errors as for expand().
  Result<std::vector<std::string>> literals(std::string_view raw) const;
  std::vector<std::string_view> names() const;

 private:
  struct Fragment {
    std::vector<std::string> words;  ///< empty: a pattern
    std::string pattern;             ///< with {names} and spaces as they were written
  };
  Error unknown(std::string_view name, std::size_t offset) const;
  std::map<std::string, Fragment, std::less<>> fragments_;
};

}  // namespace saiph::match
