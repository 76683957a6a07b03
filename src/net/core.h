// What the connections of one server share.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "net/flood_guard.h"
#include "net/http1_strict.h"
#include "net/server.h"
#include "net/tls.h"

namespace saiph::net {

/// Any thread. Outlives every connection.
class Core {
 public:
  Core(const ServerOptions& options, Handler& the_handler)
      : limits(options.limits),
        handler(the_handler),
        hosts(options.host_names),
        guard(options.limits.connections_per_address,
              options.limits.requests_per_second_per_address,
              options.limits.request_burst_per_address) {}

  using Counter = std::uint64_t ServerCounters::*;
  void count(Counter counter, std::uint64_t amount = 1) {
    std::atomic_ref(counters_.*counter).fetch_add(amount, std::memory_order_relaxed);
  }
  void uncount(Counter counter) {
    std::atomic_ref(counters_.*counter).fetch_sub(1, std::memory_order_relaxed);
  }
  ServerCounters snapshot() const;

  std::shared_ptr<TlsContext> tls() const {
    const std::scoped_lock lock(mutex_);
    return tls_;
  }
  void set_tls(std::shared_ptr<TlsContext> context) {
    const std::scoped_lock lock(mutex_);
    tls_ = std::move(context);
  }

  /// One more open connection, unless there are as many as may be.
  bool open_connection() {
    const std::scoped_lock lock(mutex_);
    if (open_ >= limits.connections) return false;
    ++open_;
    return true;
  }
  void close_connection() {
    const std::scoped_lock lock(mutex_);
    if (--open_ == 0) none_open_.notify_all();
  }
  /// Whether all connections have gone before `deadline`.
  bool wait_until_none_open(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return none_open_.wait_until(lock, deadline, [this] { return open_ == 0; });
  }
  std::size_t open_connections() const {
    const std::scoped_lock lock(mutex_);
    return open_;
  }

  const ServerLimits limits;
  Handler& handler;
  const HostNames hosts;
  FloodGuard guard;
  std::atomic<bool> draining{false};

 private:
  mutable ServerCounters counters_;  // through atomic_ref only
  mutable std::mutex mutex_;
  std::condition_variable none_open_;
  std::size_t open_ = 0;             // guarded by mutex_
  std::shared_ptr<TlsContext> tls_;  // guarded by mutex_
};

}  // namespace saiph::net
