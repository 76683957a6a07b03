#include "domain/severity.h"

#include <array>
#include <cstddef>
#include <span>

namespace saiph {

namespace {

constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 3> kConfidences = {"low", "medium", "high"};
constexpr std::array<std::string_view, 2> kMaturities = {"stable", "beta"};
constexpr std::array<std::string_view, 3> kVerdicts = {"clean", "findings", "incomplete"};

template <typename Enum>
std::optional<Enum> parse(std::span<const std::string_view> names, std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Severity severity) {
  return kSeverities[static_cast<std::size_t>(severity)];
}
std::string_view name_of(Confidence confidence) {
  return kConfidences[static_cast<std::size_t>(confidence)];
}
std::string_view name_of(Maturity maturity) {
  return kMaturities[static_cast<std::size_t>(maturity)];
}
std::string_view name_of(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}
std::optional<Severity> parse_severity(std::string_view text) {
  return parse<Severity>(kSeverities, text);
}
std::optional<Confidence> parse_confidence(std::string_view text) {
  return parse<Confidence>(kConfidences, text);
}
std::optional<Verdict> parse_verdict(std::string_view text) {
  return parse<Verdict>(kVerdicts, text);
}

}  // namespace saiph
