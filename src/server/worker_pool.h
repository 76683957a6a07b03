// A fixed number of threads over a queue of fixed length.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace saiph::server {

/// Any thread. Destroyed: what waits is dropped, what runs is waited for.
class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// False: the queue is full or the pool is ending; the job is not taken. Jobs throw nothing.
  [[nodiscard]] bool submit(std::function<void()> job);

  struct Figures {
    std::uint64_t done = 0;
    std::uint64_t refused = 0;
    std::uint64_t waiting = 0;  ///< now
    std::uint64_t running = 0;  ///< now
  };
  Figures figures() const;

 private:
  void run();

  const std::size_t queue_limit_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  Figures figures_;                          // guarded by mutex_
  bool ending_ = false;                      // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace saiph::server
