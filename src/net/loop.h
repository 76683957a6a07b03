// One I/O thread: its event loop, its connections, and the clock that ends their waits.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "net/asio.h"

namespace saiph::net {

class Connection;

/// Everything but post() and join() is called on the loop's own thread. Held by shared_ptr: every
/// connection keeps its loop alive, so that a handle that outlives the server finds it.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  /// Deadlines are kept to this precision.
  static constexpr std::chrono::milliseconds kTick{100};

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void start();
  /// Lets the thread end when nothing is left to do, and waits for that.
  void join();
  asio::io_context& io() { return io_; }

  void add(std::shared_ptr<Connection> connection);
  void remove(const std::shared_ptr<Connection>& connection);
  /// Calls `action` for each connection; it may remove the one it was called for.
  void for_each(const std::function<void(Connection&)>& action);
  /// The Date of answers sent now.
  std::string_view date();

 private:
  void arm();

  asio::io_context io_{1};
  Timer timer_{io_.get_executor()};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool armed_ = false;
  std::int64_t date_second_ = -1;
  std::string date_;
  std::thread thread_;
};

}  // namespace saiph::net
