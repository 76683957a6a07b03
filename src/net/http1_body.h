// The second reader of a request: Beast's parser over the same bytes. It must agree with the strict
// layer about the head, and it takes the body apart (RFC 9112, 6 and 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http1_strict.h"

namespace saiph::net {

/// Where decoded bytes go. An error ends the body.
class BodyReceiver {
 public:
  virtual ~BodyReceiver() = default;
  virtual Status receive(ByteView bytes) = 0;
};

/// Decodes one request's body. Chunk extensions and trailers are refused: nobody needs them, and
/// readers differ about them. One thread at a time; no allocation beyond the object.
class BodyDecoder {
 public:
  BodyDecoder();
  BodyDecoder(const BodyDecoder&) = delete;
  BodyDecoder& operator=(const BodyDecoder&) = delete;
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;
  ~BodyDecoder();

  /// Reads the head again, as a new message. Errors: kMalformed when Beast refuses it or reads
  /// another method, target, field or framing than `strict`.
  Status begin(ByteView head, const StrictHead& strict);
  /// Takes what it can of `bytes` and hands decoded ones to `receiver`; answers how many were
  /// taken. What is left must come again with more behind it (a chunk's size line is taken whole).
  /// Errors: kMalformed for bad chunks; else the receiver's own error.
  Result<std::size_t> take(ByteView bytes, BodyReceiver& receiver);
  /// Whether the message is complete; at once when it has no body.
  bool done() const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
  bool body_begun_ = false;
};

}  // namespace saiph::net
