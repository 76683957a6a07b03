#include "grammar.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <utility>

namespace saiph::train {

namespace {

bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The rule named at `at`, where a '$' stands; empty when it is a plain dollar sign.
std::string_view name_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  if (end >= text.size() || text[end] < 'A' || text[end] > 'Z') return {};
  while (end < text.size() && is_name(text[end])) ++end;
  return text.substr(at + 1, end - at - 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// [a/b/c] becomes one of them; brackets without a slash, or with one first, stay.
std::string choose(std::string_view text, std::mt19937& random) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') {
      const std::size_t close = text.find_first_of("[]", i + 1);
      if (close != std::string_view::npos && text[close] == ']' && text[i + 1] != '/') {
        const auto inside = text.substr(i + 1, close - i - 1);
        const auto choices = split(inside, '/');
        if (choices.size() > 1) {
          out += choices[random() % choices.size()];
          i = close;
          continue;
        }
      }
    }
    out += text[i];
  }
  return out;
}

/// %3 becomes three digits, \n a line break, \| a bar.
std::string fill(std::string_view text, std::mt19937& random) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '%' && is_digit(next)) {
      for (int k = next - '0'; k > 0; --k) out += static_cast<char>('0' + (random() % 10));
      ++i;
    } else if (text[i] == '\\' && (next == 'n' || next == '|')) {
      out += next == 'n' ? '\n' : '|';
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// Blanks as people set them, then their habits: capitals, small letters, full stops or none.
std::string tidy(std::string_view text, std::mt19937& random) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ' || out.back() == '\n')) continue;
    if ((c == ',' || c == '.' || c == '?' || c == ';') && out.size() > 1 && out.back() == ' ') {
      out.pop_back();
    }
    out += c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.empty()) return out;
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  switch (random() % 8) {
    case 0:
      std::transform(out.begin(), out.end(), out.begin(), upper);
      break;
    case 1:
    case 2:
    case 3:
      out.front() = upper(out.front());
      break;
    case 4:
      std::transform(out.begin(), out.end(), out.begin(), lower);
      break;
    default:
      break;
  }
  const char last = lower(out.back());
  if ((last >= 'a' && last <= 'z') || is_digit(last)) {
    const auto habit = random() % 4;
    if (habit == 0) out += '.';
    if (habit == 1) out += '!';
  }
  return out;
}

}  // namespace

Result<Grammar> Grammar::parse(std::string_view text, const std::set<std::string>& held_out) {
  Grammar grammar;
  std::size_t offset = 0;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t begin = offset;
    offset += line.size() + 1;
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find(" = ");
    if (equals == std::string_view::npos || equals == 0) {
      return Error(ErrorCode::kMalformed, "grammar: a line without a rule", begin);
    }
    auto& alternatives = grammar.rules_[std::string(line.substr(0, equals))];
    std::string alternative;
    bool skip = false;
    const auto end = [&] {
      if (!skip) alternatives.push_back(alternative);
      alternative.clear();
      skip = false;
    };
    for (const std::string_view word : split(line.substr(equals + 3), ' ')) {
      if (word == "|") {
        end();
      } else if (alternative.empty() && word.size() > 1 && word.front() == '@') {
        skip = std::any_of(held_out.begin(), held_out.end(), [&](const std::string& source) {
          return source.starts_with(word.substr(1));
        });
      } else if (!word.empty()) {
        if (!alternative.empty()) alternative += ' ';
        alternative += word;
      }
    }
    end();
  }
  for (const auto& [name, alternatives] : grammar.rules_) {
    for (const auto& alternative : alternatives) {
      for (std::size_t i = 0; i < alternative.size(); ++i) {
        if (alternative[i] != '$') continue;
        const auto named = name_at(alternative, i);
        if (!named.empty() && !grammar.rules_.contains(std::string(named))) {
          return Error(ErrorCode::kMalformed, "grammar: no rule " + std::string(named));
        }
      }
    }
  }
  return grammar;
}

std::vector<std::string> Grammar::starts(std::string_view prefix) const {
  std::vector<std::string> names;
  for (const auto& [name, alternatives] : rules_) {
    if (name.starts_with(prefix)) names.push_back(name);
  }
  return names;
}

std::string Grammar::expand(const std::string& rule, std::mt19937& random) const {
  constexpr int kMaxSteps = 400;  // a rule that names itself ends too
  std::string text = "$" + rule;
  for (int step = 0; step < kMaxSteps; ++step) {
    std::size_t at = 0;
    std::string_view name;
    for (; at < text.size() && name.empty(); ++at) {
      if (text[at] == '$') name = name_at(text, at);
    }
    if (name.empty()) break;
    at -= 1;
    const auto& alternatives = rules_.at(std::string(name));
    const auto chosen = choose(alternatives[random() % alternatives.size()], random);
    text = text.substr(0, at) + chosen + text.substr(at + 1 + name.size());
  }
  return tidy(fill(text, random), random);
}

}  // namespace saiph::train
