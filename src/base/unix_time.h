// UnixMillis: a point in time as a number. Functions that depend on the time take it as an
// argument; only app reads clocks.
#pragma once

#include <cstdint>

namespace saiph {

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX time). Spans of such
/// times are std::int64_t milliseconds too, with `_ms` in the name.
using UnixMillis = std::int64_t;

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;

}  // namespace saiph
