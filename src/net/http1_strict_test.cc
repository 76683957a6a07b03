#include "net/http1_strict.h"

#include <gtest/gtest.h>

#include "net/http1_body.h"

namespace saiph::net {
namespace {

/// 200: it passed. Through the scanner as the server does, then the parser and the second reader.
int status_of(std::string_view bytes, StrictHead* out = nullptr) {
  HeadScanner scanner(8192, 16384);
  const auto size = scanner.scan(as_bytes(bytes));
  if (const auto* refusal = std::get_if<Refusal>(&size)) return refusal->status;
  const std::size_t length = std::get<std::size_t>(size);
  if (length == 0) return 0;  // more is awaited
  const HostNames hosts({"saiph.example"});
  auto parsed = parse_head(as_bytes(bytes.substr(0, length)), {}, hosts);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return refusal->status;
  auto strict = std::get<StrictHead>(std::move(parsed));
  BodyDecoder decoder;
  if (!decoder.begin(as_bytes(bytes.substr(0, length)), strict)) return 1;  // the readers disagree
  if (out != nullptr) *out = std::move(strict);
  return 200;
}

std::string get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}

std::string post(std::string_view more) {
  return "POST / HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}

struct Case {
  std::string name;
  std::string bytes;
  int status;
};

TEST(Http1Strict, HostileAndOrdinaryHeads) {
  const std::string zero(1, '\0');
  const Case cases[] = {
      {"plain", get("/"), 200},
      {"all methods", "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
      {"unfinished", "GET / HTTP/1.1\r\nHost: localhost\r\n", 0},
      // The request line.
      {"empty first line", "\r\n" + get("/"), 400},
      {"bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", 400},
      {"bare CR", "GET / HTTP/1.1\rHost: localhost\r\r", 400},
      {"CR in a value", get("/", "X: a\rb\r\n"), 400},
      {"lower-case method", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"CONNECT", "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
      {"method with junk", "GE(T / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"tab instead of space", "GET\t/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"trailing space", "GET / HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400},
      {"leading space", " GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n", 505},
      {"HTTP/1.0 and chunked",
       "POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: localhost\r\n\r\n", 505},
      {"http/1.1", "GET / http/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: localhost\r\n\r\n", 400},
      {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: localhost\r\n\r\n", 400},
      {"TLS to a plain port", "\x16\x03\x01\x02", 400},
      {"SSH", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
      {"NUL", "GET / HTTP/1.1\r\nHost: localhost\r\nX: a" + zero + "b\r\n\r\n", 400},
      {"NUL in target", "GET /" + zero + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"non-ASCII target", get("/caf\xC3\xA9"), 400},
      {"long target", get("/" + std::string(9000, 'a')), 414},
      {"endless request line", "GET /" + std::string(20000, 'a'), 414},
      {"endless headers", get("/", "X: " + std::string(20000, 'a') + "\r\n"), 431},
      // Targets.
      {"absolute form", get("http://localhost/"), 400},
      {"absolute form of another", get("http://evil.example/"), 400},
      {"authority form", get("localhost:80"), 400},
      {"asterisk", get("*"), 400},
      {"dot", get("/."), 400},
      {"dots", get("/a/../b"), 400},
      {"encoded dots", get("/a/%2e%2E/b"), 400},
      {"dots at the end", get("/a/.."), 400},
      {"three dots are a name", get("/a/.../b"), 200},
      {"hidden file", get("/.well-known/x"), 200},
      {"two slashes", get("//evil.example/"), 400},
      {"two slashes inside", get("/a//b"), 400},
      {"slash at the end", get("/a/"), 200},
      {"encoded slash", get("/a%2Fb"), 400},
      {"encoded slash, lower", get("/a%2fb"), 400},
      {"encoded backslash", get("/a%5c..%5cb"), 400},
      {"backslash", get("/a\\b"), 400},
      {"twice encoded stays encoded", get("/a%252e%252e"), 200},
      {"encoded NUL", get("/a%00"), 400},
      {"encoded newline", get("/a%0d%0aX:%20y"), 400},
      {"encoded DEL", get("/a%7f"), 400},
      {"C1 control", get("/a%C2%85"), 400},
      {"bad UTF-8", get("/a%FF"), 400},
      {"overlong slash", get("/a%C0%AFb"), 400},
      {"surrogate", get("/%ED%A0%80"), 400},
      {"UTF-8", get("/caf%C3%A9"), 200},
      {"broken percent", get("/a%2"), 400},
      {"broken percent 2", get("/a%zz"), 400},
      {"fragment", get("/a#b"), 400},
      {"angle brackets", get("/<script>"), 400},
      {"query", get("/a?b=c&d=e%20f+g&&h"), 200},
      {"query with NUL", get("/a?b=%00"), 400},
      {"query with newline", get("/a?b=%0a"), 400},
      {"query with slash and dots", get("/a?b=../../c//d"), 200},
      {"query, broken percent", get("/a?b=%"), 400},
      {"query with quote", get("/a?b=\""), 400},
      {"query of 101",
       get("/a?" +
           [] {
             std::string all;
             for (int i = 0; i < 101; ++i) all += "a=1&";
             return all;
           }()),
       400},
      // Fields.
      {"folded", get("/", "X: a\r\n b\r\n"), 400},
      {"folded first", "GET / HTTP/1.1\r\n Host: localhost\r\n\r\n", 400},
      {"space before colon", get("/", "X : a\r\n"), 400},
      {"tab before colon", get("/", "X\t: a\r\n"), 400},
      {"no colon", get("/", "nonsense\r\n"), 400},
      {"empty name", get("/", ": a\r\n"), 400},
      {"name with bracket", get("/", "X(: a\r\n"), 400},
      {"name with UTF-8", get("/", "caf\xC3\xA9: a\r\n"), 400},
      {"empty value", get("/", "X:\r\n"), 200},
      {"blanks around a value", get("/", "X: \t a \t\r\n"), 200},
      {"opaque bytes in a value", get("/", "Cookie: a=\xE9\r\n"), 200},
      {"DEL in a value", get("/", "X: \x7F\r\n"), 400},
      {"escape in a value", get("/", "X: \x1B[2J\r\n"), 400},
      {"101 fields",
       get("/",
           [] {
             std::string all;
             for (int i = 0; i < 100; ++i) all += "X: a\r\n";
             return all;
           }()),
       431},
      {"two Authorization", get("/", "Authorization: a\r\nauthorization: b\r\n"), 400},
      {"two cookies", get("/", "Cookie: a\r\nCookie: b\r\n"), 400},
      // Host.
      {"no Host", "GET / HTTP/1.1\r\nX: a\r\n\r\n", 400},
      {"two Hosts", get("/", "Host: localhost\r\n"), 400},
      {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"rebinding", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
      {"rebinding with port", "GET / HTTP/1.1\r\nHost: evil.example:8700\r\n\r\n", 421},
      {"ends like ours", "GET / HTTP/1.1\r\nHost: evil-saiph.example\r\n\r\n", 421},
      {"begins like ours", "GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421},
      {"dot behind", "GET / HTTP/1.1\r\nHost: localhost.\r\n\r\n", 421},
      {"begins like an address", "GET / HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n", 421},
      {"short address", "GET / HTTP/1.1\r\nHost: 127.1\r\n\r\n", 421},
      {"ours", "GET / HTTP/1.1\r\nHost: SAIPH.example:8700\r\n\r\n", 200},
      {"address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:8700\r\n\r\n", 200},
      {"IPv6", "GET / HTTP/1.1\r\nHost: [::1]:8700\r\n\r\n", 200},
      {"IPv6, open", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"IPv6, bare", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400},
      {"IPv6, zone", "GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]\r\n\r\n", 400},
      {"IPv6, a name inside", "GET / HTTP/1.1\r\nHost: [localhost]\r\n\r\n", 400},
      {"user", "GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n", 400},
      {"path in Host", "GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400},
      {"list in Host", "GET / HTTP/1.1\r\nHost: localhost, evil.example\r\n\r\n", 400},
      {"port with sign", "GET / HTTP/1.1\r\nHost: localhost:+80\r\n\r\n", 400},
      {"no port", "GET / HTTP/1.1\r\nHost: localhost:\r\n\r\n", 400},
      // Framing.
      {"length", post("Content-Length: 5\r\n"), 200},
      {"length zero", post("Content-Length: 0\r\n"), 200},
      {"chunked", post("Transfer-Encoding: chunked\r\n"), 200},
      {"Chunked", post("transfer-encoding: Chunked\r\n"), 200},
      {"both", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"both, other order", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400},
      {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"list of lengths", post("Content-Length: 5, 5\r\n"), 400},
      {"negative length", post("Content-Length: -5\r\n"), 400},
      {"signed length", post("Content-Length: +5\r\n"), 400},
      {"hexadecimal length", post("Content-Length: 0x5\r\n"), 400},
      {"octal length", post("Content-Length: 05\r\n"), 400},
      {"empty length", post("Content-Length:\r\n"), 400},
      {"fraction", post("Content-Length: 5.0\r\n"), 400},
      {"length with blank", post("Content-Length: 5 5\r\n"), 400},
      {"huge length", post("Content-Length: 18446744073709551616\r\n"), 400},
      {"xchunked", post("Transfer-Encoding: xchunked\r\n"), 501},
      {"identity", post("Transfer-Encoding: identity\r\n"), 501},
      {"gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n"), 501},
      {"chunked, identity", post("Transfer-Encoding: chunked, identity\r\n"), 501},
      {"chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n"), 501},
      {"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"chunked with parameter", post("Transfer-Encoding: chunked;q=1\r\n"), 501},
      {"quoted", post("Transfer-Encoding: \"chunked\"\r\n"), 501},
      {"empty coding", post("Transfer-Encoding:\r\n"), 501},
      {"vertical tab",
       post("Transfer-Encoding: \x0B"
            "chunked\r\n"),
       400},
      {"GET with content", get("/", "Content-Length: 5\r\n"), 400},
      {"GET without content", get("/", "Content-Length: 0\r\n"), 200},
      {"GET chunked", get("/", "Transfer-Encoding: chunked\r\n"), 400},
      {"DELETE with content", "DELETE / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n",
       200},
      {"expect", post("Content-Length: 5\r\nExpect: 100-Continue\r\n"), 200},
      {"expect more", post("Content-Length: 5\r\nExpect: 200-ok\r\n"), 417},
      {"Connection, a list", get("/", "Connection: keep-alive , close\r\n"), 200},
      {"Connection, broken", get("/", "Connection: k\x9B, close\r\n"), 400},
      {"Connection, empty member", get("/", "Connection: close,,x\r\n"), 400},
      {"Connection, with parameter", get("/", "Connection: close;x\r\n"), 400},
      {"upgrade is not followed", get("/", "Connection: Upgrade\r\nUpgrade: h2c\r\n"), 200},
      {"upgrade to websocket", get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), 200},
  };
  for (const Case& one : cases) EXPECT_EQ(status_of(one.bytes), one.status) << one.name;
}

TEST(Http1Strict, WhatWasSaid) {
  StrictHead strict;
  ASSERT_EQ(status_of("PATCH /a%20b/c?x=1+2&y&x=%C3%A9 HTTP/1.1\r\nHost: LocalHost:80\r\n"
                      "Content-Length: 12\r\nExpect: 100-continue\r\nConnection: Close\r\n\r\n",
                      &strict),
            200);
  EXPECT_EQ(strict.head.method, Method::kPatch);
  EXPECT_EQ(strict.head.target, "/a%20b/c?x=1+2&y&x=%C3%A9");
  EXPECT_EQ(strict.head.path, "/a b/c");
  ASSERT_EQ(strict.head.query.size(), 3U);
  EXPECT_EQ(strict.head.query_value("x"), "1 2");
  EXPECT_EQ(strict.head.query_value("y"), "");
  EXPECT_EQ(strict.head.query[2].second, "\xC3\xA9");
  EXPECT_FALSE(strict.head.query_value("z").has_value());
  EXPECT_EQ(strict.head.host, "localhost");
  EXPECT_EQ(strict.framing, Framing::kLength);
  EXPECT_EQ(strict.content_length, 12U);
  EXPECT_TRUE(strict.expects_continue);
  EXPECT_TRUE(strict.wants_close);
}

TEST(Http1Strict, TheScannerNeedsNoWholeHeadToRefuse) {
  HeadScanner scanner(8192, 16384);
  EXPECT_EQ(std::get<std::size_t>(scanner.scan(as_bytes("GET / HT"))), 0U);
  EXPECT_EQ(std::get<Refusal>(scanner.scan(as_bytes("GET / HTTP/1.1\n"))).status, 400);
}

TEST(Http1Strict, TheScannerFindsTheEndInAnyPieces) {
  const std::string all = get("/a", "X: y\r\n") + "the next one";
  const std::size_t end = all.find("the next");
  HeadScanner scanner(8192, 16384);
  for (std::size_t size = 1; size < end; ++size) {
    ASSERT_EQ(std::get<std::size_t>(scanner.scan(as_bytes(all).first(size))), 0U) << size;
  }
  EXPECT_EQ(std::get<std::size_t>(scanner.scan(as_bytes(all))), end);
  scanner.restart();
  EXPECT_EQ(std::get<std::size_t>(scanner.scan(as_bytes(all))), end);
}

class Collected final : public BodyReceiver {
 public:
  Status receive(ByteView bytes) override {
    text += as_text(bytes);
    if (text.size() > 100) return Error(ErrorCode::kLimit, "enough");
    return {};
  }
  std::string text;
};

/// The decoded body, "bad", or "more". Fed `step` bytes at a time.
std::string decode(std::string_view body, std::size_t step) {
  StrictHead strict;
  const std::string head = post("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(status_of(head, &strict), 200);
  BodyDecoder decoder;
  EXPECT_TRUE(decoder.begin(as_bytes(head), strict));
  Collected collected;
  std::string waiting;
  while (!decoder.done()) {
    if (body.empty()) return "more";
    waiting += body.substr(0, step);
    body.remove_prefix(std::min(step, body.size()));
    const auto taken = decoder.take(as_bytes(waiting), collected);
    if (!taken) return taken.error().code() == ErrorCode::kLimit ? "limit" : "bad";
    waiting.erase(0, *taken);
  }
  return collected.text + "|" + waiting;
}

TEST(Http1Body, Chunks) {
  struct Chunked {
    std::string bytes;
    std::string outcome;
  };
  const Chunked cases[] = {
      {"0\r\n\r\n", "|"},
      {"3\r\nabc\r\n0\r\n\r\n", "abc|"},
      {"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde|"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
      {"a\r\n0123456789\r\n0\r\n\r\n", "0123456789|"},
      {"003\r\nabc\r\n00\r\n\r\n", "abc|"},
      {"3\r\nabc\r\n", "more"},
      {"1\r\nn\r\n0\r\n\r\n", "n|"},
      {"1\r\n\n\r\n0\r\n\r\n", "\n|"},
      {"3\nabc\n0\n\n", "bad"},
      {"3\r\nabcd\r\n0\r\n\r\n", "bad"},
      {"3\r\nabc0\r\n\r\n", "bad"},
      {"-3\r\nabc\r\n0\r\n\r\n", "bad"},
      {"+3\r\nabc\r\n0\r\n\r\n", "bad"},
      {"0x3\r\nabc\r\n0\r\n\r\n", "bad"},
      {" 3\r\nabc\r\n0\r\n\r\n", "bad"},
      {"3 \r\nabc\r\n0\r\n\r\n", "bad"},
      {"3;a=b\r\nabc\r\n0\r\n\r\n", "bad"},
      {"3;\nabc\r\n0\r\n\r\n", "bad"},
      {"3\r\nabc\r\n0;a\r\n\r\n", "bad"},
      {"g\r\nabc\r\n0\r\n\r\n", "bad"},
      {"\r\nabc\r\n0\r\n\r\n", "bad"},
      {"10000000000000000\r\nabc", "bad"},
      {"FFFFFFFFFFFFFFFFF\r\nabc", "bad"},
      {"3\r\nabc\r\n0\r\nX: y\r\n\r\n", "bad"},
      {"3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n", "bad"},
      {"FF\r\n" + std::string(255, 'a') + "\r\n0\r\n\r\n", "limit"},
  };
  for (const Chunked& one : cases) {
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}}) {
      EXPECT_EQ(decode(one.bytes, step), one.outcome) << one.bytes << " by " << step;
    }
  }
  EXPECT_EQ(decode("1\r\na\r\n0\r\n\r\nGET /", 4096), "a|GET /");
}

}  // namespace
}  // namespace saiph::net
