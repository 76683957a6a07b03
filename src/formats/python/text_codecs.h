// Reversible text encodings that hide code in constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace saiph::formats {

/// Each answers the decoded bytes, or nothing when the text is not in that encoding. White space is
/// skipped. Any thread, linear. Source: RFC 4648 (base 64, 32, 16).
std::optional<std::string> decode_base64(std::string_view text);  ///< both alphabets
std::optional<std::string> decode_base32(std::string_view text);
std::optional<std::string> decode_hex(std::string_view text);
std::optional<std::string> decode_ascii85(std::string_view text);  ///< base64.a85decode
std::optional<std::string> decode_base85(std::string_view text);   ///< base64.b85decode

}  // namespace saiph::formats
