#include "net/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "net/server_fixture_for_test.h"

namespace saiph::net {
namespace {

using std::chrono::milliseconds;

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  Wire wire = Wire::tcp(port_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wire.send(request("/a")));
    const std::string answer = wire.receive_answer();
    EXPECT_EQ(status_in(answer), 200);
    EXPECT_TRUE(answer.ends_with("GET /a [] 127.0.0.1")) << answer;
    EXPECT_NE(answer.find("\r\nDate: "), std::string::npos);
    EXPECT_EQ(answer.find("Connection: close"), std::string::npos);
  }
  ASSERT_TRUE(wire.send(request("/a", "Connection: close\r\n")));
  EXPECT_NE(wire.receive_all().find("Connection: close"), std::string::npos);
  const auto counters = server_->counters();
  EXPECT_EQ(counters.connections_accepted, 1U);
  EXPECT_EQ(counters.requests, 4U);
  EXPECT_EQ(counters.responses_2xx, 4U);
}

TEST_F(ServerTest, HostileBytesAreRefusedAndTheConnectionCloses) {
  start();
  struct Case {
    std::string bytes;
    int status;
  };
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const Case cases[] = {
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
       "\r\n0\r\n\r\n" +
           smuggled,
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n" + smuggled, 501},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n" +
           smuggled,
       501},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 3\r\n\r\nabc" + smuggled, 400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc" +
           smuggled,
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3;x\r\nabc\r\n0\r\n\r\n" +
           smuggled,
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3\r\nabc\r\n0\r\nX: trailer\r\n\r\n" +
           smuggled,
       400},
      {"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
           std::string(70'000, '0'),
       400},
      {"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde" + smuggled, 400},
      {"GET / HTTP/1.0\r\n\r\n", 505},
      {"GET / HTTP/1.1\nHost: localhost\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n" + smuggled, 400},
      {"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n" + smuggled, 400},
      {"GET / HTTP/1.1\r\n\r\n" + smuggled, 400},
      {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n" + smuggled, 421},
      {"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /%2e%2e/etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"\x16\x03\x01\x02\x00\x01", 400},
      {"GET /" + std::string(30'000, 'a'), 414},
      {"GET / HTTP/1.1\r\nX: " + std::string(30'000, 'a'), 431},
      {posting("/", "abc", "Expect: the-moon\r\n"), 417},
      {std::string(100'000, '\n'), 400},
  };
  for (const Case& one : cases) {
    Wire wire = Wire::tcp(port_);
    wire.send(one.bytes);
    const std::string answer = wire.receive_all();
    EXPECT_EQ(status_in(answer), one.status) << one.bytes.substr(0, 200) << "\n" << answer;
    EXPECT_NE(answer.find("Connection: close"), std::string::npos);
    EXPECT_EQ(answer.find("smuggled"), std::string::npos);
    EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << "one answer only";
    EXPECT_FALSE(wire.timed_out());
  }
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(ServerTest, HeadsInPieces) {
  start();
  Wire wire = Wire::tcp(port_);
  for (const char c : request("/slow")) ASSERT_TRUE(wire.send(std::string_view(&c, 1)));
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /slow [] 127.0.0.1"));
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Wire wire = Wire::tcp(port_);
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += i % 3 == 0 ? posting("/" + std::to_string(i), "body") : request("/" + std::to_string(i));
  }
  std::thread sender([&] { wire.send(all); });
  for (int i = 0; i < 200; ++i) {
    const std::string answer = wire.receive_answer();
    EXPECT_NE(answer.find(" /" + std::to_string(i) + " ["), std::string::npos) << i << answer;
  }
  sender.join();
}

TEST_F(ServerTest, PipeliningIsBoundedWhileAnAnswerIsAwaited) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/held")));
  const auto exchange = handler_.held();
  std::atomic<bool> all_sent{false};
  std::thread sender([&] {
    const std::string more = request("/more");
    for (int i = 0; i < 400'000; ++i) {
      if (!wire.send(more)) return;
    }
    all_sent = true;
  });
  ASSERT_TRUE(eventually([&] { return server_->counters().bytes_received > 16'000; }));
  // The kernel's buffers fill, then the client stands; the server has read one buffer of it.
  EXPECT_LT(server_->counters().bytes_received, 40'000U);
  EXPECT_FALSE(all_sent);
  EXPECT_EQ(handler_.handled, 1);
  shutdown(wire.native(), SHUT_RDWR);
  sender.join();
}

TEST_F(ServerTest, HeadHasALengthAndNoBody) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send("HEAD /large HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("/next")));
  const std::string head = wire.receive_until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 3000000\r\n"), std::string::npos);
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /next [] 127.0.0.1"));
  ASSERT_TRUE(wire.send("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("/next")));
  EXPECT_NE(wire.receive_until("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /next [] 127.0.0.1"));
  ASSERT_TRUE(wire.send(request("/nothing") + request("/next")));
  const std::string nothing = wire.receive_until("\r\n\r\n");
  EXPECT_EQ(status_in(nothing), 204);
  EXPECT_EQ(nothing.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /next [] 127.0.0.1"));
}

TEST_F(ServerTest, BodiesInMemory) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(posting("/b", "hello")));
  EXPECT_TRUE(wire.receive_answer().ends_with("POST /b [hello] 127.0.0.1"));
  ASSERT_TRUE(
      wire.send("PUT /b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));
  EXPECT_TRUE(wire.receive_answer().ends_with("PUT /b [abcde] 127.0.0.1"));
  ASSERT_TRUE(wire.send(posting("/b", std::string(100'000, 'x'))));
  EXPECT_EQ(status_in(wire.receive_answer()), 200);
}

TEST_F(ServerTest, TooLargeBodies) {
  start();
  {
    Wire wire = Wire::tcp(port_);
    wire.send(
        "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551615\r\n\r\n");
    EXPECT_EQ(status_in(wire.receive_all()), 413) << "before any of it is read";
  }
  {
    Wire wire = Wire::tcp(port_);
    wire.send(posting("/b", std::string(100'001, 'x')));
    EXPECT_EQ(status_in(wire.receive_all()), 413) << "the answer survives the unread body";
  }
  {
    Wire wire = Wire::tcp(port_);
    wire.send("POST /b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n186A1\r\n" +
              std::string(100'001, 'x'));
    EXPECT_EQ(status_in(wire.receive_all()), 413);
  }
}

TEST_F(ServerTest, RefusedPlansKeepTheConnectionWhenTheBodyIsSmall) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(posting("/refused", "small") + request("/next")));
  EXPECT_EQ(status_in(wire.receive_answer()), 403);
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /next [] 127.0.0.1"));
  wire.send(posting("/refused", std::string(100'000, 'x')) + request("/next"));
  const std::string answer = wire.receive_all();
  EXPECT_EQ(status_in(answer), 403);
  EXPECT_EQ(answer.find("/next"), std::string::npos);
}

TEST_F(ServerTest, ExpectContinue) {
  start();
  Wire wire = Wire::tcp(port_);
  const std::string head =
      "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  ASSERT_TRUE(wire.send(head));
  EXPECT_EQ(wire.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(wire.send("abc"));
  EXPECT_TRUE(wire.receive_answer().ends_with("[abc] 127.0.0.1"));
  ASSERT_TRUE(wire.send(head + "abc"));
  EXPECT_EQ(status_in(wire.receive_answer()), 200) << "no 100 when the body is there";
  ASSERT_TRUE(
      wire.send("POST /refused HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                "Expect: 100-continue\r\n\r\n"));
  EXPECT_EQ(status_in(wire.receive_all()), 403) << "refused at once, and closed";
}

TEST_F(ServerTest, UploadsIntoASink) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(posting("/sink/fast", std::string(5'000'000, 'x'))));
  EXPECT_TRUE(wire.receive_answer().ends_with("\r\n5000000"));
  ASSERT_TRUE(
      wire.send("POST /sink/slow HTTP/1.1\r\nHost: localhost\r\n"
                "Transfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "4000\r\n" + std::string(0x4000, 'y') + "\r\n";
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(wire.send(chunk));
  ASSERT_TRUE(wire.send("0\r\n\r\n"));
  EXPECT_TRUE(wire.receive_answer().ends_with("\r\n1638400"));
}

TEST_F(ServerTest, SinksThatFail) {
  start();
  for (const auto& [path, status] :
       {std::pair("/sink/full", 507), std::pair("/sink/throws", 500)}) {
    Wire wire = Wire::tcp(port_);
    wire.send(posting(path, std::string(200'000, 'x')));
    EXPECT_EQ(status_in(wire.receive_all()), status) << path;
  }
  Wire wire = Wire::tcp(port_);
  wire.send("POST /sink/fast HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388609\r\n\r\n");
  EXPECT_EQ(status_in(wire.receive_all()), 413);
}

TEST_F(ServerTest, HandlersThatFailAreA500) {
  start();
  for (const char* path : {"/throws", "/dropped", "/plan-throws", "/inject"}) {
    Wire wire = Wire::tcp(port_);
    ASSERT_TRUE(wire.send(request(path)));
    const std::string answer = wire.receive_answer();
    EXPECT_EQ(status_in(answer), 500) << path;
    EXPECT_EQ(answer.find("X-Injected"), std::string::npos);
  }
}

TEST_F(ServerTest, AnswersFromOtherThreadsOnce) {
  start();
  Wire wire = Wire::tcp(port_);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(wire.send(request("/worker")));
    EXPECT_TRUE(wire.receive_answer().ends_with("from a worker"));
  }
}

TEST_F(ServerTest, LargeAnswersFilesAndAssets) {
  Bytes content(300'000);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<std::uint8_t>(i * 7);
  handler_.file = std::make_shared<MemorySource>(content);
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/large")));
  EXPECT_TRUE(wire.receive_answer().ends_with(std::string(3'000'000, 'x')));
  ASSERT_TRUE(wire.send(request("/file")));
  EXPECT_TRUE(wire.receive_answer().ends_with(as_text(ByteView(content).subspan(10))));
  ASSERT_TRUE(wire.send(request("/static")));
  EXPECT_TRUE(wire.receive_answer().ends_with("\r\n\r\nan asset"));
  ASSERT_TRUE(wire.send(request("/file-short")));
  const std::string cut = wire.receive_all();
  EXPECT_LE(cut.size(), 300'000U + 200U) << "closed, not padded";
  EXPECT_FALSE(wire.timed_out());
}

TEST_F(ServerTest, AHalfClosedClientStillGetsItsAnswer) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/held")));
  const auto exchange = handler_.held();
  EXPECT_FALSE(exchange->cancelled());
  wire.close_sending();
  EXPECT_TRUE(eventually([&] { return exchange->cancelled(); }));
  exchange->respond(Response(200, "text/plain", "still here"));
  EXPECT_TRUE(wire.receive_all().ends_with("still here"));
}

TEST_F(ServerTest, AClientThatIsGoneCancelsItsExchange) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/held")));
  const auto exchange = handler_.held();
  wire.reset();
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
  EXPECT_TRUE(exchange->cancelled());
  EXPECT_EQ(exchange->stream(200, {}), nullptr);
  exchange->respond(Response(200));
}

TEST_F(ServerTest, HalfRequestsAndHalfBodiesOfClientsThatGo) {
  start();
  for (const std::string& half :
       {request("/").substr(0, 20), posting("/sink/fast", "0123456789").substr(0, 70),
        std::string()}) {
    Wire wire = Wire::tcp(port_);
    ASSERT_TRUE(wire.send(half));
    wire.close_sending();
    EXPECT_EQ(wire.receive_all(), "");
    EXPECT_FALSE(wire.timed_out());
  }
  EXPECT_EQ(handler_.handled, 0);
}

// --- Streams ---

TEST_F(ServerTest, StreamsSendWhatIsWritten) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/stream")));
  EXPECT_NE(wire.receive_until("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  const auto stream = handler_.stream();
  EXPECT_TRUE(stream->write("data: 1\n\n"));
  EXPECT_EQ(wire.receive_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  EXPECT_TRUE(stream->write("data: 2\n\n"));
  EXPECT_EQ(wire.receive_until("\n\n\r\n"), "9\r\ndata: 2\n\n\r\n");
  EXPECT_EQ(server_->counters().streams_open, 1U);
  EXPECT_TRUE(stream->write(""));
  stream->close();
  EXPECT_FALSE(stream->write("data: 3\n\n"));
  EXPECT_EQ(wire.receive_until("0\r\n\r\n"), "0\r\n\r\n");
  ASSERT_TRUE(wire.send(request("/next")));
  EXPECT_TRUE(wire.receive_answer().ends_with("GET /next [] 127.0.0.1")) << "it is kept";
  EXPECT_EQ(server_->counters().streams_open, 0U);
}

TEST_F(ServerTest, AStreamLearnsThatItsClientHasGone) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/stream")));
  const auto stream = handler_.stream();
  wire.receive_until("\r\n\r\n");
  wire.close();
  EXPECT_TRUE(eventually([&] { return stream->closed(); }));
  EXPECT_FALSE(stream->write("data: 1\n\n"));
  EXPECT_EQ(server_->counters().streams_open, 0U);
}

TEST_F(ServerTest, AStreamIsBrokenOffWhenTheClientReadsTooSlowly) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/stream")));
  const auto stream = handler_.stream();
  const std::string piece(64'000, 'x');
  // The kernel's buffers take some megabytes; then ours fills.
  bool open = true;
  for (int i = 0; i < 100'000 && open; ++i) open = stream->write(piece);
  EXPECT_FALSE(open);
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
  EXPECT_EQ(server_->counters().streams_overrun, 1U);
  EXPECT_FALSE(wire.receive_all().ends_with("0\r\n\r\n")) << "the client can tell";
}

TEST_F(ServerTest, AnExportWaitsForItsReader) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/export")));
  const auto stream = handler_.stream();
  std::thread writer([&] {
    const std::string piece(64'000, 'x');
    for (int i = 0; i < 300; ++i) EXPECT_TRUE(stream->write_waiting(piece, milliseconds(10'000)));
    stream->close();
  });
  const std::string all = wire.receive_until("\r\n0\r\n\r\n");
  writer.join();
  EXPECT_GT(all.size(), 300U * 64'000U);
  EXPECT_TRUE(all.ends_with("\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, AStreamLeftUnclosedIsUnfinished) {
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/unclosed")));
  EXPECT_FALSE(wire.receive_all().ends_with("0\r\n\r\n"));
  EXPECT_FALSE(wire.timed_out());
}

// --- Limits ---

TEST_F(ServerTest, SlowHeadsEnd) {
  options_.limits.header_time = milliseconds(150);
  start();
  Wire loris = Wire::tcp(port_);
  ASSERT_TRUE(loris.send("GET / HTTP/1.1\r\nHost: loc"));
  EXPECT_EQ(status_in(loris.receive_all()), 408);
  Wire silent = Wire::tcp(port_);
  EXPECT_EQ(silent.receive_all(), "");
  EXPECT_FALSE(silent.timed_out());
  EXPECT_EQ(server_->counters().timeouts_head, 1U);
  EXPECT_EQ(server_->counters().timeouts_idle, 1U);
}

TEST_F(ServerTest, ALorisThatDripsEndsToo) {
  options_.limits.header_time = milliseconds(300);
  start();
  Wire loris = Wire::tcp(port_);
  loris.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  std::atomic<bool> over{false};
  std::thread drip([&] {
    while (!over) {
      if (!loris.send("X-A: b\r\n")) return;
      std::this_thread::sleep_for(milliseconds(30));
    }
  });
  EXPECT_EQ(status_in(loris.receive_until("\r\n\r\n")), 408);
  over = true;
  drip.join();
}

TEST_F(ServerTest, IdleConnectionsEnd) {
  options_.limits.keep_alive_idle = milliseconds(150);
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/")));
  EXPECT_EQ(status_in(wire.receive_all()), 200);
  EXPECT_FALSE(wire.timed_out());
  EXPECT_EQ(server_->counters().timeouts_idle, 1U);
}

TEST_F(ServerTest, SilentBodiesEnd) {
  options_.limits.body_inactivity = milliseconds(150);
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send("POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc"));
  EXPECT_EQ(status_in(wire.receive_all()), 408);
  EXPECT_EQ(server_->counters().timeouts_body, 1U);
}

TEST_F(ServerTest, DrippingBodiesEnd) {
  options_.limits.body_inactivity = milliseconds(300);
  options_.limits.min_bytes_per_second = 1'000'000;
  start();
  Wire wire = Wire::tcp(port_);
  wire.send("POST /sink/fast HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  std::atomic<bool> over{false};
  std::thread drip([&] {
    while (!over) {
      if (!wire.send("x")) return;
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_EQ(status_in(wire.receive_until("\r\n\r\n")), 408);
  over = true;
  drip.join();
}

TEST_F(ServerTest, ClientsThatTakeNoAnswerEnd) {
  options_.limits.body_inactivity = milliseconds(150);
  handler_.file = std::make_shared<MemorySource>(Bytes(20'000'000));
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/file")));
  EXPECT_TRUE(eventually([&] { return server_->counters().timeouts_write == 1; }));
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
}

TEST_F(ServerTest, HandlersThatNeverAnswerEnd) {
  options_.limits.answer_time = milliseconds(150);
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/held")));
  const auto exchange = handler_.held();
  EXPECT_EQ(status_in(wire.receive_all()), 503);
  EXPECT_TRUE(exchange->cancelled());
  exchange->respond(Response(200));
  EXPECT_EQ(server_->counters().timeouts_answer, 1U);
}

TEST_F(ServerTest, ConnectionsOfOneAddressAreLimited) {
  options_.limits.connections_per_address = 2;
  start();
  Wire first = Wire::tcp(port_);
  Wire second = Wire::tcp(port_);
  ASSERT_TRUE(first.send(request("/")));
  ASSERT_TRUE(second.send(request("/")));
  EXPECT_EQ(status_in(first.receive_answer()), 200);
  EXPECT_EQ(status_in(second.receive_answer()), 200);
  EXPECT_EQ(status_in(Wire::tcp(port_).receive_all()), 503);
  EXPECT_EQ(server_->counters().connections_refused_per_address, 1U);
  first.close();
  ASSERT_TRUE(eventually([&] { return server_->counters().connections_open == 1; }));
  Wire third = Wire::tcp(port_);
  ASSERT_TRUE(third.send(request("/")));
  EXPECT_EQ(status_in(third.receive_answer()), 200);
}

TEST_F(ServerTest, AllConnectionsAreLimited) {
  options_.limits.connections = 3;
  start();
  std::vector<Wire> wires;
  for (int i = 0; i < 3; ++i) {
    wires.push_back(Wire::tcp(port_));
    ASSERT_TRUE(wires.back().send(request("/")));
    EXPECT_EQ(status_in(wires.back().receive_answer()), 200);
  }
  EXPECT_EQ(status_in(Wire::tcp(port_).receive_all()), 503);
  EXPECT_EQ(server_->counters().connections_refused_total, 1U);
}

TEST_F(ServerTest, RequestsAreRationed) {
  options_.limits.requests_per_second_per_address = 0.001;
  options_.limits.request_burst_per_address = 3;
  start();
  Wire wire = Wire::tcp(port_);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wire.send(request("/")));
    EXPECT_EQ(status_in(wire.receive_answer()), 200);
  }
  ASSERT_TRUE(wire.send(request("/")));
  const std::string answer = wire.receive_all();
  EXPECT_EQ(status_in(answer), 429);
  EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
  Wire other = Wire::tcp(port_);
  ASSERT_TRUE(other.send(request("/")));
  EXPECT_EQ(status_in(other.receive_all()), 429) << "another connection is no way around";
  EXPECT_EQ(server_->counters().requests_rate_limited, 2U);
}

TEST_F(ServerTest, RequestsOfOneConnectionAreLimited) {
  options_.limits.requests_per_connection = 2;
  start();
  Wire wire = Wire::tcp(port_);
  ASSERT_TRUE(wire.send(request("/") + request("/") + request("/")));
  EXPECT_EQ(wire.receive_answer().find("Connection: close"), std::string::npos);
  const std::string last = wire.receive_all();
  EXPECT_NE(last.find("Connection: close"), std::string::npos);
  EXPECT_EQ(last.find("HTTP/1.1", 1), std::string::npos);
}

TEST_F(ServerTest, RunningOutOfDescriptorsIsSurvived) {
  start();
  Wire before = Wire::tcp(port_);
  ASSERT_TRUE(before.send(request("/")));
  ASSERT_EQ(status_in(before.receive_answer()), 200);
  // A descriptor for the client, none for the server.
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int highest = dup(client);
  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  close(highest);
  const rlimit tight{static_cast<rlim_t>(highest), old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &tight), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_TRUE(eventually([&] { return server_->counters().accept_errors >= 2; }));
  ASSERT_TRUE(before.send(request("/")));
  EXPECT_EQ(status_in(before.receive_answer()), 200) << "present clients are served";
  EXPECT_LT(server_->counters().accept_errors, 200U) << "it pauses";
  setrlimit(RLIMIT_NOFILE, &old);
  Wire waited(client);
  ASSERT_TRUE(waited.send(request("/")));
  EXPECT_EQ(status_in(waited.receive_answer()), 200) << "who waited is served";
}

// --- Listening ---

TEST_F(ServerTest, RefusesToListenBeyondLoopbackInPlainText) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1"}) {
    options_.listen = {ListenAddress{address, 0}};
    EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument) << address;
  }
  options_.listen = {ListenAddress{}, ListenAddress{"0.0.0.0", 0}};
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
  options_.allow_plain = true;
  start();
  EXPECT_EQ(server_->ports().size(), 2U);
}

TEST_F(ServerTest, RefusesNonsense) {
  const ServerOptions good = options_;
  options_.listen = {ListenAddress{"localhost", 0}};
  options_.allow_plain = true;
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
  options_ = good;
  options_.listen.clear();
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
  options_ = good;
  options_.threads = 0;
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
  options_ = good;
  options_.tls.certificate_file = "/nowhere";
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument) << "no key";
  options_.tls.key_file = "/nowhere";
  EXPECT_EQ(refusal(), ErrorCode::kNotFound);
  options_ = good;
  start();
  ServerOptions second = good;
  second.listen[0].port = port_;
  const auto other = Server::start(second, handler_);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::kUnavailable);
}

TEST_F(ServerTest, AUnixSocketForTheOwnerAlone) {
  options_.listen.clear();
  options_.unix_socket = folder_ + "/s";
  start();
  struct stat info{};
  ASSERT_EQ(stat(options_.unix_socket.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  Wire wire = Wire::unix_path(options_.unix_socket);
  ASSERT_TRUE(wire.send(request("/")));
  EXPECT_TRUE(wire.receive_answer().ends_with("GET / []  local"));
  const auto second = Server::start(options_, handler_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable) << "somebody listens there";
  server_.reset();
  EXPECT_FALSE(std::filesystem::exists(options_.unix_socket));
}

TEST_F(ServerTest, AStaleUnixSocketIsReplacedAndAFileIsNot) {
  options_.listen.clear();
  options_.unix_socket = folder_ + "/s";
  {
    const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options_.unix_socket.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    close(dead);
  }
  start();
  server_.reset();
  std::ofstream(options_.unix_socket) << "a file";
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
  options_.unix_socket = folder_ + "/" + std::string(200, 'a');
  EXPECT_EQ(refusal(), ErrorCode::kInvalidArgument);
}

// --- Draining ---

TEST_F(ServerTest, DrainFinishesWhatRuns) {
  start();
  Wire idle = Wire::tcp(port_);
  ASSERT_TRUE(idle.send(request("/")));
  idle.receive_answer();
  Wire streaming = Wire::tcp(port_);
  ASSERT_TRUE(streaming.send(request("/stream")));
  handler_.stream();
  streaming.receive_until("\r\n\r\n");
  Wire running = Wire::tcp(port_);
  ASSERT_TRUE(running.send(request("/held")));
  const auto exchange = handler_.held();
  bool finished = false;
  std::thread drain([&] { finished = server_->drain(milliseconds(10'000)); });
  EXPECT_EQ(idle.receive_all(), "") << "idle ones close at once";
  EXPECT_TRUE(streaming.receive_all().ends_with("0\r\n\r\n")) << "endless streams end properly";
  EXPECT_TRUE(eventually([&] { return !Wire::tcp(port_).connected(); })) << "nobody new";
  exchange->respond(Response(200, "text/plain", "the last words"));
  const std::string answer = running.receive_all();
  running.close();
  EXPECT_TRUE(answer.ends_with("the last words"));
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  drain.join();
  EXPECT_TRUE(finished);
}

TEST_F(ServerTest, DrainCutsOffAtItsDeadline) {
  start();
  Wire running = Wire::tcp(port_);
  ASSERT_TRUE(running.send(request("/held")));
  const auto exchange = handler_.held();
  EXPECT_FALSE(server_->drain(milliseconds(50)));
  EXPECT_TRUE(exchange->cancelled());
  EXPECT_EQ(running.receive_all(), "");
  server_.reset();
  exchange->respond(Response(200, "text/plain", "too late, and harmless"));
  EXPECT_EQ(exchange->stream(200, {}), nullptr);
}

TEST_F(ServerTest, ManyClientsWhoComeAndGo) {
  options_.threads = 4;
  start();
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < 30; ++i) {
        Wire wire = Wire::tcp(port_);
        wire.send(i % 3 == 0 ? request("/worker") : posting("/b", "some"));
        if (i % 5 == t % 5) {
          wire.reset();  // without reading
        } else if (status_in(wire.receive_answer()) == 200) {
          ++answered;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 8 * 24);
  EXPECT_TRUE(eventually([&] { return server_->counters().connections_open == 0; }));
}

}  // namespace
}  // namespace saiph::net
