#include "net/client.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "net/asio.h"
#include "net/http1_strict.h"
#include "net/sockets.h"
#include "net/tls.h"

namespace saiph::net {
namespace {

namespace http = boost::beast::http;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<Socket>;
using ResponseParser = http::response_parser<http::string_body>;

/// Answers that only announce another one (RFC 9110, 15.2).
constexpr int kMaxInformational = 8;

/// One fetch: an event loop that runs until one operation is done or time is up.
class Fetch {
 public:
  Fetch(const ClientRequest& request, Clock::time_point end) : request_(request), end_(end) {}

  Result<ClientResponse> run(const Url& url, Method method, const Headers& headers,
                             const std::string& body) {
    const auto connected_by = std::min(end_, Clock::now() + request_.connect_time);
    SAIPH_TRY(Socket socket, connect(url, connected_by));
    const std::string bytes = head_of(url, method, headers, body) + body;
    if (!url.is_tls || !request_.unix_socket.empty()) return talk(socket, bytes, method);
    SAIPH_TRY(const auto context, make_client_context(request_.ca_file));
    TlsStream stream(std::move(socket), *context);
    SAIPH_CHECK(handshake(stream, url, connected_by));
    return talk(stream, bytes, method);
  }

 private:
  /// Starts an operation with a completion handler and waits for it.
  template <typename Start>
  ErrorCodeOfAsio wait_for(Clock::time_point until, Start start) {
    // On the heap: an operation that is given up completes when the loop is taken down.
    const auto result = std::make_shared<std::optional<ErrorCodeOfAsio>>();
    start([result](const ErrorCodeOfAsio& error, const auto&...) { *result = error; });
    io_.restart();
    while (!*result && Clock::now() < until) {
      if (io_.run_one_until(until) == 0) break;
    }
    return result->value_or(asio::error::timed_out);
  }

  /// This machine's own name means loopback (RFC 6761, section 6.3), whatever a resolver would say:
  /// systems without /etc/hosts know none, and others' servers are not asked.
  Result<std::vector<tcp::endpoint>> look_up(const Url& url, Clock::time_point until) {
    if (url.host == "localhost") {
      return std::vector<tcp::endpoint>{{asio::ip::address_v4::loopback(), url.port},
                                        {asio::ip::address_v6::loopback(), url.port}};
    }
    std::vector<tcp::endpoint> endpoints;
    tcp::resolver resolver(io_);
    const auto error = wait_for(until, [&](const auto& handler) {
      resolver.async_resolve(url.host, std::to_string(url.port),
                             [&endpoints, handler](const ErrorCodeOfAsio& failure,
                                                   const tcp::resolver::results_type& results) {
                               for (const auto& result : results) {
                                 endpoints.push_back(result.endpoint());
                               }
                               handler(failure);
                             });
    });
    if (error) return failed("cannot look up " + url.host, error);
    return endpoints;
  }

  Result<Socket> connect(const Url& url, Clock::time_point until) {
    Socket socket(io_.get_executor());
    if (!request_.unix_socket.empty()) {
      const asio::local::stream_protocol::endpoint endpoint(request_.unix_socket);
      const auto error = wait_for(
          until, [&](auto handler) { socket.async_connect(endpoint, std::move(handler)); });
      if (error) return failed("cannot connect to " + request_.unix_socket, error);
      return socket;
    }
    SAIPH_TRY(const std::vector<tcp::endpoint> endpoints, look_up(url, until));
    ErrorCodeOfAsio last = asio::error::host_not_found;
    for (const auto& endpoint : endpoints) {
      if (!url.is_tls && !request_.allow_plain && !endpoint.address().is_loopback()) {
        return Error(ErrorCode::kDenied,
                     "plain http goes no further than this machine: " + url.origin());
      }
      ErrorCodeOfAsio ignored;
      // NOLINTNEXTLINE(bugprone-unused-return-value): nothing is left to be done about it
      (void)socket.close(ignored);
      last = wait_for(until,
                      [&](auto handler) { socket.async_connect(endpoint, std::move(handler)); });
      if (!last) return socket;
    }
    return failed("cannot connect to " + url.origin(), last);
  }

  Status handshake(TlsStream& stream, const Url& url, Clock::time_point until) {
    SSL* native = stream.native_handle();
    const bool numeric = is_numeric_address(url.host);
    X509_VERIFY_PARAM* verify = SSL_get0_param(native);
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool named =
        numeric
            ? X509_VERIFY_PARAM_set1_ip_asc(verify, url.host.c_str()) == 1
            : X509_VERIFY_PARAM_set1_host(verify, url.host.c_str(), url.host.size()) == 1 &&
                  SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it is read only
                           const_cast<char*>(url.host.c_str())) == 1;
    if (!named) return Error(ErrorCode::kInternal, "the host's name cannot be verified");
    const auto error = wait_for(until, [&](auto handler) {
      stream.async_handshake(asio::ssl::stream_base::client, std::move(handler));
    });
    if (!error) return {};
    const long verdict = SSL_get_verify_result(native);
    if (verdict != X509_V_OK) {
      return Error(ErrorCode::kDenied, "the certificate of " + url.origin() + " is not accepted: " +
                                           X509_verify_cert_error_string(verdict));
    }
    return failed("no TLS with " + url.origin(), error);
  }

  template <typename Stream>
  Result<ClientResponse> talk(Stream& stream, const std::string& bytes, Method method) {
    const auto sent = wait_for(end_, [&](auto handler) {
      asio::async_write(stream, asio::buffer(bytes), std::move(handler));
    });
    // A server that refuses a body may answer and close before it has read all of it.
    if (sent == asio::error::timed_out) return failed("the request could not be sent", sent);
    boost::beast::flat_buffer buffer(request_.max_header_bytes + (64U << 10));
    for (int i = 0; i < kMaxInformational; ++i) {
      ResponseParser parser;
      parser.header_limit(static_cast<std::uint32_t>(request_.max_header_bytes));
      parser.body_limit(request_.max_body_bytes);
      parser.skip(method == Method::kHead);
      const auto got = wait_for(end_, [&](auto handler) {
        http::async_read(stream, buffer, parser, std::move(handler));
      });
      if (got == http::error::body_limit || got == http::error::header_limit) {
        return Error(ErrorCode::kLimit, "the answer is too large");
      }
      if (got.category() == http::make_error_code(http::error::bad_value).category() &&
          got != http::error::end_of_stream && got != http::error::partial_message) {
        return Error(ErrorCode::kMalformed, "the answer is no HTTP: " + got.message());
      }
      if (got) return failed("there is no whole answer", got);
      if (parser.get().result_int() >= 200) return taken_over(parser);
    }
    return Error(ErrorCode::kMalformed, "the answer only announces others");
  }

  static Result<ClientResponse> taken_over(ResponseParser& parser) {
    auto message = parser.release();
    ClientResponse response;
    response.status = static_cast<int>(message.result_int());
    for (const auto& field : message.base()) {
      response.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    const auto coding = response.headers.find("Transfer-Encoding");
    // Beast takes other codings as "until the connection ends" (see http1_strict.h).
    if (coding && (!equal_ignoring_case(*coding, "chunked") ||
                   response.headers.find("Content-Length").has_value())) {
      return Error(ErrorCode::kMalformed, "the answer's framing is ambiguous");
    }
    response.body = std::move(message.body());
    return response;
  }

  static std::string head_of(const Url& url, Method method, const Headers& headers,
                             const std::string& body) {
    std::string out(method_name(method));
    out.append(" ").append(url.target).append(" HTTP/1.1\r\nHost: ");
    out.append(url.origin().substr(url.is_tls ? 8 : 7)).append("\r\nConnection: close\r\n");
    for (const auto& field : headers.fields()) {
      if (equal_ignoring_case(field.name, "Host") ||
          equal_ignoring_case(field.name, "Connection") ||
          equal_ignoring_case(field.name, "Content-Length") ||
          equal_ignoring_case(field.name, "Transfer-Encoding")) {
        continue;
      }
      out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    if (!body.empty() || (method != Method::kGet && method != Method::kHead)) {
      out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    }
    return out.append("\r\n");
  }

  static Error failed(const std::string& what, const ErrorCodeOfAsio& error) {
    return {ErrorCode::kUnavailable, what + ": " + error.message()};
  }

  const ClientRequest& request_;
  const Clock::time_point end_;
  asio::io_context io_{1};
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// An absolute address, or a path on the same host. Relative paths are not resolved.
Result<Url> redirected(const Url& from, std::string_view location) {
  if (location.starts_with('/') && !location.starts_with("//")) {
    return Url::parse(from.origin() + std::string(location));
  }
  SAIPH_TRY(Url to, Url::parse(location));
  if (from.is_tls && !to.is_tls) {
    return Error(ErrorCode::kDenied, "a redirect from https to http is not followed");
  }
  return to;
}

Result<ClientResponse> follow(const ClientRequest& request) {
  const auto end = Clock::now() + request.total_time;
  SAIPH_TRY(Url url, Url::parse(request.url));
  for (const auto& field : request.headers.fields()) {
    if (!is_token(field.name) || !is_field_value(field.value)) {
      return Error(ErrorCode::kInvalidArgument, "a header is no token and value");
    }
  }
  Method method = request.method;
  Headers headers = request.headers;
  std::string body = request.body;
  for (int redirects = 0;; ++redirects) {
    SAIPH_TRY(ClientResponse response, Fetch(request, end).run(url, method, headers, body));
    response.url = url.origin() + url.target;
    const auto location = response.headers.find("Location");
    if (request.max_redirects == 0 || !is_redirect(response.status) || !location) return response;
    if (redirects == request.max_redirects) {
      return Error(ErrorCode::kLimit, "there are too many redirects");
    }
    SAIPH_TRY(Url next, redirected(url, *location));
    if (next.origin() != url.origin()) {
      headers.remove("Authorization");
      headers.remove("Cookie");
    }
    // RFC 9110, 15.4: only 307 and 308 keep the method and the content.
    if (response.status < 307 && method != Method::kHead) {
      method = Method::kGet;
      body.clear();
      headers.remove("Content-Type");
    }
    url = std::move(next);
  }
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const auto wrong = [](std::string_view why) {
    return Error(ErrorCode::kInvalidArgument, "the address is not usable: " + std::string(why));
  };
  Url url;
  if (text.starts_with("https://")) {
    url.is_tls = true;
  } else if (!text.starts_with("http://")) {
    return wrong("it begins with neither https:// nor http://");
  }
  text.remove_prefix(url.is_tls ? 8 : 7);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\' && c != '#';
  });
  if (!plain) return wrong("it has a fragment or a character that must be encoded");
  const auto authority_end = text.find_first_of("/?");
  const std::string_view authority = text.substr(0, authority_end);
  url.target = authority_end == std::string_view::npos ? "/" : text.substr(authority_end);
  if (url.target.front() == '?') url.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return wrong("it has user information");
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return wrong("a bracket is open");
    url.host = authority.substr(1, close - 1);
    if (url.host.find(':') == std::string::npos || !is_numeric_address(url.host)) {
      return wrong("it has no IPv6 address in brackets");
    }
    port = authority.substr(close + 1);
  } else {
    const auto colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
    for (char& c : url.host) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      const bool allowed =
          (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
      if (!allowed) return wrong("its host has a character that names do not have");
    }
  }
  if (url.host.empty() || url.host.size() > 253) return wrong("it has no host");
  url.port = url.is_tls ? 443 : 80;
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto parsed = std::from_chars(port.data() + 1, end, url.port);
    if (port.front() != ':' || port.size() < 2 || parsed.ec != std::errc{} || parsed.ptr != end ||
        url.port == 0) {
      return wrong("its port is no number from 1 to 65535");
    }
  }
  return url;
}

std::string Url::origin() const {
  std::string out = is_tls ? "https://" : "http://";
  const bool v6 = host.find(':') != std::string::npos;
  out += v6 ? "[" + host + "]" : host;
  if (port != (is_tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

Result<ClientResponse> fetch(const ClientRequest& request) {
  try {
    return follow(request);
  } catch (const std::exception& error) {
    return Error(ErrorCode::kInternal, std::string("the request has failed: ") + error.what());
  }
}

}  // namespace saiph::net
