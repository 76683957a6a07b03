#include "net/loop.h"

#include <ctime>
#include <vector>

#include "net/connection.h"
#include "net/response_head.h"

namespace saiph::net {

Loop::Loop() : work_(asio::make_work_guard(io_)) {}

Loop::~Loop() = default;

void Loop::start() {
  // join() comes before the loop ends, so the thread and its handlers may hold `this`.
  thread_ = std::thread([this] {
    while (true) {
      try {
        io_.run();
        return;
      } catch (...) {
        // Out of memory in the middle of one connection; its deadline will end it. The others go
        // on.
        continue;
      }
    }
  });
}

void Loop::join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

void Loop::add(std::shared_ptr<Connection> connection) {
  connections_.insert(std::move(connection));
  if (!armed_) arm();
}

void Loop::remove(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  // Else an idle thread would sleep on, and join() with it.
  if (connections_.empty()) timer_.cancel();
}

void Loop::for_each(const std::function<void(Connection&)>& action) {
  const std::vector<std::shared_ptr<Connection>> present(connections_.begin(), connections_.end());
  for (const auto& connection : present) action(*connection);
}

void Loop::arm() {
  armed_ = true;
  timer_.expires_after(kTick);
  timer_.async_wait([this](const ErrorCodeOfAsio&) {
    armed_ = false;
    const auto now = Clock::now();
    for_each([now](Connection& connection) { connection.on_tick(now); });
    if (!connections_.empty()) arm();
  });
}

std::string_view Loop::date() {
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  if (now != date_second_) {
    date_ = http_date(now);
    date_second_ = now;
  }
  return date_;
}

}  // namespace saiph::net
