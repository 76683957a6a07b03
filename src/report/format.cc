#include "report/format.h"

#include <array>
#include <cstddef>

namespace saiph::report {

namespace {
constexpr std::array<std::string_view, 6> kNames = {"text",  "json",  "jsonl",
                                                    "sarif", "junit", "html"};
}  // namespace

std::string_view format_name(Format format) {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<Format> parse_format(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Format>(i);
  }
  return std::nullopt;
}

std::span<const std::string_view> format_names() {
  return kNames;
}

}  // namespace saiph::report
