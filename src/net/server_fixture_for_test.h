// A server on a free port with a handler that shows every kind of answer.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "net/server.h"
#include "net/wire_for_test.h"

namespace saiph::net {

/// Counts what it is given, and fails when it is told to.
class TestSink final : public BodySink {
 public:
  explicit TestSink(std::string path) : path_(std::move(path)) {}
  Status write(ByteView bytes) override {
    size += bytes.size();
    largest = std::max(largest, bytes.size());
    if (path_ == "/sink/full") return Error(ErrorCode::kUnavailable, "disk full");
    if (path_ == "/sink/throws") throw std::runtime_error("thrown by a sink");
    if (path_ == "/sink/slow") std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  }
  std::uint64_t size = 0;
  std::size_t largest = 0;

 private:
  std::string path_;
};

class TestHandler final : public Handler {
 public:
  ~TestHandler() override { join(); }

  BodyPlan plan(const RequestHead& head) override {
    ++plans;
    if (head.path == "/refused") return BodyPlan::refuse(Response(403, "text/plain", "no"));
    if (head.path == "/plan-throws") throw std::runtime_error("thrown by plan");
    if (head.path.starts_with("/sink")) {
      return BodyPlan::sink(std::make_unique<TestSink>(head.path), 8U << 20);
    }
    return BodyPlan::memory(100'000);
  }

  void handle(const std::shared_ptr<Exchange>& exchange) override {
    ++handled;
    const std::string path = exchange->head().path;
    if (path == "/throws") throw std::runtime_error("thrown by handle");
    if (path == "/dropped") return;
    if (path == "/held") {
      const std::scoped_lock lock(mutex_);
      held_.push_back(std::move(exchange));
      changed_.notify_all();
      return;
    }
    if (path == "/worker") {
      const std::scoped_lock lock(mutex_);
      workers_.emplace_back([exchange] {
        exchange->respond(Response(200, "text/plain", "from a worker"));
        exchange->respond(Response(500, "text/plain", "a second answer"));
      });
      return;
    }
    if (path.starts_with("/sink")) {
      const auto sink = exchange->take_sink();
      const auto& test = dynamic_cast<TestSink&>(*sink);
      EXPECT_LE(test.largest, 64U << 10);
      return exchange->respond(Response(200, "text/plain", std::to_string(test.size)));
    }
    if (path == "/inject") {
      Response response(200);
      response.headers.add("X-Given", "a\r\nX-Injected: b");
      return exchange->respond(std::move(response));
    }
    if (path == "/large") {
      return exchange->respond(Response(200, "text/plain", std::string(3'000'000, 'x')));
    }
    if (path == "/file") {
      Response response(200);
      response.body = FileBody{file, 10, file->size() - 10};
      return exchange->respond(std::move(response));
    }
    if (path == "/file-short") {
      Response response(200);
      response.body = FileBody{file, 0, file->size() + 1};
      return exchange->respond(std::move(response));
    }
    if (path == "/static") {
      static constexpr std::string_view kAsset = "an asset";
      Response response(200);
      response.body = StaticBody{as_bytes(kAsset)};
      return exchange->respond(std::move(response));
    }
    if (path == "/nothing") return exchange->respond(Response(204));
    if (path == "/stream" || path == "/export" || path == "/unclosed") {
      Headers headers;
      headers.add("Content-Type", "text/event-stream");
      auto stream = exchange->stream(200, std::move(headers),
                                     {.buffer_bytes = 256U << 10, .is_endless = path == "/stream"});
      if (path == "/unclosed") {
        stream->write("half of it");
        return;
      }
      const std::scoped_lock lock(mutex_);
      streams_.push_back(std::move(stream));
      changed_.notify_all();
      return;
    }
    const RequestHead& head = exchange->head();
    std::string text(method_name(head.method));
    text += " " + head.path + " [" + exchange->body() + "] " + head.peer_address;
    if (head.is_tls) text += " tls";
    if (head.is_local_socket) text += " local";
    if (head.client_certificate) text += " " + head.client_certificate->text();
    exchange->respond(Response(200, "text/plain", std::move(text)));
  }

  std::shared_ptr<Exchange> held(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return held_.size() >= count; }));
    return held_.empty() ? nullptr : held_.back();
  }
  std::shared_ptr<Stream> stream() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !streams_.empty(); }));
    return streams_.empty() ? nullptr : streams_.back();
  }
  void forget() {
    const std::scoped_lock lock(mutex_);
    held_.clear();
    streams_.clear();
  }
  void join() {
    std::vector<std::thread> workers;
    {
      const std::scoped_lock lock(mutex_);
      workers.swap(workers_);
    }
    for (std::thread& worker : workers) worker.join();
  }

  std::atomic<int> plans{0};
  std::atomic<int> handled{0};
  std::shared_ptr<const ByteSource> file;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Exchange>> held_;
  std::vector<std::shared_ptr<Stream>> streams_;
  std::vector<std::thread> workers_;
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.listen = {ListenAddress{}};
    options_.limits.requests_per_second_per_address = 0;
    std::string pattern = (std::filesystem::temp_directory_path() / "saiph-net-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ServerTest() override {
    handler_.forget();
    server_.reset();
    handler_.join();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    auto server = Server::start(options_, handler_);
    ASSERT_TRUE(server) << server.error().describe();
    server_ = std::move(*server);
    if (!options_.listen.empty()) port_ = server_->ports().at(0);
  }
  /// The error of a server that must not start.
  ErrorCode refusal() {
    const auto server = Server::start(options_, handler_);
    EXPECT_FALSE(server);
    return server ? ErrorCode::kInternal : server.error().code();
  }
  /// Waits until the condition holds; tests wait for events, never for a time.
  static bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  ServerOptions options_;
  TestHandler handler_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::string folder_;
};

inline std::string request(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

inline std::string posting(std::string_view target, std::string_view body,
                           std::string_view more = "") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

inline int status_in(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.1 ") || answer.size() < 12) return 0;
  return std::stoi(answer.substr(9, 3));
}

}  // namespace saiph::net
