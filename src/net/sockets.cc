#include "net/sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "net/http1_strict.h"

namespace saiph::net {
namespace {

constexpr int kBacklog = 512;

/// The sockets API takes every kind of address as a sockaddr.
template <typename Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);  // raw: the sockets API is made of this
}

Error failed(const std::string& what, int number) {
  const ErrorCode code =
      number == EACCES || number == EPERM ? ErrorCode::kDenied : ErrorCode::kUnavailable;
  return {code, what + ": " + system_message(number)};
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

template <typename Address>
SocketAddress stored(const Address& address) {
  static_assert(sizeof(Address) <= sizeof(sockaddr_storage));
  SocketAddress out;
  const ByteView bytes(
      reinterpret_cast<const std::uint8_t*>(&address),  // raw: our own struct, copied as a whole
      sizeof(address));
  std::copy(bytes.begin(), bytes.end(),
            reinterpret_cast<std::uint8_t*>(&out.storage));  // raw: the storage that is made for it
  out.length = sizeof(address);
  return out;
}

std::optional<SocketAddress> numeric_address(const ListenAddress& from) {
  sockaddr_in v4{};
  if (inet_pton(AF_INET, from.address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(from.port);
    return stored(v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, from.address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(from.port);
    return stored(v6);
  }
  return std::nullopt;
}

/// A socket file that is left from a process that has died refuses connections.
Status remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return {};
    return failed(path, errno);
  }
  if (!S_ISSOCK(info.st_mode)) {
    return Error(ErrorCode::kInvalidArgument, path + " exists and is no socket");
  }
  const FileHandle probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) return failed("a socket cannot be made", errno);
  sockaddr_un copy = address;
  if (connect(probe.get(), generic(copy), sizeof(copy)) == 0 || errno != ECONNREFUSED) {
    return Error(ErrorCode::kUnavailable, path + ": another process listens there");
  }
  if (unlink(path.c_str()) != 0) return failed(path, errno);
  return {};
}

}  // namespace

Result<FileHandle> listen_tcp(const ListenAddress& address) {
  auto native = numeric_address(address);
  if (!native) {
    return Error(ErrorCode::kInvalidArgument,
                 "\"" + address.address + "\" is no numeric address, such as 127.0.0.1 or ::1");
  }
  const std::string name = address.address + " port " + std::to_string(address.port);
  const int family = native->storage.ss_family;
  FileHandle listener(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) return failed("a socket cannot be made", errno);
  const int on = 1;
  // Without this a restart waits for the last connections' TIME_WAIT.
  if (setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      (family == AF_INET6 &&
       setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)) {
    return failed(name, errno);
  }
  if (bind(listener.get(), generic(native->storage), native->length) != 0 ||
      listen(listener.get(), kBacklog) != 0) {
    return failed(name, errno);
  }
  return listener;
}

Result<FileHandle> listen_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path) || path.find('\0') != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, "the socket's path is longer than 107 bytes");
  }
  std::copy(path.begin(), path.end(), std::begin(address.sun_path));
  SAIPH_CHECK(remove_stale(path, address));
  FileHandle listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (listener.get() < 0) return failed("a socket cannot be made", errno);
  // The file gets the socket's mode when it is bound (unix(7)), so it is never open to others, not
  // even for a moment.
  if (fchmod(listener.get(), S_IRUSR | S_IWUSR) != 0 ||
      bind(listener.get(), generic(address), sizeof(address)) != 0 ||
      chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0 || listen(listener.get(), kBacklog) != 0) {
    return failed(path, errno);
  }
  return listener;
}

std::uint16_t local_port(int listener) {
  sockaddr_in6 address{};  // also holds a sockaddr_in, whose port stands at the same place
  socklen_t length = sizeof(address);
  if (getsockname(listener, generic(address), &length) != 0) return 0;
  return ntohs(address.sin6_port);
}

Accepted accept_connection(int listener, int& error_number) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  Accepted accepted{.socket = OwnedSocket(
                        accept4(listener, generic(storage), &length, SOCK_CLOEXEC | SOCK_NONBLOCK)),
                    .family = 0,
                    .address = {},
                    .port = 0};
  error_number = accepted.socket.get() < 0 ? errno : 0;
  if (error_number != 0) return accepted;
  accepted.family = storage.ss_family;
  if (accepted.family == AF_UNIX) return accepted;
  const int on = 1;
  // Failing costs latency only.
  static_cast<void>(setsockopt(accepted.socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (accepted.family == AF_INET) {
    const auto* v4 =
        reinterpret_cast<const sockaddr_in*>(&storage);  // raw: the sockets API, family checked
    inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
    accepted.port = ntohs(v4->sin_port);
  } else {
    const auto* v6 =
        reinterpret_cast<const sockaddr_in6*>(&storage);  // raw: the sockets API, family checked
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
    inet_ntop(mapped ? AF_INET : AF_INET6, &v6->sin6_addr.s6_addr[mapped ? 12 : 0], text.data(),
              text.size());
    accepted.port = ntohs(v6->sin6_port);
  }
  accepted.address = text.data();
  return accepted;
}

OwnedSocket::~OwnedSocket() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const Error wrong(ErrorCode::kInvalidArgument,
                    "a listen address is such as 127.0.0.1:8700, [::1]:8700, :8700 or 8700");
  ListenAddress out;
  std::string_view port = text;
  if (text.starts_with('[')) {
    const auto end = text.find("]:");
    if (end == std::string_view::npos) return wrong;
    out.address = text.substr(1, end - 1);
    port = text.substr(end + 2);
    if (out.address.find(':') == std::string::npos) return wrong;
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    out.address = colon == 0 ? "0.0.0.0" : text.substr(0, colon);
    port = text.substr(colon + 1);
    if (out.address.find(':') != std::string::npos) return wrong;
  }
  if (!is_numeric_address(out.address)) return wrong;
  const auto parsed = std::from_chars(port.begin(), port.end(), out.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.end()) return wrong;
  return out;
}

}  // namespace saiph::net
