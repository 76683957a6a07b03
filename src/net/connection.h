// One connection: a state machine from the first byte to the last. Everything in it happens on the
// I/O thread of its loop; the handles that handlers hold reach it by posting, through weak
// pointers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/core.h"
#include "net/http1_body.h"
#include "net/http1_strict.h"
#include "net/loop.h"
#include "net/output.h"
#include "net/server.h"
#include "net/stream_queue.h"
#include "net/transport.h"

namespace saiph::net {

/// Who is at the other end.
struct Peer {
  std::string address;
  std::uint16_t port = 0;
  bool is_local_socket = false;
};

/// What an exchange's handle and its connection both see.
struct ExchangeState {
  std::atomic<bool> answered{false};
  std::atomic<bool> cancelled{false};
};

class Connection final : public TransportEvents,
                         private BodyReceiver,
                         public std::enable_shared_from_this<Connection> {
 public:
  /// The caller has opened one connection in `core` and entered the peer in its guard.
  Connection(std::shared_ptr<Core> core, std::shared_ptr<Loop> loop,
             std::unique_ptr<Transport> transport, Peer peer);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  asio::io_context& io() { return loop_->io(); }

  void start();
  void on_tick(Clock::time_point now);
  void begin_drain();
  /// Closes at once; whatever was unsent is lost.
  void abort();

  // From the handles of the exchange with this number; ignored when it is not the present one.
  void answer(std::uint64_t exchange, Response response);
  void start_stream(std::uint64_t exchange, int status, const Headers& headers,
                    std::shared_ptr<StreamQueue> queue);
  /// The last handle went away unanswered.
  void abandoned(std::uint64_t exchange);
  void stream_changed(std::uint64_t exchange);

 private:
  enum class State : std::uint8_t {
    kHandshake,
    kHead,       ///< waits for a head or reads one
    kBody,       ///< reads a body
    kAnswering,  ///< the handler has the exchange
    kSending,    ///< an answer of known length is on its way
    kStreaming,
    kLingering,  ///< all is sent; the peer is given time to read it before the socket closes
    kClosed,
  };
  enum class BodyUse : std::uint8_t { kSkip, kMemory, kSink };

  void on_handshake(bool ok) override;
  void on_read(std::size_t bytes, bool failed) override;
  void on_written(std::size_t bytes, bool failed) override;
  void on_shutdown() override;
  Status receive(ByteView bytes) override;

  std::shared_ptr<TransportEvents> events() { return shared_from_this(); }
  ByteView buffered() const { return ByteView(buffer_).subspan(begin_, end_ - begin_); }
  void want_read();
  void on_peer_closed();

  // Requests. The read_ functions answer whether there may be more to do with what is buffered.
  void advance();
  bool read_head();
  bool read_body();
  void begin_request(std::size_t head_size);
  void plan_body();
  void await_body();
  void body_ended();
  void dispatch();
  Response failure_of_body(const Error& error);
  void refuse(int status, std::string_view reason);

  // Answers.
  bool is_present(std::uint64_t exchange) const;
  void send(Response response);
  void write_more();
  void on_output_sent();
  void next_request();
  void finish_answer();
  void linger();
  Response failure(int status, std::string_view reason);
  void count_status(int status);
  void enter(State state);
  bool too_slow(std::uint64_t bytes, Clock::time_point now) const;

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<Loop> loop_;
  const std::unique_ptr<Transport> transport_;
  const Peer peer_;
  const ClientKey client_;
  std::optional<Digest> client_certificate_;

  State state_ = State::kHandshake;
  Clock::time_point waiting_since_ = Clock::now();  // entered the state, or the head's first byte
  Clock::time_point progress_ = Clock::now();       // last bytes of a body or an answer

  // Input. What lies in [begin_, end_) is not used up; a read under way fills what follows.
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
  bool peer_closed_ = false;
  bool head_started_ = false;
  std::size_t lingered_bytes_ = 0;

  // The present request.
  HeadScanner scanner_;
  BodyDecoder decoder_;
  StrictHead request_;
  BodyUse body_use_ = BodyUse::kSkip;
  std::string body_;
  std::unique_ptr<BodySink> sink_;
  std::optional<Response> refusal_;
  std::uint64_t max_body_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::optional<Error> body_failure_;
  std::uint64_t requests_ = 0;
  std::uint64_t exchange_ = 0;
  std::shared_ptr<ExchangeState> exchange_state_;

  // The present answer.
  Output output_;
  std::shared_ptr<StreamQueue> stream_;
  bool writing_ = false;
  bool head_only_ = false;
  bool close_after_ = false;
  bool input_unfinished_ = false;  // the peer may still be sending what we do not want
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace saiph::net
