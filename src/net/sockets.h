// Listening and accepting, by system calls: every descriptor is closed on exec from its first
// moment (workers are started while connections come), which Asio's own calls do not do.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/file.h"
#include "base/result.h"
#include "net/server.h"

namespace saiph::net {

/// A listening TCP socket, non-blocking. IPv6 ones take IPv6 only.
/// Errors: kInvalidArgument (no numeric address), kUnavailable, kDenied.
Result<FileHandle> listen_tcp(const ListenAddress& address);

/// A listening unix socket with mode 0600, non-blocking. A socket file that nobody listens on is
/// replaced. Errors: kInvalidArgument (path too long, another kind of file there), kUnavailable
/// (somebody listens there), kDenied.
Result<FileHandle> listen_unix(const std::string& path);

/// The port that a TCP listener has got.
std::uint16_t local_port(int listener);

/// Owns a socket until Asio does.
class OwnedSocket {
 public:
  explicit OwnedSocket(int descriptor = -1) : descriptor_(descriptor) {}
  OwnedSocket(OwnedSocket&& other) noexcept : descriptor_(other.release()) {}
  OwnedSocket& operator=(OwnedSocket&&) = delete;
  OwnedSocket(const OwnedSocket&) = delete;
  OwnedSocket& operator=(const OwnedSocket&) = delete;
  ~OwnedSocket();
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

struct Accepted {
  OwnedSocket socket;
  /// AF_INET, AF_INET6 or AF_UNIX.
  int family = 0;
  /// Numeric; IPv4-mapped addresses as IPv4; empty for unix sockets.
  std::string address;
  std::uint16_t port = 0;
};

/// Accepts one connection, non-blocking and with TCP_NODELAY. On failure `error_number` is
/// errno, else 0.
Accepted accept_connection(int listener, int& error_number);

/// Whether a numeric address is of this machine alone (127.0.0.0/8, ::1).
bool is_loopback(const std::string& address);

}  // namespace saiph::net
