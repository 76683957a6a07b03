// JSON in the encodings that Python's reader accepts besides UTF-8.
#pragma once

#include <cstdint>
#include <memory>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph::codec {

/// True when the first bytes are those of a JSON text that may start an object or array: after an
/// optional byte order mark and spaces, '{' or '[', in UTF-8, UTF-16 or UTF-32 of either byte
/// order, and what follows within `head` is JSON (NaN allowed) up to its end. Any thread; linear in
/// `head`.
bool looks_like_json(ByteView head, std::uint64_t file_bytes);

/// A UTF-16 or UTF-32 document as UTF-8, or nullptr when it is none (then it is taken for UTF-8).
/// Broken sequences become U+FFFD. Errors: kLimit when longer than `limit` bytes, kUnavailable.
Result<std::shared_ptr<const ByteSource>> json_in_utf8(const ByteSource& source,
                                                       std::uint64_t limit);

}  // namespace saiph::codec
