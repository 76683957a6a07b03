// HTTP messages as values: what a request said once the strict layer let it through, and what an
// answer is made of. Sources: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 3986 (targets).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/digest.h"

namespace saiph::net {

/// The methods that are let through; every other one is answered with 501 before any handler runs.
enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };

/// "GET", ... (RFC 9110, 9.1: case-sensitive). Any thread, constant cost, as all functions here
/// unless they say otherwise.
std::string_view method_name(Method method);
/// Nothing for every other text, "get" too.
std::optional<Method> method_from_name(std::string_view name);

/// Whether the texts are equal when ASCII letters of either case are (RFC 9110, 5.1).
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Header fields in the order in which they stood, names as they were written; look-ups ignore
/// case. A value; one thread at a time while it changes. Look-ups are linear: at most 100 fields.
class Headers {
 public:
  struct Field {
    std::string name;
    std::string value;
    bool operator==(const Field&) const = default;
  };

  /// Puts a field at the end, beside others of the same name.
  void add(std::string name, std::string value) {
    fields_.push_back({std::move(name), std::move(value)});
  }
  /// Puts a field in place of all that have this name.
  void set(std::string name, std::string value);
  /// Takes all fields of this name away.
  void remove(std::string_view name);
  /// The value of the first field of this name, or nothing. Of names that mean one thing only
  /// (Host, Content-Type, Authorization, Cookie, Origin, Range, Idempotency-Key, ...) a request
  /// that was let through has at most one field. Valid while this object is not changed.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Whether a comma-separated list field (all fields of this name together) has this member,
  /// case ignored: `has_token("Connection", "close")`.
  bool has_token(std::string_view name, std::string_view token) const;

  const std::vector<Field>& fields() const { return fields_; }
  std::size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  bool operator==(const Headers&) const = default;

 private:
  std::vector<Field> fields_;
};

/// Whether `name` is a token (RFC 9110, 5.6.2), so that it can stand as a field name.
bool is_token(std::string_view name);
/// Whether `value` can be written as a field value: no CR, LF, NUL or other control byte but tab,
/// no blank at either end (RFC 9110, 5.5).
bool is_field_value(std::string_view value);

/// Percent-encodes everything but unreserved characters (RFC 3986, 2.3). For building targets.
std::string percent_encode(std::string_view text);
/// Decodes %XX once; nothing when a percent sign is not followed by two hexadecimal digits.
/// `plus_is_space`: form encoding, as in queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Everything about a request but its body. Only made by the strict layer: what is in here has
/// passed every check of http1_strict.h.
struct RequestHead {
  Method method = Method::kGet;
  /// As it was sent: origin-form ("/a%20b?c=d"), or "*" of OPTIONS. Visible ASCII only.
  std::string target;
  /// The path, percent-decoded exactly once ("/a b"): begins with '/', valid UTF-8, no control
  /// byte, no backslash, no "//", no "." or ".." segment, and no '/' that was encoded. "*" of
  /// OPTIONS.
  std::string path;
  /// The query's pairs in order, form-decoded once, both sides valid UTF-8 without control bytes; a
  /// name without '=' has an empty value. At most 100 pairs.
  std::vector<std::pair<std::string, std::string>> query;
  Headers headers;
  /// The Host field's name, lower case, without port: one of the names that the server answers to.
  std::string host;
  /// The client: a numeric address ("127.0.0.1", "2001:db8::1"; IPv4-mapped ones as IPv4); empty on
  /// the unix socket.
  std::string peer_address;
  std::uint16_t peer_port = 0;
  /// Came through the unix socket, whose file mode (0600) says who may connect.
  bool is_local_socket = false;
  bool is_tls = false;
  /// SHA-256 of the client's certificate (DER), when mutual TLS was asked for and it was verified.
  std::optional<Digest> client_certificate;

  /// The value of the first query pair of this name.
  std::optional<std::string_view> query_value(std::string_view name) const;
};

/// A part of a source, sent in pieces of 64 KiB; it is read on an I/O thread.
struct FileBody {
  std::shared_ptr<const ByteSource> source;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// Bytes that live as long as the program (embedded assets); sent without a copy being kept.
struct StaticBody {
  ByteView bytes;
};

/// An answer. The server writes Content-Length, Date and Connection itself and takes such fields of
/// `headers` out. A header that is no token or no field value (is_token, is_field_value) is never
/// written: the client then gets a plain 500, so that nothing can be injected into an answer.
struct Response {
  int status = 200;
  Headers headers;
  /// Left out for HEAD (Content-Length still says its size), and for 204 and 304.
  std::variant<std::string, FileBody, StaticBody> body;

  Response() = default;
  explicit Response(int status_code) : status(status_code) {}
  Response(int status_code, std::string content_type, std::string text);
  std::uint64_t body_size() const;
};

/// The reason phrase of a status code (RFC 9110, 15), "" for unknown ones.
std::string_view reason_phrase(int status);

}  // namespace saiph::net
