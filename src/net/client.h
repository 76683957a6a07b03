// A blocking HTTP/1.1 client for the few requests that Saiph makes itself: OIDC discovery and
// tokens, and stand-alone commands that speak to the running server through its unix socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace saiph::net {

/// An absolute http or https address, taken apart (RFC 3986). Values of one parse only.
struct Url {
  bool is_tls = false;
  /// Lower case; a numeric IPv6 address without brackets.
  std::string host;
  std::uint16_t port = 0;
  /// Path and query as they stand, "/" when absent; never a fragment.
  std::string target;

  /// Errors: kInvalidArgument: another scheme, user information, no host, control or non-ASCII
  /// bytes, a bad port, a fragment. Any thread, linear.
  static Result<Url> parse(std::string_view text);
  /// "https://host" or "https://host:port" when the port is not the scheme's own.
  std::string origin() const;
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string url;
  /// Host, Content-Length and Connection are the client's own business and taken out.
  Headers headers;
  std::string body;
  /// PEM with the authorities to trust instead of the system's.
  std::string ca_file;
  /// Connect to this unix socket instead of the host of `url`, which then only fills Host. No TLS.
  std::string unix_socket;
  /// Plain http beyond loopback and unix sockets only when this is set.
  bool allow_plain = false;
  /// Redirects (301, 302, 303, 307, 308) to follow; 0: the redirect is the answer. Never from https
  /// to http; Authorization and Cookie are not sent to another origin.
  int max_redirects = 0;
  std::size_t max_header_bytes = 32U << 10;
  std::size_t max_body_bytes = 1U << 20;
  /// For name look-up, connecting and the TLS handshake together.
  std::chrono::milliseconds connect_time{10'000};
  /// For everything, redirects included.
  std::chrono::milliseconds total_time{30'000};
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
  /// Where the answer came from, after redirects.
  std::string url;
};

/// Sends one request on a connection of its own and reads the answer to its end; any status is an
/// answer. TLS 1.2 or newer, chain and host name verified; there is no way to switch that off.
/// Errors: kInvalidArgument (url, headers, ca_file), kDenied (plain http beyond loopback, the
/// certificate was not accepted), kUnavailable (look-up, connection, time), kLimit (answer too
/// large, too many redirects), kMalformed (the answer is no HTTP). Any thread; it blocks it for at
/// most total_time, but a name look-up takes as long as the system's resolver does. Nothing is kept
/// between calls.
Result<ClientResponse> fetch(const ClientRequest& request);

}  // namespace saiph::net
