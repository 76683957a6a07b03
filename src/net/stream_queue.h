// The buffer between whoever writes a stream and the I/O thread that sends it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "net/server.h"

namespace saiph::net {

/// Any thread. Bounded by StreamOptions::buffer_bytes.
class StreamQueue {
 public:
  enum class Put : std::uint8_t {
    kQueued,    ///< the I/O thread knows already that there is something
    kTellLoop,  ///< it must be told
    kOverrun,   ///< no room: the stream is broken off, the I/O thread must be told
    kClosed,    ///< nothing can be written any more
  };
  explicit StreamQueue(StreamOptions options) : options_(options) {}

  Put put(const std::string& bytes);
  /// Waits for room until `timeout` has passed.
  Put put_waiting(std::string bytes, std::chrono::milliseconds timeout);
  /// No more will be written. Whether the I/O thread must be told.
  bool finish();
  /// Nothing can reach the client any more.
  void break_off();
  bool closed() const;
  /// Whether it was broken off, and whether that was because the client read too slowly.
  bool broken() const;
  bool overran() const;
  bool is_endless() const { return options_.is_endless; }

  // For the I/O thread.

  /// Takes all waiting bytes.
  std::string take();
  /// What take() gave has been sent.
  void sent();
  /// Whether the stream was finished and all of it has been taken.
  bool exhausted() const;

 private:
  Put append(const std::string& bytes);

  const StreamOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::string waiting_;  // guarded by mutex_, as all below
  std::size_t in_flight_ = 0;
  bool told_ = false;
  bool finished_ = false;
  bool broken_ = false;
  bool overran_ = false;
};

}  // namespace saiph::net
