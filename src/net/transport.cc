#include "net/transport.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>

namespace saiph::net {
namespace {

template <typename Stream>
void start_read(Stream& stream, MutableByteView into, std::shared_ptr<TransportEvents> events) {
  stream.async_read_some(
      asio::buffer(into.data(), into.size()),
      [events = std::move(events)](const ErrorCodeOfAsio& error, std::size_t bytes) {
        // A TLS peer that hangs up without close_notify is a peer that hung up: where messages end
        // is HTTP's own business.
        const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
        events->on_read(bytes, error && !ended);
      });
}

template <typename Stream>
void start_write(Stream& stream, ByteView from, std::shared_ptr<TransportEvents> events) {
  stream.async_write_some(
      asio::buffer(from.data(), from.size()),
      [events = std::move(events)](const ErrorCodeOfAsio& error, std::size_t bytes) {
        events->on_written(bytes, static_cast<bool>(error));
      });
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(Socket socket) : socket_(std::move(socket)) {}

  void handshake(std::shared_ptr<TransportEvents> events) override { events->on_handshake(true); }
  void read_some(MutableByteView into, std::shared_ptr<TransportEvents> events) override {
    start_read(socket_, into, std::move(events));
  }
  void write_some(ByteView from, std::shared_ptr<TransportEvents> events) override {
    start_write(socket_, from, std::move(events));
  }
  void shut_down(std::shared_ptr<TransportEvents> events) override {
    ErrorCodeOfAsio ignored;
    // NOLINTNEXTLINE(bugprone-unused-return-value): nothing is left to be done about it
    (void)socket_.shutdown(Socket::shutdown_send, ignored);
    asio::post(socket_.get_executor(), [events = std::move(events)] { events->on_shutdown(); });
  }
  void close() override {
    ErrorCodeOfAsio ignored;
    // NOLINTNEXTLINE(bugprone-unused-return-value): nothing is left to be done about it
    (void)socket_.close(ignored);
  }
  bool is_tls() const override { return false; }
  std::optional<Digest> client_certificate() override { return std::nullopt; }

 private:
  Socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(Socket socket, std::shared_ptr<TlsContext> context)
      : context_(std::move(context)), stream_(std::move(socket), *context_) {}

  void handshake(std::shared_ptr<TransportEvents> events) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [events = std::move(events)](const ErrorCodeOfAsio& error) {
                              events->on_handshake(!error);
                            });
  }
  void read_some(MutableByteView into, std::shared_ptr<TransportEvents> events) override {
    start_read(stream_, into, std::move(events));
  }
  void write_some(ByteView from, std::shared_ptr<TransportEvents> events) override {
    start_write(stream_, from, std::move(events));
  }
  void shut_down(std::shared_ptr<TransportEvents> events) override {
    stream_.async_shutdown(
        [events = std::move(events)](const ErrorCodeOfAsio&) { events->on_shutdown(); });
  }
  void close() override {
    ErrorCodeOfAsio ignored;
    // NOLINTNEXTLINE(bugprone-unused-return-value): nothing is left to be done about it
    (void)stream_.lowest_layer().close(ignored);
  }
  bool is_tls() const override { return true; }
  std::optional<Digest> client_certificate() override {
    return peer_certificate(stream_.native_handle());
  }

 private:
  std::shared_ptr<TlsContext> context_;  // outlives the stream
  asio::ssl::stream<Socket> stream_;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(Socket socket) {
  return std::make_unique<PlainTransport>(std::move(socket));
}

std::unique_ptr<Transport> make_tls_transport(Socket socket, std::shared_ptr<TlsContext> context) {
  return std::make_unique<TlsTransport>(std::move(socket), std::move(context));
}

}  // namespace saiph::net
