// What a connection has to send, piece by piece: heads, bodies in memory or in files, streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http.h"
#include "net/stream_queue.h"

namespace saiph::net {

/// Bytes in the order in which they were given. A piece stays where it is until it is sent. One
/// thread at a time.
class Output {
 public:
  /// Bodies of at most this size go out in one piece with their head.
  static constexpr std::size_t kTogether = 32U << 10;
  static constexpr std::size_t kFilePiece = 64U << 10;

  /// Bytes that go out before any body. Heads are appended to this.
  std::string& text() { return pending_; }
  /// The body behind the head.
  void set_body(std::variant<std::string, FileBody, StaticBody> body);
  /// The stream behind the head.
  void set_stream(std::shared_ptr<StreamQueue> queue);

  /// What is to be sent now; empty: nothing, or nothing yet (streams).
  /// Errors: kUnavailable when a file cannot be read or is shorter than was said.
  Result<ByteView> next();
  /// The first `bytes` of next()'s piece are gone.
  void sent(std::size_t bytes) { current_ = current_.subspan(bytes); }
  /// Whether the stream's last chunk has been given out.
  bool stream_ended() const { return stream_ended_; }
  /// For the next answer.
  void restart();

 private:
  Result<ByteView> next_of_body();
  ByteView next_of_stream();

  std::string pending_;
  std::string writing_;
  Bytes file_piece_;
  ByteView current_;  // of writing_, of file_piece_ or of the body
  std::variant<std::string, FileBody, StaticBody> body_;
  std::uint64_t body_done_ = 0;
  std::shared_ptr<StreamQueue> stream_;
  bool stream_in_flight_ = false;
  bool stream_ended_ = false;
};

}  // namespace saiph::net
