// The scales on which findings are graded.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace saiph {

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };
enum class Confidence : std::uint8_t { kLow, kMedium, kHigh };
/// A beta rule is reported and never fails a gate.
enum class Maturity : std::uint8_t { kStable, kBeta };
/// Of one file: what a scan may say. There is no "safe".
enum class Verdict : std::uint8_t { kClean, kFindings, kIncomplete };

std::string_view name_of(Severity severity);      ///< "info" ... "critical"
std::string_view name_of(Confidence confidence);  ///< "low", "medium", "high"
std::string_view name_of(Maturity maturity);      ///< "stable", "beta"
std::string_view name_of(Verdict verdict);        ///< "clean", "findings", "incomplete"
/// The inverse of name_of; nothing for any other text.
std::optional<Severity> parse_severity(std::string_view text);
std::optional<Confidence> parse_confidence(std::string_view text);
std::optional<Verdict> parse_verdict(std::string_view text);

}  // namespace saiph
