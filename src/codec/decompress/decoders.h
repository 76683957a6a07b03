// One streaming decoder per codec. Internal to codec/decompress.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "codec/decompress/decompress.h"

namespace saiph::codec {

/// A push decoder. One thread at a time. `step` consumes a prefix of `in` and produces a prefix of
/// `out`; it makes progress whenever there is input or pending output.
class StreamDecoder {
 public:
  enum class State : std::uint8_t {
    kMore,    ///< wants more input or more room
    kEnd,     ///< this stream is complete
    kFailed,  ///< see failure_code() and failure_text()
  };

  virtual ~StreamDecoder() = default;
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;

  virtual State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
                     bool last_input) = 0;
  /// Makes ready for the next stream. False when the library cannot.
  virtual bool restart() = 0;

  ErrorCode failure_code() const { return failure_code_; }
  const std::string& failure_text() const { return failure_text_; }

 protected:
  StreamDecoder() = default;
  State fail(ErrorCode code, std::string text) {
    failure_code_ = code;
    failure_text_ = std::move(text);
    return State::kFailed;
  }

 private:
  ErrorCode failure_code_ = ErrorCode::kMalformed;
  std::string failure_text_;
};

/// Null only when the library has no memory left.
std::unique_ptr<StreamDecoder> make_decoder(Codec codec);

}  // namespace saiph::codec
