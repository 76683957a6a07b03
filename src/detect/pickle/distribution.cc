#include "detect/pickle/distribution.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace saiph::detect {

namespace {

using formats::PickleKind;
using formats::PickleMachine;
using formats::PickleValue;

constexpr std::size_t kTemplateBytes = 4096;

/// Names, commas, defaults: nothing that calls, subscripts or reads an attribute.
bool is_parameter_list(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == ',' || c == ' ' || c == '=';
  });
}

struct Line {
  std::string_view head;
  std::string_view tail;
  /// A returned tuple in parentheses may end before the tail.
  bool tuple;
};

constexpr std::array<Line, 6> kLines = {{
    {"def _parse_args(self, ", "):", false},
    {"    return (", "", true},
    {"def _parse_args_rvs(self, ", ", size=None):", false},
    {"    return self._argcheck_rvs(", ", size=size)", false},
    {"def _parse_args_stats(self, ", ", moments='mv'):", false},
    {"    return (", ", moments", true},
}};

bool matches(const Line& line, std::string_view text) {
  if (text.size() < line.head.size() + line.tail.size() || !text.starts_with(line.head) ||
      !text.ends_with(line.tail)) {
    return false;
  }
  text.remove_prefix(line.head.size());
  text.remove_suffix(line.tail.size());
  if (!line.tuple) return is_parameter_list(text);
  const std::size_t closing = text.find(')');
  return closing != std::string_view::npos && is_parameter_list(text.substr(0, closing)) &&
         is_parameter_list(text.substr(closing + 1));
}

}  // namespace

bool is_distribution_class(const formats::PickleName& name) {
  return (name.module == "scipy.stats._continuous_distns" ||
          name.module == "scipy.stats._discrete_distns") &&
         name.name.ends_with("_gen") && name.name.find('.') == std::string::npos;
}

bool is_argument_parser_text(std::string_view text) {
  std::size_t found = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    if (found == kLines.size() || !matches(kLines[found], line)) return false;
    ++found;
  }
  return found == kLines.size();
}

bool is_known_distribution_state(const PickleMachine& machine, PickleValue state) {
  if (!state.is(PickleKind::kDict) || state.tainted()) return false;
  const auto items = machine.recent_items(state);
  if (items.empty() || items.size() % 2 != 0) return false;
  bool known = false;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const auto key = items[i].is(PickleKind::kString) ? machine.text(items[i], 64) : std::nullopt;
    if (!key) return false;
    if (*key != "_parse_arg_template") continue;
    const auto text =
        items[i + 1].is(PickleKind::kString) && items[i + 1].text_length() < kTemplateBytes
            ? machine.text(items[i + 1], kTemplateBytes)
            : std::nullopt;
    known = text && is_argument_parser_text(*text);
    if (!known) return false;
  }
  return known;
}

}  // namespace saiph::detect
