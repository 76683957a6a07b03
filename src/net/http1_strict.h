// The strict layer of HTTP/1.1: which bytes are a request head, and what they say. Nothing is
// repaired and nothing is guessed: what two readers could take differently is refused, because
// differences between readers are what request smuggling is made of. Pure functions of bytes.
// Sources: RFC 9112 (messages), RFC 9110, RFC 3986. Stricter than these where noted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "net/http.h"

namespace saiph::net {

/// Why a request is refused: the status of the answer, and a fixed text about it.
struct Refusal {
  int status = 400;
  std::string_view reason;
};

/// Finds a head's end while its bytes arrive, and refuses what no more bytes could make a head:
/// control bytes, bare CR or LF, an empty first line. So a client that speaks TLS, SSH or bare-LF
/// HTTP to us is answered at once and not after a timeout. Each byte is looked at once.
class HeadScanner {
 public:
  /// `target_bytes`, `header_bytes`: limits of the target and of the whole head.
  HeadScanner(std::size_t target_bytes, std::size_t header_bytes)
      : first_line_limit_(target_bytes + kAroundTarget), limit_(header_bytes) {}

  /// `head` is everything from the head's first byte to the last one that came; it grows from call
  /// to call. Answers the head's length, final CRLFCRLF included; 0: more bytes are needed; or why
  /// it is refused (400, 414, 431).
  std::variant<std::size_t, Refusal> scan(ByteView head);
  /// For the next head.
  void restart() { seen_ = line_start_ = 0, first_line_ended_ = false; }

 private:
  /// "OPTIONS " and " HTTP/1.1" and CRLF.
  static constexpr std::size_t kAroundTarget = 8 + 9 + 2;
  std::size_t first_line_limit_;
  std::size_t limit_;
  std::size_t seen_ = 0;
  std::size_t line_start_ = 0;
  bool first_line_ended_ = false;
};

/// The names that Host may have.
class HostNames {
 public:
  /// `names`: without port, case ignored; "localhost" is always one.
  explicit HostNames(const std::vector<std::string>& names);
  /// `host`: lower case, without port. Numeric addresses are always accepted: a page that was
  /// loaded from a stranger's name sends that name, so DNS rebinding cannot produce one.
  bool accepts(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

struct StrictLimits {
  std::size_t header_count = 100;
  std::size_t target_bytes = 8U << 10;
};

/// How the body's end is found (RFC 9112, 6.3).
enum class Framing : std::uint8_t { kNone, kLength, kChunked };

/// A head that passed, and what the connection needs to know besides.
struct StrictHead {
  RequestHead head;
  Framing framing = Framing::kNone;
  std::uint64_t content_length = 0;
  bool expects_continue = false;
  bool wants_close = false;
};

/// Reads a complete head (what HeadScanner measured). Peer and TLS fields of the head are left to
/// the caller. Any thread; linear, times the number of fields for duplicates. Refusals:
/// 400  form: methods, targets, fields and their bytes; obs-fold; a space before a colon;
/// duplicates
///      of single fields (equal ones too); Content-Length that is not plain digits or stands beside
///      Transfer-Encoding; no Host or two; content announced for GET, HEAD; paths that could mean
///      two things (dot segments, "//", backslash, encoded slash, control bytes, bad UTF-8);
///      absolute and authority targets
/// 414  target too long
/// 417  an expectation other than 100-continue
/// 421  Host is none of ours
/// 431  too many fields
/// 501  unknown method; a transfer coding other than exactly one "chunked"
/// 505  a version other than HTTP/1.1
std::variant<StrictHead, Refusal> parse_head(ByteView bytes, const StrictLimits& limits,
                                             const HostNames& hosts);

/// "127.0.0.1" (four decimal parts, nothing shorter) or an IPv6 address without brackets or zone.
bool is_numeric_address(std::string_view text);

}  // namespace saiph::net
