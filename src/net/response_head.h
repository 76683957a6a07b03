// Writing the head of an answer. Nothing that a header holds can end it or add to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace saiph::net {

/// How the answer's end will be marked.
enum class AnswerBody : std::uint8_t {
  kNone,     ///< 204, 304: no Content-Length either
  kLength,   ///< Content-Length
  kChunked,  ///< Transfer-Encoding: chunked
};

/// Appends the status line, the fields of `headers` (without those of the connection's own:
/// Connection, Content-Length, Transfer-Encoding, Keep-Alive, Upgrade, Date, Trailer), Date,
/// framing and, with `close`, `Connection: close`, and the empty line. False, with nothing
/// appended, when the status is not 200 to 599 or a field is no token and field value. Any thread;
/// linear.
bool append_response_head(std::string& out, int status, const Headers& headers, AnswerBody body,
                          std::uint64_t length, bool close, std::string_view date);

/// IMF-fixdate (RFC 9110, 5.6.7) of seconds since 1970. Any thread.
std::string http_date(std::int64_t seconds);

}  // namespace saiph::net
