// What the text formats of this folder share: lines, decimal numbers, and which characters are
// allowed. For this folder only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace saiph::ledger {

/// Well-formed UTF-8 (RFC 3629). Any thread, as all here; linear.
bool is_utf8(std::string_view text);

/// What a signed note may hold: UTF-8 without ASCII control characters other than line ends.
bool is_note_text(std::string_view text);

/// One line of it, not empty.
bool is_note_line(std::string_view text);

/// A key's name: a line without Unicode spaces and without plus.
bool is_key_name(std::string_view text);

/// Decimal digits without leading zeros, at most `most`.
std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t most);

/// Takes the text up to the next line end off `rest`, and the line end. False, and nothing is
/// taken, when there is none.
bool take_whole_line(std::string_view& rest, std::string_view& line);

/// Canonical base64 in the standard alphabet, or with `any_alphabet` in the one for URLs.
std::optional<Bytes> exact_base64(std::string_view text, bool any_alphabet = false);

}  // namespace saiph::ledger
