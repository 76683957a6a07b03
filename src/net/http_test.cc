#include "net/http.h"

#include <gtest/gtest.h>

#include "net/flood_guard.h"
#include "net/response_head.h"
#include "net/server.h"
#include "net/stream_queue.h"

namespace saiph::net {
namespace {

TEST(Headers, LookUpsIgnoreCaseAndOrderIsKept) {
  Headers headers;
  headers.add("Accept", "a");
  headers.add("X-One", "1");
  headers.add("ACCEPT", "b");
  EXPECT_EQ(headers.find("accept"), "a");
  EXPECT_EQ(headers.fields()[2].value, "b");
  headers.set("Accept", "c");
  EXPECT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.find("ACCEPT"), "c");
  headers.remove("x-one");
  EXPECT_FALSE(headers.find("X-One").has_value());
}

TEST(Headers, TokensOfLists) {
  Headers headers;
  headers.add("Connection", "keep-alive , Close");
  headers.add("connection", "x");
  EXPECT_TRUE(headers.has_token("Connection", "close"));
  EXPECT_TRUE(headers.has_token("Connection", "X"));
  EXPECT_FALSE(headers.has_token("Connection", "clos"));
  EXPECT_FALSE(headers.has_token("Connection", ""));
}

TEST(Http, PercentCodingIsThereAndBack) {
  EXPECT_EQ(percent_encode("a b/\xC3\xA9~"), "a%20b%2F%C3%A9~");
  EXPECT_EQ(percent_decode("a%20b%2F%c3%A9~"), "a b/\xC3\xA9~");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* broken : {"%", "%1", "%G0", "%0G", "a%"}) {
    EXPECT_FALSE(percent_decode(broken).has_value()) << broken;
  }
}

TEST(ResponseHead, NothingCanBeInjected) {
  struct Case {
    const char* name;
    std::string value;
    bool written;
  };
  const Case cases[] = {
      {"X-A", "plain", true},
      {"X-A", "", true},
      {"X-A", "caf\xC3\xA9", true},
      {"X-A", "a\tb", true},
      {"X-A", "a\r\nX-B: c", false},
      {"X-A", "a\nb", false},
      {"X-A", "a\rb", false},
      {"X-A", std::string("a\0b", 3), false},
      {"X-A", " a", false},
      {"X-A", "a\x7F", false},
      {"X A", "a", false},
      {"X-A\r\nX-B", "a", false},
      {"", "a", false},
      {"X:A", "a", false},
  };
  for (const Case& one : cases) {
    Headers headers;
    headers.add(one.name, one.value);
    std::string out;
    EXPECT_EQ(append_response_head(out, 200, headers, AnswerBody::kLength, 3, false, "d"),
              one.written)
        << one.name << ": " << one.value;
    EXPECT_EQ(out.empty(), !one.written);
  }
}

TEST(ResponseHead, FramingIsTheServersOwn) {
  Headers headers;
  headers.add("content-length", "999");
  headers.add("Transfer-Encoding", "gzip");
  headers.add("CONNECTION", "keep-alive");
  headers.add("X-A", "b");
  std::string out;
  ASSERT_TRUE(append_response_head(out, 200, headers, AnswerBody::kLength, 3, true, "then"));
  EXPECT_EQ(out,
            "HTTP/1.1 200 OK\r\nDate: then\r\nX-A: b\r\nContent-Length: 3\r\n"
            "Connection: close\r\n\r\n");
  for (const int status : {0, 99, 100, 101, 199, 600, -1}) {
    EXPECT_FALSE(append_response_head(out, status, {}, AnswerBody::kNone, 0, true, "then"));
  }
}

TEST(ResponseHead, DateIsAnImfFixdate) {
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ListenAddressText, FormsAndRefusals) {
  const auto parsed = [](std::string_view text) {
    const auto address = ListenAddress::parse(text);
    return address ? address->address + "|" + std::to_string(address->port) : std::string("no");
  };
  EXPECT_EQ(parsed("127.0.0.1:8700"), "127.0.0.1|8700");
  EXPECT_EQ(parsed("[::1]:8700"), "::1|8700");
  EXPECT_EQ(parsed(":80"), "0.0.0.0|80");
  EXPECT_EQ(parsed("8700"), "127.0.0.1|8700");
  for (const char* bad : {"", ":", "127.0.0.1", "127.0.0.1:", "localhost:80", "1.2.3:80", "::1:80",
                          "[::1]", "[127.0.0.1]:80", "127.0.0.1:65536", "127.0.0.1:+8", "80x"}) {
    EXPECT_EQ(parsed(bad), "no") << bad;
  }
}

TEST(FloodGuard, CountsConnectionsByClient) {
  FloodGuard guard(2, 0, 0);
  const auto now = FloodGuard::Clock::time_point(std::chrono::hours(1));
  const auto a = ClientKey::from("192.0.2.1");
  EXPECT_TRUE(guard.enter(a, now));
  EXPECT_TRUE(guard.enter(a, now));
  EXPECT_FALSE(guard.enter(a, now));
  EXPECT_TRUE(guard.enter(ClientKey::from("192.0.2.2"), now));
  guard.leave(a);
  EXPECT_TRUE(guard.enter(a, now));
  EXPECT_FALSE(guard.enter(a, now));
}

TEST(FloodGuard, OneIpv6NetworkIsOneClient) {
  EXPECT_EQ(ClientKey::from("2001:db8::1"), ClientKey::from("2001:db8::ffff:1"));
  EXPECT_FALSE(ClientKey::from("2001:db8::1") == ClientKey::from("2001:db8:0:1::1"));
  EXPECT_EQ(ClientKey::from("::ffff:192.0.2.1"), ClientKey::from("192.0.2.1"));
  EXPECT_FALSE(ClientKey::from("192.0.2.1") == ClientKey::from("192.0.2.2"));
}

TEST(FloodGuard, BucketEmptiesAndFills) {
  FloodGuard guard(1, 2, 3);
  auto now = FloodGuard::Clock::time_point(std::chrono::hours(1));
  const auto a = ClientKey::from("192.0.2.1");
  ASSERT_TRUE(guard.enter(a, now));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(guard.take_request(a, now));
  EXPECT_FALSE(guard.take_request(a, now));
  now += std::chrono::milliseconds(500);
  EXPECT_TRUE(guard.take_request(a, now));
  EXPECT_FALSE(guard.take_request(a, now));
  // Leaving and coming back gives no new bucket.
  guard.leave(a);
  ASSERT_TRUE(guard.enter(a, now));
  EXPECT_FALSE(guard.take_request(a, now));
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(guard.take_request(a, now));
  EXPECT_FALSE(guard.take_request(a, now));
}

TEST(FloodGuard, ForgetsWhoHasGone) {
  FloodGuard guard(1, 1, 1);
  auto now = FloodGuard::Clock::time_point(std::chrono::hours(1));
  for (int i = 0; i < 200; ++i) {
    const auto client = ClientKey::from("10.0.1." + std::to_string(i));
    ASSERT_TRUE(guard.enter(client, now));
    guard.leave(client);
  }
  now += std::chrono::seconds(10);
  ASSERT_TRUE(guard.enter(ClientKey::from("10.0.2.1"), now));
  EXPECT_EQ(guard.known_clients(), 1U);
}

TEST(StreamQueue, IsBoundedAndTellsOnce) {
  StreamQueue queue({.buffer_bytes = 10, .is_endless = true});
  EXPECT_EQ(queue.put("12345"), StreamQueue::Put::kTellLoop);
  EXPECT_EQ(queue.put("678"), StreamQueue::Put::kQueued);
  EXPECT_EQ(queue.take(), "12345678");
  EXPECT_EQ(queue.put("123"), StreamQueue::Put::kOverrun) << "what is in flight counts";
  EXPECT_EQ(queue.put("1"), StreamQueue::Put::kClosed);
  EXPECT_TRUE(queue.closed());
}

TEST(StreamQueue, RoomComesBackWhenItIsSent) {
  StreamQueue queue({.buffer_bytes = 4, .is_endless = false});
  EXPECT_EQ(queue.put("1234"), StreamQueue::Put::kTellLoop);
  EXPECT_EQ(queue.take(), "1234");
  queue.sent();
  EXPECT_EQ(queue.put_waiting("larger than the buffer", std::chrono::seconds(1)),
            StreamQueue::Put::kTellLoop);
  EXPECT_EQ(queue.put_waiting("x", std::chrono::milliseconds(1)), StreamQueue::Put::kOverrun);
  EXPECT_FALSE(queue.finish());
}

TEST(StreamQueue, FinishedIsExhaustedOnceTaken) {
  StreamQueue queue({});
  EXPECT_EQ(queue.put("a"), StreamQueue::Put::kTellLoop);
  EXPECT_FALSE(queue.finish());
  EXPECT_EQ(queue.put("b"), StreamQueue::Put::kClosed);
  EXPECT_FALSE(queue.exhausted());
  EXPECT_EQ(queue.take(), "a");
  EXPECT_TRUE(queue.exhausted());
}

}  // namespace
}  // namespace saiph::net
