#include "match/rules/fragments.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "base/suggest.h"
#include "match/canonical/canonical_form.h"

namespace saiph::match {

namespace {

/// What may stand between two words: white space, marks of emphasis and quoting, a comma.
constexpr std::string_view kBetweenWords = R"re((?:[\s,*_`"'#>~|-]+))re";

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// Walks a pattern: where a character stands by itself and where in a class or after a backslash.
class PatternWalk {
 public:
  /// True when the next character stands after a backslash.
  bool escaped() const { return escaped_; }
  bool in_class() const { return in_class_; }
  /// True when `c` has its own meaning (is neither escaped nor in a class).
  bool take(char c) {
    if (escaped_) {
      escaped_ = false;
      return false;
    }
    if (c == '\\') {
      escaped_ = true;
      first_ = false;
      return false;
    }
    if (in_class_) {
      // The first ']' of a class is a member of it.
      if (c == ']' && !first_) in_class_ = false;
      if (c != '^') first_ = false;
      return false;
    }
    if (c == '[') in_class_ = first_ = true;
    return true;
  }

 private:
  bool escaped_ = false;
  bool in_class_ = false;
  bool first_ = false;
};

std::string quoted(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (std::string_view(R"(\.+*?()|[]{}^$)").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// The pattern as it meets canonical text: spaces written out, letters small, and what is not ASCII
/// in the form that the canonicaliser gives it ("ü" is "u" there).
Result<std::string> canonical_pattern(std::string_view pattern) {
  std::string out;
  PatternWalk walk;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (static_cast<std::uint8_t>(c) >= 0x80) {
      if (walk.in_class()) {
        return Error(ErrorCode::kMalformed,
                     "a class in brackets holds ASCII only; write (?:x|y) for other characters");
      }
      std::size_t end = i;
      while (end < pattern.size() && static_cast<std::uint8_t>(pattern[end]) >= 0x80) ++end;
      out += canonical_form(pattern.substr(i, end - i));
      walk.take('x');
      i = end - 1;
      continue;
    }
    const bool escaped = walk.escaped();
    const bool plain = walk.take(c);
    if (plain && c == ' ') {
      out += kBetweenWords;
    } else {
      out += escaped || c < 'A' || c > 'Z' ? c : static_cast<char>(c + ('a' - 'A'));
    }
  }
  return out;
}

}  // namespace

bool Fragments::is_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void Fragments::add_words(std::string_view name, std::vector<std::string> words) {
  Fragment fragment;
  for (std::string& word : words) word = canonical_form(word);
  // RE2 prefers the first alternative: the longest first lets phrases win over their beginnings.
  std::stable_sort(words.begin(), words.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  fragment.pattern = "(?:";
  for (const std::string& word : words) {
    if (fragment.pattern.size() > 3) fragment.pattern += '|';
    fragment.pattern += quoted(word);
  }
  fragment.pattern += ')';
  fragment.words = std::move(words);
  fragments_.insert_or_assign(std::string(name), std::move(fragment));
}

void Fragments::add_pattern(std::string_view name, std::string_view pattern) {
  fragments_.insert_or_assign(std::string(name), Fragment{{}, fmt::format("(?:{})", pattern)});
}

std::vector<std::string_view> Fragments::names() const {
  std::vector<std::string_view> out;
  out.reserve(fragments_.size());
  for (const auto& [name, fragment] : fragments_) out.push_back(name);
  return out;
}

Error Fragments::unknown(std::string_view name, std::size_t offset) const {
  const std::string_view near = closest_word(name, names());
  return {ErrorCode::kMalformed,
          fmt::format("there are no words or patterns named \"{}\"{}",
                      escape_terminal(shorten(name, 80)),
                      near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near)),
          offset};
}

Result<std::string> Fragments::expand(std::string_view raw) const {
  std::string now(raw);
  for (int pass = 0; now.find('{') != std::string::npos; ++pass) {
    std::string next;
    bool replaced = false;
    PatternWalk walk;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const bool plain = walk.take(now[i]);
      if (!plain || now[i] != '{' || i + 1 == now.size() || !is_letter(now[i + 1]) ||
          // \x{41}: RE2's own braces follow an escaped letter.
          (i >= 2 && now[i - 2] == '\\' &&
           (now[i - 1] == 'p' || now[i - 1] == 'P' || now[i - 1] == 'x'))) {
        next += now[i];
        continue;
      }
      const std::size_t close = now.find('}', i);
      const std::string_view name =
          std::string_view(now).substr(i + 1, close == std::string::npos ? close : close - i - 1);
      const auto found = fragments_.find(name);
      if (close == std::string::npos || found == fragments_.end()) {
        return unknown(name, pass == 0 ? i : 0);
      }
      next += found->second.pattern;
      i = close;
      replaced = true;
      if (next.size() > kMaxPattern) {
        return Error(ErrorCode::kLimit, "the pattern is longer than 64 KiB when written out");
      }
    }
    now = std::move(next);
    if (!replaced) break;
    if (pass >= kMaxNesting) {
      return Error(ErrorCode::kLimit, "patterns name each other more than five levels deep");
    }
  }
  SAIPH_TRY(std::string out, canonical_pattern(now));
  if (out.size() > kMaxPattern) {
    return Error(ErrorCode::kLimit, "the pattern is longer than 64 KiB when written out");
  }
  return out;
}

Result<std::vector<std::string>> Fragments::literals(std::string_view raw) const {
  if (!raw.starts_with('{') || !raw.ends_with('}') || raw.size() < 3) {
    return std::vector<std::string>{std::string(raw)};
  }
  const std::string_view name = raw.substr(1, raw.size() - 2);
  const auto found = fragments_.find(name);
  if (found == fragments_.end()) return unknown(name, 0);
  if (found->second.words.empty()) {
    return Error(ErrorCode::kMalformed,
                 fmt::format("\"{}\" is a pattern; literals need words", escape_terminal(name)));
  }
  std::vector<std::string> out;
  for (const std::string& phrase : found->second.words) {
    std::string_view longest;
    for (std::string_view rest = phrase; !rest.empty();) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      if (space > longest.size()) longest = rest.substr(0, space);
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    out.emplace_back(longest.size() >= 4 ? longest : std::string_view(phrase));
  }
  return out;
}

}  // namespace saiph::match
