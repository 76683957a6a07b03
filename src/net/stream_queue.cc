#include "net/stream_queue.h"

#include <utility>

namespace saiph::net {

StreamQueue::Put StreamQueue::append(const std::string& bytes) {
  waiting_ += bytes;
  return std::exchange(told_, true) ? Put::kQueued : Put::kTellLoop;
}

StreamQueue::Put StreamQueue::put(const std::string& bytes) {
  const std::scoped_lock lock(mutex_);
  if (broken_ || finished_) return Put::kClosed;
  if (bytes.empty()) return Put::kQueued;
  const std::size_t used = waiting_.size() + in_flight_;
  if (used > options_.buffer_bytes || bytes.size() > options_.buffer_bytes - used) {
    broken_ = overran_ = true;
    room_.notify_all();
    return Put::kOverrun;
  }
  return append(bytes);
}

StreamQueue::Put StreamQueue::put_waiting(std::string bytes, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const bool in_time = room_.wait_for(lock, timeout, [&] {
    const std::size_t used = waiting_.size() + in_flight_;
    // A piece larger than the whole buffer goes alone.
    return broken_ || finished_ || used == 0 ||
           (used <= options_.buffer_bytes && bytes.size() <= options_.buffer_bytes - used);
  });
  if (broken_ || finished_) return Put::kClosed;
  if (!in_time) {
    broken_ = overran_ = true;
    room_.notify_all();
    return Put::kOverrun;
  }
  if (bytes.empty()) return Put::kQueued;
  return append(bytes);
}

bool StreamQueue::finish() {
  const std::scoped_lock lock(mutex_);
  if (broken_ || std::exchange(finished_, true)) return false;
  room_.notify_all();
  return !std::exchange(told_, true);
}

void StreamQueue::break_off() {
  const std::scoped_lock lock(mutex_);
  broken_ = true;
  room_.notify_all();
}

bool StreamQueue::closed() const {
  const std::scoped_lock lock(mutex_);
  return broken_ || finished_;
}

bool StreamQueue::broken() const {
  const std::scoped_lock lock(mutex_);
  return broken_;
}

bool StreamQueue::overran() const {
  const std::scoped_lock lock(mutex_);
  return overran_;
}

std::string StreamQueue::take() {
  const std::scoped_lock lock(mutex_);
  told_ = false;
  in_flight_ += waiting_.size();
  return std::exchange(waiting_, {});
}

void StreamQueue::sent() {
  const std::scoped_lock lock(mutex_);
  in_flight_ = 0;
  room_.notify_all();
}

bool StreamQueue::exhausted() const {
  const std::scoped_lock lock(mutex_);
  return finished_ && waiting_.empty();
}

}  // namespace saiph::net
