// The strict layer against Beast's own parser: whatever the strict layer lets through, Beast reads
// the same (method, target, fields, framing, body), and an independent reading of the chunks gives
// the same body. Pieces of any size give what the whole gives.
#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "net/http1_body.h"
#include "net/http1_strict.h"

namespace {

using namespace saiph;
using namespace saiph::net;
namespace http = boost::beast::http;

void require(bool condition) {
  if (!condition) std::abort();
}

class Collected final : public BodyReceiver {
 public:
  Status receive(ByteView bytes) override {
    text += as_text(bytes);
    return {};
  }
  std::string text;
};

enum class Outcome : std::uint8_t { kDone, kMore, kBad };

struct Decoded {
  Outcome outcome = Outcome::kMore;
  std::string body;
  std::size_t used = 0;
};

Decoded decode(ByteView head, const StrictHead& strict, std::string_view rest, std::size_t step) {
  Decoded out;
  BodyDecoder decoder;
  if (!decoder.begin(head, strict)) {
    out.outcome = Outcome::kBad;
    return out;
  }
  Collected collected;
  std::string waiting;
  std::size_t given = 0;
  while (!decoder.done() && given < rest.size()) {
    const std::size_t size = std::min(step, rest.size() - given);
    waiting += rest.substr(given, size);
    given += size;
    const auto taken = decoder.take(as_bytes(waiting), collected);
    if (!taken) {
      out.outcome = Outcome::kBad;
      return out;
    }
    require(*taken <= waiting.size());
    waiting.erase(0, *taken);
  }
  out.outcome = decoder.done() ? Outcome::kDone : Outcome::kMore;
  out.body = std::move(collected.text);
  out.used = given - waiting.size();
  return out;
}

/// RFC 9112, 7.1, without extensions and trailers, in the plainest words.
Decoded plain_chunks(std::string_view rest) {
  Decoded out;
  while (true) {
    std::uint64_t size = 0;
    std::size_t digits = 0;
    while (out.used + digits < rest.size() && hex_digit(rest[out.used + digits]) >= 0) {
      if (size >> 60U != 0) return out;
      size = size * 16 + static_cast<std::uint64_t>(hex_digit(rest[out.used + digits]));
      ++digits;
    }
    if (digits == 0 || rest.substr(out.used + digits, 2) != "\r\n") return out;
    out.used += digits + 2;
    if (size > rest.size() - out.used) return out;
    out.body += rest.substr(out.used, static_cast<std::size_t>(size));
    out.used += static_cast<std::size_t>(size);
    if (rest.substr(out.used, 2) != "\r\n") return out;
    out.used += 2;
    if (size == 0) {
      out.outcome = Outcome::kDone;
      return out;
    }
  }
}

void compare_with_beast(std::string_view head, const StrictHead& strict) {
  http::request_parser<http::string_body> parser;
  parser.body_limit(boost::none);
  parser.header_limit(1U << 20);
  boost::beast::error_code ec;
  const auto used = parser.put(boost::asio::buffer(head.data(), head.size()), ec);
  require((!ec || ec == http::error::need_more) && used == head.size() && parser.is_header_done());
  const auto& message = parser.get();
  require(message.version() == 11);
  require(method_name(strict.head.method) == std::string_view(message.method_string()));
  require(strict.head.target == std::string_view(message.target()));
  require(parser.chunked() == (strict.framing == Framing::kChunked));
  require(parser.keep_alive() == !strict.wants_close);
  if (strict.framing == Framing::kLength) {
    require(parser.content_length() && *parser.content_length() == strict.content_length);
  }
  std::size_t count = 0;
  for (const auto& field : message.base()) {
    // Beast keeps fields of one name together, so that only the counts of others stay comparable.
    const std::string_view name = field.name_string();
    const std::string_view value = field.value();
    const auto& fields = strict.head.headers.fields();
    require(std::any_of(fields.begin(), fields.end(),
                        [&](const auto& one) { return one.name == name && one.value == value; }));
    ++count;
  }
  require(count == strict.head.headers.size());
}

void check_head(const StrictHead& strict) {
  const RequestHead& head = strict.head;
  require(head.path == "*" || head.path.front() == '/');
  require(head.path.find('\0') == std::string::npos && head.path.find('\\') == std::string::npos);
  require(head.path.find("//") == std::string::npos && head.path.find("/../") == std::string::npos);
  require(!head.path.ends_with("/..") && !head.path.ends_with("/."));
  require(head.headers.find("Host").has_value());
  for (const auto& field : head.headers.fields()) {
    require(is_token(field.name) && is_field_value(field.value));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView all(data, size);
  HeadScanner scanner(8192, 16384);
  const auto scanned = scanner.scan(all);
  // Byte by byte it must come to the same.
  HeadScanner slow(8192, 16384);
  std::variant<std::size_t, Refusal> stepped = std::size_t{0};
  for (std::size_t end = 1; end <= std::min<std::size_t>(size, 17000); ++end) {
    stepped = slow.scan(all.first(end));
    if (stepped.index() == 1 || std::get<std::size_t>(stepped) != 0) break;
  }
  require(scanned.index() == stepped.index());
  const auto* length = std::get_if<std::size_t>(&scanned);
  if (length == nullptr) {
    require(std::get<Refusal>(scanned).status == std::get<Refusal>(stepped).status);
    return 0;
  }
  require(*length == std::get<std::size_t>(stepped));
  if (*length == 0) return 0;
  const ByteView head = all.first(*length);
  static const HostNames hosts({"saiph.example"});
  const auto parsed = parse_head(head, {}, hosts);
  const auto* strict = std::get_if<StrictHead>(&parsed);
  if (strict == nullptr) return 0;
  check_head(*strict);
  compare_with_beast(as_text(head), *strict);

  const std::string_view rest = as_text(all.subspan(*length));
  const Decoded whole = decode(head, *strict, rest, std::max<std::size_t>(rest.size(), 1));
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}}) {
    const Decoded pieces = decode(head, *strict, rest, step);
    require(pieces.outcome == whole.outcome);
    if (whole.outcome == Outcome::kDone) {
      require(pieces.body == whole.body && pieces.used == whole.used);
    }
  }
  if (strict->framing == Framing::kChunked) {
    const Decoded plain = plain_chunks(rest);
    require((whole.outcome == Outcome::kDone) == (plain.outcome == Outcome::kDone));
    if (whole.outcome == Outcome::kDone) {
      require(whole.body == plain.body && whole.used == plain.used);
    }
  } else if (strict->framing == Framing::kLength && whole.outcome == Outcome::kDone) {
    require(whole.body == rest.substr(0, static_cast<std::size_t>(strict->content_length)));
  }
  return 0;
}
