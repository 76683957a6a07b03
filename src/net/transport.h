// One connection's bytes, whether TCP, unix socket or TLS lies beneath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/digest.h"
#include "net/asio.h"
#include "net/tls.h"

namespace saiph::net {

/// What a transport tells. Each call answers one operation; on the connection's I/O thread.
class TransportEvents {
 public:
  virtual ~TransportEvents() = default;
  virtual void on_handshake(bool ok) = 0;
  /// `bytes` 0: the peer has closed its side (`failed` false), or the connection is broken.
  virtual void on_read(std::size_t bytes, bool failed) = 0;
  virtual void on_written(std::size_t bytes, bool failed) = 0;
  virtual void on_shutdown() = 0;
};

/// At most one read and one write are under way at a time; buffers live until the answer.
/// Operations keep `events` alive. All calls on the I/O thread of the socket.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void handshake(std::shared_ptr<TransportEvents> events) = 0;
  virtual void read_some(MutableByteView into, std::shared_ptr<TransportEvents> events) = 0;
  virtual void write_some(ByteView from, std::shared_ptr<TransportEvents> events) = 0;
  /// Tells the peer that nothing more comes (FIN; TLS: close_notify). No write may be under way.
  virtual void shut_down(std::shared_ptr<TransportEvents> events) = 0;
  /// Closes at once; operations under way answer as failed.
  virtual void close() = 0;
  virtual bool is_tls() const = 0;
  /// SHA-256 of the client's verified certificate.
  virtual std::optional<Digest> client_certificate() = 0;
};

std::unique_ptr<Transport> make_plain_transport(Socket socket);
std::unique_ptr<Transport> make_tls_transport(Socket socket, std::shared_ptr<TlsContext> context);

}  // namespace saiph::net
