// A client that sends any bytes, for tests of the server.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace saiph::net {

/// A blocking socket. All waits end after ten seconds, so that a broken server fails a test.
class Wire {
 public:
  static constexpr int kPatienceMs = 10'000;

  static Wire tcp(std::uint16_t port) {
    Wire wire(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    wire.ok_ = connect(wire.socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    return wire;
  }
  static Wire unix_path(const std::string& path) {
    Wire wire(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    wire.ok_ = connect(wire.socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    return wire;
  }
  explicit Wire(int descriptor) : socket_(descriptor) {}
  Wire(Wire&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), ok_(other.ok_), read_(std::move(other.read_)) {}
  Wire(const Wire&) = delete;
  ~Wire() { close(); }

  bool connected() const { return ok_; }
  int native() const { return socket_; }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void close_sending() { shutdown(socket_, SHUT_WR); }
  /// Closes with a reset.
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }

  /// Whether all was taken (a server that hangs up may take less).
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// One read; empty at the end, on an error, or when nothing comes.
  std::string receive(std::size_t most = 65536) {
    pollfd waiting{socket_, POLLIN, 0};
    if (poll(&waiting, 1, kPatienceMs) != 1) return timed_out_ = true, std::string();
    std::string piece(most, '\0');
    const auto got = recv(socket_, piece.data(), piece.size(), 0);
    piece.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return piece;
  }
  /// Everything until the server closes.
  std::string receive_all() {
    std::string all = std::exchange(read_, {});
    while (true) {
      const std::string piece = receive();
      if (piece.empty()) return all;
      all += piece;
    }
  }
  /// Everything up to and including `mark`; what follows is kept for the next call.
  std::string receive_until(std::string_view mark) {
    while (true) {
      const auto at = read_.find(mark);
      if (at != std::string::npos) {
        std::string out = read_.substr(0, at + mark.size());
        read_.erase(0, out.size());
        return out;
      }
      const std::string piece = receive();
      if (piece.empty()) return std::exchange(read_, {});
      read_ += piece;
    }
  }
  std::string receive_bytes(std::size_t count) {
    while (read_.size() < count) {
      const std::string piece = receive();
      if (piece.empty()) break;
      read_ += piece;
    }
    std::string out = read_.substr(0, count);
    read_.erase(0, out.size());
    return out;
  }
  /// One answer with a Content-Length: head and body. Not for HEAD.
  std::string receive_answer() {
    std::string head = receive_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + receive_bytes(std::stoul(head.substr(at + 16)));
  }
  bool timed_out() const { return timed_out_; }

 private:
  int socket_ = -1;
  bool ok_ = true;
  bool timed_out_ = false;
  std::string read_;
};

}  // namespace saiph::net
