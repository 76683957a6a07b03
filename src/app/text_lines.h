// TextLines: the lines of a stream, one at a time, none held longer than a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace saiph::app {

struct TextLine {
  std::uint64_t number = 0;  ///< from 1
  std::string text;          ///< without its end; of a cut line the beginning
  bool cut = false;          ///< longer than the limit: the rest was read and dropped
};

/// Reads a file descriptor that the caller owns, in blocks of 64 KiB. One thread at a time.
class TextLines {
 public:
  TextLines(int descriptor, std::size_t most_bytes)
      : descriptor_(descriptor), most_bytes_(most_bytes) {}

  /// The next line, or nothing at the end. A last line without an end counts; "\r\n" ends a line.
  /// Errors: kUnavailable.
  Result<std::optional<TextLine>> next();

 private:
  Result<bool> fill();

  int descriptor_;
  std::size_t most_bytes_;
  std::string block_;
  std::size_t position_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace saiph::app
