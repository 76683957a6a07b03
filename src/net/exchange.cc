#include "net/exchange.h"

#include <utility>

#include "net/asio.h"
#include "net/stream_queue.h"

namespace saiph::net {
namespace {

/// Runs `action` on the connection's I/O thread, if the connection still lives then.
template <typename Action>
void post_to(const std::weak_ptr<Connection>& connection, Action action) {
  const auto alive = connection.lock();
  if (!alive) return;
  asio::post(alive->io(), [connection, action = std::move(action)]() mutable {
    if (const auto still = connection.lock()) action(*still);
  });
}

class StreamHandle final : public Stream {
 public:
  StreamHandle(std::weak_ptr<Connection> connection, std::uint64_t exchange,
               std::shared_ptr<ExchangeState> state, std::shared_ptr<StreamQueue> queue)
      : connection_(std::move(connection)),
        exchange_(exchange),
        state_(std::move(state)),
        queue_(std::move(queue)) {}
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): telling the loop needs memory; without any we end
  ~StreamHandle() override {
    if (queue_->closed()) return;
    queue_->break_off();
    tell();
  }

  bool write(std::string bytes) override { return !closed() && told(queue_->put(bytes)); }
  bool write_waiting(std::string bytes, std::chrono::milliseconds timeout) override {
    return !closed() && told(queue_->put_waiting(std::move(bytes), timeout));
  }
  void close() override {
    if (queue_->finish()) tell();
  }
  bool closed() const override { return state_->cancelled || queue_->closed(); }

 private:
  bool told(StreamQueue::Put put) {
    if (put == StreamQueue::Put::kTellLoop || put == StreamQueue::Put::kOverrun) tell();
    return put == StreamQueue::Put::kQueued || put == StreamQueue::Put::kTellLoop;
  }
  void tell() {
    post_to(connection_, [exchange = exchange_](Connection& connection) {
      connection.stream_changed(exchange);
    });
  }

  const std::weak_ptr<Connection> connection_;
  const std::uint64_t exchange_;
  const std::shared_ptr<ExchangeState> state_;
  const std::shared_ptr<StreamQueue> queue_;
};

class ExchangeHandle final : public Exchange {
 public:
  ExchangeHandle(std::weak_ptr<Connection> connection, std::uint64_t number,
                 std::shared_ptr<ExchangeState> state, RequestHead head, std::string body,
                 std::unique_ptr<BodySink> sink)
      : connection_(std::move(connection)),
        number_(number),
        state_(std::move(state)),
        head_(std::move(head)),
        body_(std::move(body)),
        sink_(std::move(sink)) {}
  ExchangeHandle(const ExchangeHandle&) = delete;
  ExchangeHandle& operator=(const ExchangeHandle&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): telling the loop needs memory; without any we end
  ~ExchangeHandle() override {
    if (state_->answered.exchange(true)) return;
    post_to(connection_,
            [number = number_](Connection& connection) { connection.abandoned(number); });
  }

  const RequestHead& head() const override { return head_; }
  const std::string& body() const override { return body_; }
  std::unique_ptr<BodySink> take_sink() override { return std::move(sink_); }
  bool cancelled() const override { return state_->cancelled.load(std::memory_order_relaxed); }

  void respond(Response response) override {
    if (state_->answered.exchange(true)) return;
    post_to(connection_,
            [number = number_, answer = std::move(response)](Connection& connection) mutable {
              connection.answer(number, std::move(answer));
            });
  }

  std::shared_ptr<Stream> stream(int status, Headers headers, StreamOptions options) override {
    if (cancelled() || state_->answered.exchange(true)) return nullptr;
    auto queue = std::make_shared<StreamQueue>(options);
    post_to(connection_, [number = number_, status, headers = std::move(headers),
                          queue](Connection& connection) {
      connection.start_stream(number, status, headers, queue);
    });
    return std::make_shared<StreamHandle>(connection_, number_, state_, std::move(queue));
  }

 private:
  const std::weak_ptr<Connection> connection_;
  const std::uint64_t number_;
  const std::shared_ptr<ExchangeState> state_;
  const RequestHead head_;
  const std::string body_;
  std::unique_ptr<BodySink> sink_;
};

}  // namespace

std::shared_ptr<Exchange> make_exchange(const std::weak_ptr<Connection>& connection,
                                        std::uint64_t number, std::shared_ptr<ExchangeState> state,
                                        RequestHead head, std::string body,
                                        std::unique_ptr<BodySink> sink) {
  return std::make_shared<ExchangeHandle>(connection, number, std::move(state), std::move(head),
                                          std::move(body), std::move(sink));
}

}  // namespace saiph::net
