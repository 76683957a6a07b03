// Base64 (RFC 4648, sections 4 and 5): decoding of texts that somebody else wrote, lenient or
// exact, and encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::codec {

struct Base64Options {
  bool url = false;  ///< '-' and '_' instead of '+' and '/' (section 5)
  bool skip_space =
      false;  ///< line ends, spaces and tabs between characters are ignored (PEM, MIME)
  std::size_t max_bytes = 1U << 20;  ///< of output: decoding stops there and succeeds
};

/// The bytes, or nothing when a character is outside the alphabet, padding stands inside, or one
/// character is left over. Missing padding is accepted. Any thread; linear; allocates the output.
std::optional<Bytes> decode_base64(std::string_view text, Base64Options options = {});

/// The bytes when `text` is exactly what encode_base64 makes of them (`url`: with the other
/// alphabet): padded, spare bits zero, nothing else. For formats in which two spellings of one
/// value would be two documents. Any thread; linear.
std::optional<Bytes> decode_base64_exact(std::string_view text, bool url = false);

/// Appends the bytes in the standard alphabet, padded. Any thread; linear.
void append_base64(std::string& out, ByteView bytes);
std::string encode_base64(ByteView bytes);

/// The URL alphabet without padding, as JOSE has it (RFC 7515, section 2). Any thread; linear.
std::string encode_base64_url(ByteView bytes);

/// The bytes when `text` is exactly what encode_base64_url makes of them: no padding, spare bits
/// zero, nothing else. Any thread; linear.
std::optional<Bytes> decode_base64_url_exact(std::string_view text);

/// Length of the longest prefix of characters from the alphabet, '=' not counted. Any thread.
std::size_t base64_prefix(std::string_view text, bool url = false);

}  // namespace saiph::codec
