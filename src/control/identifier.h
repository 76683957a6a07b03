// Identifiers: UUIDs of version 7 (RFC 9562, section 5.7), which sort by the time they were made.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unix_time.h"

namespace saiph::control {

/// A new one, lower case: 48 bits of time, 74 random. Errors: kUnavailable without randomness.
/// Any thread.
Result<std::string> new_identifier(UnixMillis now);

/// Whether a text is such an identifier in lower case. Any thread.
bool is_identifier(std::string_view text);

}  // namespace saiph::control
