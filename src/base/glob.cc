#include "base/glob.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace saiph {

namespace {

enum class Token : unsigned char { kByte, kAny, kStar, kDeep, kDeepFolder };

struct Step {
  Token token;
  char byte;
};

std::vector<Step> compile(std::string_view pattern) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '?') {
      steps.push_back({Token::kAny, 0});
    } else if (c != '*') {
      steps.push_back({Token::kByte, c});
    } else if (i + 1 >= pattern.size() || pattern[i + 1] != '*') {
      steps.push_back({Token::kStar, 0});
    } else {
      const bool folder_starts = i == 0 || pattern[i - 1] == '/';
      while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
      const bool folder_ends = i + 1 < pattern.size() && pattern[i + 1] == '/';
      if (folder_starts && folder_ends) {
        steps.push_back({Token::kDeepFolder, 0});
        ++i;
      } else {
        steps.push_back({Token::kDeep, 0});
      }
    }
  }
  return steps;
}

/// Marks what can follow without reading a byte: stars may be empty.
void close(const std::vector<Step>& steps, std::vector<char>& states) {
  for (std::size_t s = 0; s < steps.size(); ++s) {
    if (states[s] != 0 && steps[s].token >= Token::kStar) states[s + 1] = 1;
  }
}

}  // namespace

bool glob_match(std::string_view pattern, std::string_view path) {
  if (pattern.find('/') == std::string_view::npos) {
    const std::size_t slash = path.find_last_of('/');
    if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  }
  // All positions of the pattern that the path's bytes so far can lead to.
  const std::vector<Step> steps = compile(pattern);
  std::vector<char> states(steps.size() + 1, 0);
  std::vector<char> next(steps.size() + 1, 0);
  states[0] = 1;
  close(steps, states);
  for (const char c : path) {
    std::fill(next.begin(), next.end(), char{0});
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (states[s] == 0) continue;
      switch (steps[s].token) {
        case Token::kByte:
          if (c == steps[s].byte) next[s + 1] = 1;
          break;
        case Token::kAny:
          if (c != '/') next[s + 1] = 1;
          break;
        case Token::kStar:
          if (c != '/') next[s] = 1;
          break;
        case Token::kDeep:
        case Token::kDeepFolder:
          next[s] = 1;
          break;
      }
    }
    // "**/" may end only behind a '/': its successor is reachable at the start of a component.
    for (std::size_t s = 0; s < steps.size(); ++s) {
      if (next[s] == 0 || steps[s].token < Token::kStar) continue;
      if (steps[s].token != Token::kDeepFolder || c == '/') next[s + 1] = 1;
    }
    states.swap(next);
  }
  return states[steps.size()] != 0;
}

}  // namespace saiph
