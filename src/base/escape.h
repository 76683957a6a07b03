// Text escaping: one function per sink. Text of unknown origin goes nowhere without one of these.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace saiph {

/// Valid UTF-8: every byte that is not part of a well-formed sequence becomes U+FFFD. For JSON.
std::string to_valid_utf8(std::string_view text);

/// Appends the inside of a JSON string (no quotes): invalid UTF-8 becomes U+FFFD; quote, backslash
/// and control characters are escaped, and so are the bidirectional and invisible code points that
/// escape_terminal shows, so that printing a report is harmless and parsing it loses nothing.
void append_json(std::string& out, std::string_view text);

/// For a terminal or a log line: control characters (C0, C1, DEL, line ends too), invalid UTF-8,
/// bidirectional and invisible code points become \xNN or \u{N}; a backslash is doubled.
/// No escape sequence of the input survives.
std::string escape_terminal(std::string_view text);

/// For HTML and XML element content and double-quoted attributes: the five markup characters, and
/// every code point that XML 1.0 forbids or that escape_terminal would show is made visible.
std::string escape_markup(std::string_view text);

/// At most `max_bytes` of text, cut at a code point, with "..." when something was cut.
std::string shorten(std::string_view text, std::size_t max_bytes);

}  // namespace saiph
