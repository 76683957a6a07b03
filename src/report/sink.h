// Sink: where the bytes of a report go.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace saiph::report {

/// One thread at a time.
class Sink {
 public:
  virtual ~Sink() = default;
  /// Errors: kUnavailable (disk full, closed pipe). After one, the report is not complete.
  virtual Status write(std::string_view bytes) = 0;
};

/// A stream that the caller owns; it must outlive the sink.
class StreamSink final : public Sink {
 public:
  explicit StreamSink(std::ostream& stream) : stream_(&stream) {}
  Status write(std::string_view bytes) override;

 private:
  std::ostream* stream_;
};

/// A string, for reports that are not written to a file.
class StringSink final : public Sink {
 public:
  Status write(std::string_view bytes) override {
    text += bytes;
    return {};
  }
  std::string text;
};

}  // namespace saiph::report
