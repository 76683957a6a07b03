#include "net/http1_strict.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/byte_scan.h"
#include "base/checked.h"

namespace saiph::net {
namespace {

constexpr std::size_t kMaxQueryPairs = 100;

/// Fields that mean one thing only: two of them are two meanings, and a proxy in front may have
/// taken the other one. (Content-Length, Host and Transfer-Encoding too when both are equal.)
constexpr std::array<std::string_view, 16> kSingleFields = {"host",
                                                            "content-length",
                                                            "transfer-encoding",
                                                            "content-type",
                                                            "content-encoding",
                                                            "authorization",
                                                            "proxy-authorization",
                                                            "cookie",
                                                            "origin",
                                                            "referer",
                                                            "range",
                                                            "if-range",
                                                            "if-modified-since",
                                                            "if-unmodified-since",
                                                            "idempotency-key",
                                                            "expect"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_unreserved(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// pchar without percent (RFC 3986, 3.3) and the slash between segments.
bool is_path_char(char c) {
  constexpr std::string_view kSubDelimiters = "!$&'()*+,;=:@/";
  return is_unreserved(c) || kSubDelimiters.find(c) != std::string_view::npos;
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// Well-formed UTF-8 without control bytes, C1 (U+0080 to U+009F) included: those are control
/// bytes to terminals that show logs.
bool is_plain_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x20 || lead == 0x7F) return false;
    const std::size_t length = lead < 0x80 ? 1 : utf8_sequence_length(as_bytes(text));
    if (length == 0) return false;
    if (lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) return false;
    text.remove_prefix(length);
  }
  return true;
}

Refusal bad(std::string_view reason) {
  return {400, reason};
}

std::optional<Refusal> read_path(std::string_view text, RequestHead& head) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      // An encoded slash or backslash is a separator to some readers and a letter to others.
      const std::string_view code = text.substr(i, 3);
      if (equal_ignoring_case(code, "%2f") || equal_ignoring_case(code, "%5c")) {
        return bad("the path has an encoded separator");
      }
    } else if (!is_path_char(text[i])) {
      return bad("the path has a character that must be encoded");
    }
  }
  auto path = percent_decode(text);
  if (!path) return bad("the path has a broken percent-encoding");
  if (!is_plain_utf8(*path)) return bad("the path is not UTF-8 text without control characters");
  std::string_view rest = *path;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the slash
    const auto slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment == "." || segment == "..") return bad("the path has a dot segment");
    if (segment.empty() && slash != std::string_view::npos) {
      return bad("the path has an empty segment");
    }
    rest.remove_prefix(segment.size());
  }
  head.path = std::move(*path);
  return std::nullopt;
}

std::optional<Refusal> read_query(std::string_view text, RequestHead& head) {
  for (const char c : text) {
    if (c != '%' && c != '?' && !is_path_char(c)) {
      return bad("the query has a character that must be encoded");
    }
  }
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    if (head.query.size() == kMaxQueryPairs) return bad("the query has too many parameters");
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return bad("the query has a broken percent-encoding");
    if (!is_plain_utf8(*name) || !is_plain_utf8(*value)) {
      return bad("the query is not UTF-8 text without control characters");
    }
    head.query.emplace_back(std::move(*name), std::move(*value));
  }
  return std::nullopt;
}

std::optional<Refusal> read_target(std::string_view target, RequestHead& head) {
  head.target = target;
  if (target == "*") {
    if (head.method != Method::kOptions) return bad("the target * is for OPTIONS");
    head.path = target;
    return std::nullopt;
  }
  // Absolute form is for proxies; its authority would compete with Host.
  if (!target.starts_with('/')) return bad("the target is not in origin form");
  const auto mark = target.find('?');
  if (auto refusal = read_path(target.substr(0, mark), head)) return refusal;
  if (mark == std::string_view::npos) return std::nullopt;
  return read_query(target.substr(mark + 1), head);
}

std::optional<Refusal> read_request_line(std::string_view line, const StrictLimits& limits,
                                         RequestHead& head) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("the request line is broken");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return bad("the method is no token");
  if (target.find(' ') != std::string_view::npos || target.empty()) {
    return bad("the request line is broken");
  }
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    return bad("the request line has no HTTP version");
  }
  // HTTP/1.0 has no Host, no chunks and another idea of connections: nothing speaks it today.
  if (version != "HTTP/1.1") return Refusal{505, "only HTTP/1.1 is spoken here"};
  if (target.size() > limits.target_bytes) return Refusal{414, "the target is too long"};
  const auto known = method_from_name(method);
  if (!known) return Refusal{501, "the method is not implemented"};
  head.method = *known;
  return read_target(target, head);
}

std::optional<Refusal> read_field(std::string_view line, Headers& headers) {
  if (line.front() == ' ' || line.front() == '\t') return bad("a header is folded");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header has no colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return bad("a header's name is no token");
  std::string_view value = line.substr(colon + 1);
  const auto begin = value.find_first_not_of(" \t");
  value = begin == std::string_view::npos
              ? std::string_view{}
              : value.substr(begin, value.find_last_not_of(" \t") - begin + 1);
  // Bytes from 0x80 on are opaque and allowed (RFC 9110, 5.5): browsers send cookies of other
  // programs on the same host as they are.
  if (!is_field_value(value)) return bad("a header's value has a control character");
  headers.add(std::string(name), std::string(value));
  return std::nullopt;
}

/// "name", "name:port", "1.2.3.4:port", "[::1]:port" (RFC 9110, 7.2; no user information).
std::optional<std::string> read_host(std::string_view value) {
  std::string_view name = value;
  std::string_view port;
  if (value.starts_with('[')) {
    const auto end = value.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    name = value.substr(1, end - 1);
    port = value.substr(end + 1);
    if (name.find(':') == std::string_view::npos || !is_numeric_address(name)) return std::nullopt;
  } else {
    const auto colon = value.find(':');
    name = value.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : value.substr(colon);
    const bool plain =
        std::all_of(name.begin(), name.end(), [](char c) { return is_unreserved(c) && c != '~'; });
    if (name.empty() || name.size() > 253 || !plain) return std::nullopt;
  }
  if (!port.empty()) {
    if (port.size() < 2 || port.size() > 6 || port.front() != ':' ||
        !std::all_of(port.begin() + 1, port.end(), is_digit)) {
      return std::nullopt;
    }
  }
  return lower_case(name);
}

/// Plain digits without a leading zero: "+5", "5, 5", "0x5" and "05" are numbers to somebody else.
std::optional<std::uint64_t> read_content_length(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto tens = checked_mul<std::uint64_t>(value, 10);
    if (!tens) return std::nullopt;
    const auto sum = checked_add<std::uint64_t>(*tens, static_cast<std::uint64_t>(c - '0'));
    if (!sum) return std::nullopt;
    value = *sum;
  }
  return value;
}

std::optional<Refusal> read_framing(StrictHead& strict) {
  const Headers& headers = strict.head.headers;
  const auto coding = headers.find("Transfer-Encoding");
  const auto length = headers.find("Content-Length");
  if (coding && length) return bad("both Content-Length and Transfer-Encoding");
  if (coding) {
    if (!equal_ignoring_case(*coding, "chunked")) {
      return Refusal{501, "the transfer coding is not implemented"};
    }
    strict.framing = Framing::kChunked;
  } else if (length) {
    const auto value = read_content_length(*length);
    if (!value) return bad("Content-Length is no number");
    strict.content_length = *value;
    strict.framing = *value == 0 ? Framing::kNone : Framing::kLength;
  }
  const Method method = strict.head.method;
  if (strict.framing != Framing::kNone && (method == Method::kGet || method == Method::kHead)) {
    // RFC 9110, 9.3.1: such content has no meaning, and readers differ in whether they skip it.
    return bad("GET and HEAD have no content");
  }
  return std::nullopt;
}

/// A list of tokens, nothing else (RFC 9110, 7.6.1): two readers of a broken list do not agree on
/// whether "close" is in it.
bool is_token_list(std::string_view value) {
  while (true) {
    const auto comma = value.find(',');
    std::string_view member = value.substr(0, comma);
    const auto first = member.find_first_not_of(" \t");
    if (first == std::string_view::npos) return false;
    member = member.substr(first, member.find_last_not_of(" \t") - first + 1);
    if (!is_token(member)) return false;
    if (comma == std::string_view::npos) return true;
    value.remove_prefix(comma + 1);
  }
}

std::optional<Refusal> refuse_duplicates(const Headers& headers) {
  for (const std::string_view name : kSingleFields) {
    const auto count =
        std::count_if(headers.fields().begin(), headers.fields().end(),
                      [&](const auto& field) { return equal_ignoring_case(field.name, name); });
    if (count > 1) return bad("a header that can stand once stands twice");
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::size_t, Refusal> HeadScanner::scan(ByteView head) {
  const std::string_view text = as_text(head);
  for (; seen_ < text.size(); ++seen_) {
    if (seen_ >= limit_) {
      if (!first_line_ended_) return Refusal{414, "the request line is too long"};
      return Refusal{431, "the headers are too large"};
    }
    if (!first_line_ended_ && seen_ >= first_line_limit_) {
      return Refusal{414, "the request line is too long"};
    }
    const char c = text[seen_];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      if (seen_ == 0 || text[seen_ - 1] != '\r') return bad("a line ends without CR");
      if (seen_ - 1 == line_start_) {
        if (line_start_ == 0) return bad("the request line is empty");
        return ++seen_;
      }
      line_start_ = seen_ + 1;
      first_line_ended_ = true;
      continue;
    }
    if (seen_ > 0 && text[seen_ - 1] == '\r') return bad("CR without LF");
    if ((byte < 0x20 && c != '\r' && c != '\t') || byte == 0x7F) return bad("a control character");
    if (!first_line_ended_ && (byte >= 0x80 || c == '\t')) {
      return bad("the request line is not plain ASCII");
    }
  }
  return std::size_t{0};
}

HostNames::HostNames(const std::vector<std::string>& names) : names_{"localhost"} {
  for (const std::string& name : names) names_.push_back(lower_case(name));
}

bool HostNames::accepts(std::string_view host) const {
  return is_numeric_address(host) || std::find(names_.begin(), names_.end(), host) != names_.end();
}

bool is_numeric_address(std::string_view text) {
  // The longest form, an IPv6 address with an IPv4 tail, has 45 characters.
  if (text.empty() || text.size() > 45 || text.find('\0') != std::string_view::npos) return false;
  const std::string terminated(text);
  in6_addr address{};
  return inet_pton(AF_INET, terminated.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, terminated.c_str(), &address) == 1;
}

std::variant<StrictHead, Refusal> parse_head(ByteView bytes, const StrictLimits& limits,
                                             const HostNames& hosts) {
  std::string_view rest = as_text(bytes);
  StrictHead strict;
  bool is_first = true;
  while (true) {
    const auto end = rest.find("\r\n");
    if (end == std::string_view::npos) return bad("the head is unfinished");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (is_first) {
      if (auto refusal = read_request_line(line, limits, strict.head)) return *refusal;
      is_first = false;
      continue;
    }
    if (line.empty()) break;
    if (strict.head.headers.size() == limits.header_count) {
      return Refusal{431, "there are too many headers"};
    }
    if (auto refusal = read_field(line, strict.head.headers)) return *refusal;
  }
  if (!rest.empty()) return bad("bytes follow the head");
  const Headers& headers = strict.head.headers;
  if (auto refusal = refuse_duplicates(headers)) return *refusal;
  if (auto refusal = read_framing(strict)) return *refusal;
  const auto host_value = headers.find("Host");
  if (!host_value) return bad("Host is missing");
  auto host = read_host(*host_value);
  if (!host) return bad("Host is no name and port");
  if (!hosts.accepts(*host)) return Refusal{421, "this server has another name"};
  strict.head.host = std::move(*host);
  if (const auto expectation = headers.find("Expect")) {
    if (!equal_ignoring_case(*expectation, "100-continue")) {
      return Refusal{417, "only 100-continue can be expected"};
    }
    strict.expects_continue = strict.framing != Framing::kNone;
  }
  for (const auto& field : headers.fields()) {
    if (equal_ignoring_case(field.name, "Connection") && !is_token_list(field.value)) {
      return bad("Connection is no list of tokens");
    }
  }
  strict.wants_close = headers.has_token("Connection", "close");
  return strict;
}

}  // namespace saiph::net
