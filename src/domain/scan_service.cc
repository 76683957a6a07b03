#include "domain/scan_service.h"

#include <array>

namespace saiph {

namespace {

constexpr std::array<std::string_view, 5> kStates = {"queued", "running", "done", "failed",
                                                     "cancelled"};
constexpr std::array<std::string_view, 2> kKinds = {"upload", "path"};

template <typename Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names.at(i) == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(ScanState state) {
  return kStates.at(static_cast<std::size_t>(state));
}
std::string_view name_of(ScanKind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

std::optional<ScanState> parse_scan_state(std::string_view text) {
  return parse<ScanState>(kStates, text);
}

std::optional<ScanKind> parse_scan_kind(std::string_view text) {
  return parse<ScanKind>(kKinds, text);
}

}  // namespace saiph
