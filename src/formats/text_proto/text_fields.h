// String fields of a protobuf message in text form.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

class TextFieldHandler {
 public:
  virtual ~TextFieldHandler() = default;
  /// A string field outside all braces. `value` is valid during the call only.
  virtual void on_string(std::string_view key, std::string_view value, std::uint64_t offset) = 0;
};

/// Reads the whole message; fields inside others are passed over. Escapes are resolved and adjacent
/// strings joined. Errors: kLimit, kMalformed (a string without end, braces that do not match),
/// those of the source; what came before them was told. One thread at a time; linear time, one
/// value in memory.
Status read_text_fields(const ByteSource& source, TextFieldHandler& handler, Budget& budget);

}  // namespace saiph::formats
