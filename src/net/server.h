// The HTTP server: listeners (TCP, TLS 1.3, unix socket), the strict layer in front, limits against
// floods and slow clients, and the seam to the code that answers. Callbacks, no coroutines.
//
// A request's life, on the I/O thread that its connection belongs to:
//   head complete → strict checks → Handler::plan (refuse, or say where the body goes)
//   → body read → Handler::handle(exchange) → exchange->respond / exchange->stream, from any thread
// Requests of one connection are answered one after the other, in order; pipelined ones wait in a
// buffer of fixed size. Decision: HTTP/1.1 only; HTTP/1.0 is answered with 505.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "net/http.h"

namespace saiph::net {

/// Where a body goes that is too large for memory (an upload: a spool file). Called on the
/// connection's I/O thread, one call at a time; while write() runs nothing more is read from the
/// client, so a slow sink slows the client. Destroyed unfinished when the client goes away.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// The body's next bytes, at most 64 KiB. An error ends the request: kLimit is answered with 413,
  /// kUnavailable with 507, kDenied with 403, kMalformed and kUnsupported with 400 and all else
  /// with 500, through Handler::failure; the connection closes.
  virtual Status write(ByteView bytes) = 0;
};

/// What Handler::plan decides from the head alone.
class BodyPlan {
 public:
  /// Answer now; the body is not wanted. A small declared one is skipped and the connection kept,
  /// any other closes it after the answer.
  static BodyPlan refuse(Response response);
  /// Collect the body in memory; more than `max_bytes` is answered with 413 before it is read when
  /// its length was declared, else as soon as it is exceeded. 0: no body is expected.
  static BodyPlan memory(std::size_t max_bytes);
  /// Hand the body to `sink` as it comes; at most `max_bytes` of it, else 413.
  static BodyPlan sink(std::unique_ptr<BodySink> sink, std::uint64_t max_bytes);

  /// Expects no body: memory(0).
  BodyPlan() = default;

  // Read by the connection.
  std::optional<Response> refusal;
  std::unique_ptr<BodySink> body_sink;
  std::uint64_t max_body_bytes = 0;
};

/// An answer without known length (SSE, exports), sent chunked. Any thread; write and close may be
/// called from several threads, each write's bytes stay together and in the order of the calls.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues the bytes and returns at once. False, with nothing queued: the client is gone, the
  /// stream was closed, or the bytes would pass the buffer's limit (the client reads too slowly);
  /// in the last case the stream is broken off, the client sees an unfinished answer.
  /// An empty `bytes` is a probe: true while the client is there.
  virtual bool write(std::string bytes) = 0;
  /// The same, but waits for room in the buffer instead of breaking off: for exports, from worker
  /// threads only, never from an I/O thread (plan, BodySink::write, handle). False when the client
  /// is gone or `timeout` passes without enough room (the stream is then broken off).
  virtual bool write_waiting(std::string bytes, std::chrono::milliseconds timeout) = 0;
  /// Ends the answer properly once the queued bytes are sent. Idempotent; also done by nobody else:
  /// a stream whose last handle goes away unclosed is broken off, because its answer is unfinished.
  virtual void close() = 0;
  /// Whether nothing more can reach the client.
  virtual bool closed() const = 0;
};

/// How a stream behaves.
struct StreamOptions {
  /// Unsent bytes that may wait for the client. 256 KiB: thousands of events.
  std::size_t buffer_bytes = 256U << 10;
  /// A stream without end (SSE) is closed when the server drains; one that ends by itself (an
  /// export) is given until the drain's deadline.
  bool is_endless = true;
};

/// One request and the means to answer it. Any thread; answered exactly once: the first of respond
/// and stream counts, later ones do nothing. When the last handle goes away unanswered the client
/// gets a 500, never silence. It may outlive the server; answering then does nothing.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const RequestHead& head() const = 0;
  /// The body of a plan memory(...), else empty.
  virtual const std::string& body() const = 0;
  /// The sink of a plan sink(...), which has had every byte; null when it was taken or never was.
  virtual std::unique_ptr<BodySink> take_sink() = 0;
  /// Sends the answer. Never blocks.
  virtual void respond(Response response) = 0;
  /// Sends the status and headers at once and answers with the stream for the rest (chunked; for
  /// HEAD nothing of it is sent). Null when it was answered already or the client is gone. For SSE
  /// the caller sets Content-Type: text/event-stream; Cache-Control: no-cache and
  /// X-Accel-Buffering: no are the caller's too.
  virtual std::shared_ptr<Stream> stream(int status, Headers headers,
                                         StreamOptions options = {}) = 0;
  /// The client has gone (connection reset, or its sending side closed) or the server has given the
  /// exchange up: work for it can stop. An answer given nevertheless is still sent to a client that
  /// merely closed its sending side.
  virtual bool cancelled() const = 0;
};

/// The code that answers. All three are called on I/O threads, several at a time: they must be
/// thread-safe and must not block (hand the exchange to a worker). It must outlive the server.
/// An exception that leaves one of them is answered with 500.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Called once per request when its head has passed the strict layer, before any of its body is
  /// read and before `100 Continue` is sent. Requests without a body are planned too.
  virtual BodyPlan plan(const RequestHead& head) = 0;
  /// The request is complete. Keep the exchange and answer it from any thread.
  virtual void handle(const std::shared_ptr<Exchange>& exchange) = 0;
  /// The answer to what the server itself refuses: 400, 408, 413, 414, 417, 421, 429, 431, 500,
  /// 501, 503, 505, 507, and 403 of a sink. `reason` is a fixed text, never the client's bytes. The
  /// default is an RFC 9457 problem with type about:blank.
  virtual Response failure(int status, std::string_view reason);
};

/// Where to listen.
struct ListenAddress {
  /// Numeric IPv4 or IPv6 address; names are not resolved.
  std::string address = "127.0.0.1";
  /// 0: any free port; Server::ports says which.
  std::uint16_t port = 0;
  /// "127.0.0.1:8700", "[::1]:8700", ":8700" (all IPv4), "8700" (loopback).
  /// Errors: kInvalidArgument with an example.
  static Result<ListenAddress> parse(std::string_view text);
};

/// TLS 1.3 by OpenSSL; nothing older is spoken. No tickets, no early data.
struct TlsOptions {
  /// PEM, the leaf first. Empty: no TLS.
  std::string certificate_file;
  /// PEM, not sealed with a passphrase.
  std::string key_file;
  /// PEM with the authorities of client certificates. Empty: none is asked for.
  std::string client_ca_file;
  /// With client_ca_file: a handshake without a verified certificate fails. Else such a client has
  /// no RequestHead::client_certificate.
  bool require_client_certificate = true;
};

/// Every number has its reason beside it; 0 switches a rate off, never a size.
struct ServerLimits {
  /// Request line and fields; browsers stay below 8 KiB, cookies of other local programs included.
  std::size_t header_bytes = 16U << 10;
  std::size_t header_count = 100;
  std::size_t target_bytes = 8U << 10;
  /// From accept to the TLS handshake's end, and from a request's first byte to its head's last:
  /// slow loris gets this and no more.
  std::chrono::milliseconds header_time{10'000};
  /// Silence within a body, or a client that takes nothing of an answer.
  std::chrono::milliseconds body_inactivity{30'000};
  /// Least average rate of a body or an answer, once body_inactivity has passed: 1 KiB/s is far
  /// below any modem, far above a trickle.
  std::uint64_t min_bytes_per_second = 1024;
  /// Between requests.
  std::chrono::milliseconds keep_alive_idle{60'000};
  /// Longest that a handler may leave an exchange unanswered; the client then gets a 503.
  std::chrono::milliseconds answer_time{300'000};
  /// All connections; each costs about 40 KiB (TLS: 80 KiB).
  std::size_t connections = 512;
  /// Of one address (IPv6: one /64). Browsers open six.
  std::size_t connections_per_address = 64;
  /// Then the connection closes: bounds what one connection can pin.
  std::size_t requests_per_connection = 10'000;
  /// Token bucket per address (IPv6: one /64), unix socket excepted; answered with 429.
  double requests_per_second_per_address = 200;
  double request_burst_per_address = 400;
};

struct ServerOptions {
  /// TCP listeners, plain or, with `tls`, all TLS. May be empty when there is a unix socket.
  std::vector<ListenAddress> listen;
  /// Path of a unix socket, mode 0600, never TLS; a stale socket file is replaced, any other file
  /// is an error. Empty: none.
  std::string unix_socket;
  TlsOptions tls;
  /// Listens elsewhere than on loopback without TLS only when this is set.
  bool allow_plain = false;
  /// Names that Host may have besides "localhost" and numeric addresses (a page of a stranger
  /// cannot have either, so DNS rebinding ends here); without port; case ignored. Others get 421.
  std::vector<std::string> host_names;
  ServerLimits limits;
  /// I/O threads, 1 to 64.
  std::size_t threads = 2;
};

/// A snapshot of counters for metrics; all but the two gauges only grow.
struct ServerCounters {
  std::uint64_t connections_open = 0;  ///< gauge
  std::uint64_t streams_open = 0;      ///< gauge
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused_total = 0;        ///< over ServerLimits::connections
  std::uint64_t connections_refused_per_address = 0;  ///< over connections_per_address
  std::uint64_t accept_errors = 0;                    ///< descriptors exhausted and the like
  std::uint64_t tls_failures = 0;
  std::uint64_t requests = 0;            ///< heads that passed the strict layer
  std::uint64_t requests_malformed = 0;  ///< heads or bodies that the strict layer refused
  std::uint64_t requests_rate_limited = 0;
  std::uint64_t requests_wrong_host = 0;
  std::uint64_t timeouts_handshake = 0;
  std::uint64_t timeouts_head = 0;
  std::uint64_t timeouts_body = 0;
  std::uint64_t timeouts_idle = 0;
  std::uint64_t timeouts_write = 0;
  std::uint64_t timeouts_answer = 0;
  std::uint64_t streams_overrun = 0;  ///< broken off because the client read too slowly
  std::uint64_t responses_2xx = 0;
  std::uint64_t responses_3xx = 0;
  std::uint64_t responses_4xx = 0;
  std::uint64_t responses_5xx = 0;
  std::uint64_t bytes_received = 0;  ///< of HTTP, before TLS
  std::uint64_t bytes_sent = 0;
};

/// A running server. Any thread, except that drain and the destructor are called by one thread and
/// never by a handler.
class Server {
 public:
  /// Binds, listens and starts the I/O threads. `handler` must outlive the server.
  /// Errors: kInvalidArgument (no listener, bad address, numbers out of range, plain text beyond
  /// loopback), kUnavailable (address in use, unix path), kDenied, kNotFound or kMalformed
  /// (certificate and key files).
  static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler& handler);
  virtual ~Server() = default;

  /// The port of each of ServerOptions::listen, in order.
  virtual std::vector<std::uint16_t> ports() const = 0;
  virtual ServerCounters counters() const = 0;
  /// Reads the certificate, key and client authorities again; connections made from now on use
  /// them, present ones go on. On error everything stays as it was.
  /// Errors: as start's for these files; kInvalidArgument when the server has no TLS.
  virtual Status reload_tls() = 0;
  /// Stops accepting, closes idle connections and endless streams, answers running requests with
  /// `Connection: close`, and waits for them; what still runs after `deadline` is cut off. Returns
  /// whether nothing had to be. The server is over afterwards. The destructor does the same without
  /// waiting.
  virtual bool drain(std::chrono::milliseconds deadline) = 0;
};

}  // namespace saiph::net
