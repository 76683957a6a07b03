// Writing tar archives (POSIX.1-2017 ustar; pax headers for long names and sizes): plain files and
// folders with fixed owner, mode and time, so that equal input gives equal bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph::codec {

/// Archives go out in pieces of at most 64 KiB through `write`, whose errors are handed on.
/// One thread at a time. After an error the archive is of no use.
class TarWriter {
 public:
  using Write = std::function<Status(std::string_view)>;
  explicit TarWriter(Write write) : write_(std::move(write)) {}

  /// A regular file, mode 0644. Errors: kInvalidArgument (an empty name, one that begins with '/',
  /// has a ".." segment or a NUL, or over 4,096 bytes), of the source, of `write`. Linear.
  Status file(std::string_view name, const ByteSource& content, std::int64_t unix_seconds);
  /// The two blocks of zeros at the end.
  Status finish();

 private:
  Status header(std::string_view name, std::uint64_t size, std::int64_t unix_seconds, char type);
  Status pad(std::uint64_t size);

  Write write_;
};

}  // namespace saiph::codec
