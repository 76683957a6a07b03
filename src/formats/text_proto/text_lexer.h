// Tokens of protobuf's text format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_reader.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// The longest string that is held; a longer one ends the reading with kLimit.
inline constexpr std::size_t kTextProtoStringBytes = 1U << 20;

enum class TextToken : std::uint8_t {
  kWord,    ///< a name or number; `text` holds it
  kString,  ///< `text` holds it, escapes resolved; adjacent strings come one by one
  kOpen,
  kClose,
  kColon,
  kOther,
  kEnd,
  kFailed,  ///< `error` says why
};

/// One token after the other. Both arguments must outlive it. Errors: kLimit, kMalformed (a string
/// without end), those of the reader. One thread at a time; linear. Source: Protocol Buffers text
/// format language specification.
class TextLexer {
 public:
  TextLexer(SourceReader& reader, Budget& budget) : reader_(reader), budget_(budget) {}

  TextToken next();

  std::string text;
  std::uint64_t start = 0;  ///< offset of the token
  std::optional<Error> error;

 private:
  TextToken fail(ErrorCode code, std::string message);
  TextToken fail_read();
  TextToken word(std::uint8_t first);
  TextToken string(std::uint8_t quote);
  bool escape();
  unsigned digits(unsigned base, int most, unsigned value);

  SourceReader& reader_;
  Budget& budget_;
};

}  // namespace saiph::formats
