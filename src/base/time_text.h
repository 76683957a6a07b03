// Times as text: RFC 3339 in UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/unix_time.h"

namespace saiph {

/// "2026-01-02T03:04:05.678Z". Times outside the years 1970 to 9999 become the nearest inside.
/// Any thread.
std::string rfc3339_text(UnixMillis time);

/// The time of such a text: UTC ("Z"), with or without a fraction of a second (digits beyond the
/// third are dropped), years 1970 to 9999. Nothing for every other text, leap seconds too.
/// Any thread.
std::optional<UnixMillis> parse_rfc3339(std::string_view text);

}  // namespace saiph
