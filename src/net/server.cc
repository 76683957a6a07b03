#include "net/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/escape.h"
#include "net/connection.h"
#include "net/core.h"
#include "net/loop.h"
#include "net/sockets.h"
#include "net/tls.h"
#include "net/transport.h"

namespace saiph::net {
namespace {

/// Connections taken per wake-up, so that a flood of them does not starve those that are open.
constexpr int kAcceptBatch = 32;
/// After running out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::string_view kBusy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n";

using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

/// Errors of one connection that went away, or that arrived over a network that complains
/// (accept(2)); everything else is ours and wants a pause.
bool is_of_one_connection(int number) {
  return number == ECONNABORTED || number == EINTR || number == EPROTO || number == ENETDOWN ||
         number == EHOSTDOWN || number == EHOSTUNREACH || number == ENETUNREACH ||
         number == ENONET || number == EPERM;
}

/// A listening socket on the first loop; hands what it accepts to all loops in turn.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<Core> core, const std::vector<std::shared_ptr<Loop>>& loops,
           FileHandle socket, bool is_local_socket)
      : core_(std::move(core)),
        loops_(loops),
        socket_(std::move(socket)),
        waiter_(loops_.front()->io().get_executor()),
        pause_(loops_.front()->io().get_executor()),
        is_local_socket_(is_local_socket) {}

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    // socket_ owns the descriptor; waiter_ only watches it.
    if (waiter_.is_open()) waiter_.release();
  }

  Status start() {
    ErrorCodeOfAsio error;
    if (waiter_.assign(socket_.get(), error))
      return Error(ErrorCode::kUnavailable, "the listener cannot be watched");
    asio::post(waiter_.get_executor(), [self = shared_from_this()] { self->wait(); });
    return {};
  }

  /// On the first loop.
  void stop() {
    if (std::exchange(stopped_, true)) return;
    pause_.cancel();
    waiter_.release();
    socket_ = FileHandle();
  }

 private:
  void wait() {
    if (stopped_) return;
    waiter_.async_wait(Descriptor::wait_read,
                       [self = shared_from_this()](const ErrorCodeOfAsio& error) {
                         if (!error && !self->stopped_) self->accept_some();
                       });
  }

  void accept_some() {
    for (int i = 0; i < kAcceptBatch; ++i) {
      int number = 0;
      Accepted accepted = accept_connection(socket_.get(), number);
      if (number == EAGAIN) break;
      if (number != 0 && is_of_one_connection(number)) continue;
      if (number != 0) {
        // Trying on at once would burn the processor until a descriptor is free again.
        core_->count(&ServerCounters::accept_errors);
        pause_.expires_after(kAcceptPause);
        pause_.async_wait([self = shared_from_this()](const ErrorCodeOfAsio&) { self->wait(); });
        return;
      }
      take(std::move(accepted));
    }
    wait();
  }

  void take(Accepted accepted) {
    const bool is_tls = !is_local_socket_ && core_->tls() != nullptr;
    if (!core_->open_connection()) {
      core_->count(&ServerCounters::connections_refused_total);
      return say_busy(accepted, is_tls);
    }
    if (!is_local_socket_ && !core_->guard.enter(ClientKey::from(accepted.address), Clock::now())) {
      core_->count(&ServerCounters::connections_refused_per_address);
      core_->close_connection();
      return say_busy(accepted, is_tls);
    }
    core_->count(&ServerCounters::connections_accepted);
    const auto& loop = loops_[next_++ % loops_.size()];
    asio::post(loop->io(), [core = core_, loop, is_tls, is_local = is_local_socket_,
                            held = std::make_shared<Accepted>(std::move(accepted))] {
      begin(core, loop, *held, is_tls, is_local);
    });
  }

  /// On the connection's own loop.
  static void begin(const std::shared_ptr<Core>& core, const std::shared_ptr<Loop>& loop,
                    Accepted& accepted, bool is_tls, bool is_local) {
    const int descriptor = accepted.socket.get();
    Socket socket(loop->io().get_executor());
    ErrorCodeOfAsio error;
    if (socket.assign(asio::generic::stream_protocol(accepted.family, 0), descriptor, error)) {
      core->count(&ServerCounters::accept_errors);
      if (!is_local) core->guard.leave(ClientKey::from(accepted.address));
      core->close_connection();
      return;
    }
    accepted.socket.release();
    auto transport = is_tls ? make_tls_transport(std::move(socket), core->tls())
                            : make_plain_transport(std::move(socket));
    auto connection =
        std::make_shared<Connection>(core, loop, std::move(transport),
                                     Peer{std::move(accepted.address), accepted.port, is_local});
    if (core->draining) return;
    loop->add(connection);
    connection->start();
  }

  static void say_busy(const Accepted& accepted, bool is_tls) {
    // One attempt that cannot wait; a handshake for it would be work that the flood wants us to do.
    if (is_tls) return;
    static_cast<void>(
        send(accepted.socket.get(), kBusy.data(), kBusy.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  }

  const std::shared_ptr<Core> core_;
  const std::vector<std::shared_ptr<Loop>> loops_;
  FileHandle socket_;
  Descriptor waiter_;
  Timer pause_;
  const bool is_local_socket_;
  bool stopped_ = false;
  std::size_t next_ = 0;
};

class RunningServer final : public Server {
 public:
  RunningServer(const ServerOptions& options, Handler& handler)
      : options_(options), core_(std::make_shared<Core>(options, handler)) {}
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  // NOLINTNEXTLINE(bugprone-exception-escape): telling the loops needs memory; without any we end
  ~RunningServer() override { drain(std::chrono::milliseconds(0)); }

  Status open() {
    if (has_tls()) SAIPH_CHECK(reload_tls());
    for (std::size_t i = 0; i < options_.threads; ++i) loops_.push_back(std::make_shared<Loop>());
    for (const ListenAddress& address : options_.listen) {
      SAIPH_TRY(FileHandle socket, listen_tcp(address));
      ports_.push_back(local_port(socket.get()));
      listeners_.push_back(std::make_shared<Listener>(core_, loops_, std::move(socket), false));
    }
    if (!options_.unix_socket.empty()) {
      SAIPH_TRY(FileHandle socket, listen_unix(options_.unix_socket));
      struct stat info{};
      if (stat(options_.unix_socket.c_str(), &info) == 0) unix_inode_ = info.st_ino;
      listeners_.push_back(std::make_shared<Listener>(core_, loops_, std::move(socket), true));
    }
    for (const auto& loop : loops_) loop->start();
    running_ = true;
    for (const auto& listener : listeners_) SAIPH_CHECK(listener->start());
    return {};
  }

  std::vector<std::uint16_t> ports() const override { return ports_; }

  ServerCounters counters() const override { return core_->snapshot(); }

  Status reload_tls() override {
    if (!has_tls()) return Error(ErrorCode::kInvalidArgument, "this server has no TLS");
    SAIPH_TRY(auto context, make_server_context(options_.tls));
    core_->set_tls(std::move(context));
    return {};
  }

  bool drain(std::chrono::milliseconds deadline) override {
    if (std::exchange(over_, true)) return true;
    remove_unix_socket();
    // A loop without a thread would keep what is posted to it, and that would keep the loop.
    if (!running_) return true;
    const auto end = Clock::now() + deadline;
    core_->draining = true;
    asio::post(loops_.front()->io(), [listeners = listeners_] {
      for (const auto& listener : listeners) listener->stop();
    });
    for_each_connection([](Connection& connection) { connection.begin_drain(); });
    const bool finished = core_->wait_until_none_open(end);
    if (!finished) for_each_connection([](Connection& connection) { connection.abort(); });
    for (const auto& loop : loops_) loop->join();
    return finished;
  }

 private:
  bool has_tls() const { return !options_.tls.certificate_file.empty(); }

  void for_each_connection(void (*action)(Connection&)) {
    for (const auto& loop : loops_) {
      asio::post(loop->io(), [loop, action] { loop->for_each(action); });
    }
  }

  /// Only the file that we made: a successor may have put its own there.
  void remove_unix_socket() {
    struct stat info{};
    if (unix_inode_ != 0 && stat(options_.unix_socket.c_str(), &info) == 0 &&
        info.st_ino == unix_inode_) {
      unlink(options_.unix_socket.c_str());
    }
  }

  const ServerOptions options_;
  const std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<std::uint16_t> ports_;
  ino_t unix_inode_ = 0;
  bool running_ = false;
  bool over_ = false;
};

Status check(const ServerOptions& options) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, std::move(message));
  };
  if (options.listen.empty() && options.unix_socket.empty()) {
    return wrong("there is no address to listen on");
  }
  if (options.threads < 1 || options.threads > 64) return wrong("threads must be 1 to 64");
  const ServerLimits& limits = options.limits;
  if (limits.header_bytes < 1024 || limits.header_bytes > (1U << 20) || limits.target_bytes < 64 ||
      limits.target_bytes > limits.header_bytes || limits.header_count < 1 ||
      limits.connections < 1 || limits.connections_per_address < 1 ||
      limits.requests_per_connection < 1) {
    return wrong("a limit is too small, or the header limit is over 1 MiB");
  }
  for (const auto time :
       {limits.header_time, limits.body_inactivity, limits.keep_alive_idle, limits.answer_time}) {
    if (time.count() < 1) return wrong("a time limit must be at least 1 ms");
  }
  const TlsOptions& tls = options.tls;
  if (tls.certificate_file.empty() != tls.key_file.empty() ||
      (tls.certificate_file.empty() && !tls.client_ca_file.empty())) {
    return wrong("TLS wants both a certificate and a key");
  }
  if (!tls.certificate_file.empty() || options.allow_plain) return {};
  for (const ListenAddress& address : options.listen) {
    if (!is_loopback(address.address)) {
      return wrong(
          address.address +
          " can be reached by others: that needs TLS (or an explicit leave to do without)");
    }
  }
  return {};
}

}  // namespace

BodyPlan BodyPlan::refuse(Response response) {
  BodyPlan plan;
  plan.refusal = std::move(response);
  return plan;
}

BodyPlan BodyPlan::memory(std::size_t max_bytes) {
  BodyPlan plan;
  plan.max_body_bytes = max_bytes;
  return plan;
}

BodyPlan BodyPlan::sink(std::unique_ptr<BodySink> sink, std::uint64_t max_bytes) {
  BodyPlan plan;
  plan.body_sink = std::move(sink);
  plan.max_body_bytes = max_bytes;
  return plan;
}

Response Handler::failure(int status, std::string_view reason) {
  std::string text = R"({"type":"about:blank","title":")";
  append_json(text, reason_phrase(status));
  text.append(R"(","status":)").append(std::to_string(status)).append(R"(,"detail":")");
  append_json(text, reason);
  text += "\"}";
  Response response(status, "application/problem+json", std::move(text));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler& handler) {
  SAIPH_CHECK(check(options));
  try {
    auto server = std::make_unique<RunningServer>(options, handler);
    SAIPH_CHECK(server->open());
    return std::unique_ptr<Server>(std::move(server));
  } catch (const std::exception& error) {
    return Error(ErrorCode::kUnavailable, std::string("the server cannot start: ") + error.what());
  }
}

}  // namespace saiph::net
