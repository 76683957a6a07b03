#include <gtest/gtest.h>

#include <fstream>

#include "crypto/sha256.h"
#include "net/certificates_for_test.h"
#include "net/client.h"
#include "net/server_fixture_for_test.h"

namespace saiph::net {
namespace {

using std::chrono::milliseconds;

class TlsTest : public ServerTest {
 protected:
  void use(const TestCertificate& certificate) {
    options_.tls.certificate_file = folder_ + "/cert.pem";
    options_.tls.key_file = folder_ + "/key.pem";
    certificate.write(options_.tls.certificate_file, options_.tls.key_file);
  }
  ClientRequest asking(const std::string& host, const std::string& path = "/") {
    ClientRequest ask;
    ask.url = "https://" + host + ":" + std::to_string(port_) + path;
    ask.ca_file = folder_ + "/authority.pem";
    return ask;
  }

  TestCertificate authority_{"the authority", nullptr, true};
  TestCertificate first_{"first", &authority_};
};

TEST_F(TlsTest, Tls13AndNothingOlder) {
  use(first_);
  start();
  TlsWire wire(port_);
  ASSERT_TRUE(wire.connected());
  ASSERT_TRUE(wire.send(request("/a")));
  EXPECT_TRUE(wire.receive_until("tls").ends_with("GET /a [] 127.0.0.1 tls"));
  EXPECT_FALSE(
      TlsWire(port_, {.version = TLS1_2_VERSION, .alpn = {}, .client = nullptr}).connected());
  EXPECT_FALSE(
      TlsWire(port_, {.version = TLS1_VERSION, .alpn = {}, .client = nullptr}).connected());
  EXPECT_TRUE(eventually([&] { return server_->counters().tls_failures == 2; }));
}

TEST_F(TlsTest, PlainTextToATlsPort) {
  use(first_);
  start();
  Wire wire = Wire::tcp(port_);
  wire.send(request("/"));
  EXPECT_EQ(wire.receive_all().find("HTTP"), std::string::npos);
  EXPECT_EQ(handler_.plans, 0);
}

TEST_F(TlsTest, SilentHandshakesEnd) {
  options_.limits.header_time = milliseconds(150);
  use(first_);
  start();
  Wire wire = Wire::tcp(port_);
  EXPECT_EQ(wire.receive_all(), "");
  EXPECT_FALSE(wire.timed_out());
  EXPECT_EQ(server_->counters().timeouts_handshake, 1U);
}

TEST_F(TlsTest, AlpnIsHttp11OrNothing) {
  use(first_);
  start();
  TlsWireOptions options;
  options.alpn = "\x08http/1.1";
  EXPECT_TRUE(TlsWire(port_, options).connected());
  options.alpn = "\x02h2";
  EXPECT_FALSE(TlsWire(port_, options).connected());
}

TEST_F(TlsTest, ClosesWithCloseNotify) {
  use(first_);
  start();
  TlsWire wire(port_);
  ASSERT_TRUE(wire.send(request("/large", "Connection: close\r\n")));
  bool clean = false;
  EXPECT_TRUE(wire.receive_all(&clean).ends_with(std::string(3'000'000, 'x')));
  EXPECT_TRUE(clean);
}

TEST_F(TlsTest, RefusedUploadsAreAnswered) {
  use(first_);
  start();
  TlsWire wire(port_);
  ASSERT_TRUE(wire.send("POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n\r\n"));
  ASSERT_TRUE(wire.send(std::string(300'000, 'x')));
  EXPECT_EQ(status_in(wire.receive_until("\r\n\r\n")), 413);
}

TEST_F(TlsTest, ReloadGivesNewConnectionsTheNewCertificate) {
  use(first_);
  start();
  TlsWire old(port_);
  EXPECT_EQ(old.subject(), "first");
  use(TestCertificate("second", &authority_));
  ASSERT_TRUE(server_->reload_tls());
  EXPECT_EQ(TlsWire(port_).subject(), "second");
  ASSERT_TRUE(old.send(request("/a")));
  EXPECT_TRUE(old.receive_until("tls").ends_with("tls")) << "the old connection goes on";
  // A key that is not the certificate's changes nothing.
  TestCertificate("third", &authority_).write(options_.tls.certificate_file, "");
  const auto refused = server_->reload_tls();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(TlsWire(port_).subject(), "second");
  std::filesystem::remove(options_.tls.certificate_file);
  const auto gone = server_->reload_tls();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(TlsWire(port_).subject(), "second");
}

TEST_F(TlsTest, ReloadIsNothingToAPlainServer) {
  start();
  const auto status = server_->reload_tls();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(TlsTest, MutualTls) {
  use(first_);
  options_.tls.client_ca_file = folder_ + "/clients.pem";
  const TestCertificate clients("clients' authority", nullptr, true);
  clients.write(options_.tls.client_ca_file, "");
  start();
  const TestCertificate known("a client", &clients);
  const TestCertificate stranger("a stranger", &authority_);
  {
    TlsWire wire(port_, {.version = TLS1_3_VERSION, .alpn = {}, .client = &known});
    ASSERT_TRUE(wire.send(request("/")));
    unsigned char digest[32];
    unsigned int size = 0;
    X509_digest(known.certificate(), EVP_sha256(), digest, &size);
    Digest expected;
    std::copy(digest, digest + 32, expected.bytes.begin());
    EXPECT_NE(wire.receive_until(expected.text()).find(expected.text()), std::string::npos);
  }
  for (const TestCertificate* client : {static_cast<const TestCertificate*>(nullptr), &stranger}) {
    // In TLS 1.3 the client learns of the refusal with its first read.
    TlsWire wire(port_, {.version = TLS1_3_VERSION, .alpn = {}, .client = client});
    wire.send(request("/"));
    EXPECT_EQ(wire.receive_all(), "");
  }
  EXPECT_EQ(handler_.plans, 1);
  EXPECT_TRUE(eventually([&] { return server_->counters().tls_failures == 2; }));
}

TEST_F(TlsTest, OptionalClientCertificates) {
  use(first_);
  options_.tls.client_ca_file = folder_ + "/clients.pem";
  options_.tls.require_client_certificate = false;
  const TestCertificate clients("clients' authority", nullptr, true);
  clients.write(options_.tls.client_ca_file, "");
  start();
  TlsWire wire(port_);
  ASSERT_TRUE(wire.send(request("/")));
  EXPECT_TRUE(wire.receive_until(" tls").ends_with(" tls"));
  TlsWire wrong(port_, {.version = TLS1_3_VERSION, .alpn = {}, .client = &first_});
  wrong.send(request("/"));
  EXPECT_EQ(wrong.receive_all(), "") << "a wrong certificate is refused, not ignored";
}

TEST_F(TlsTest, BrokenFilesAreRefused) {
  use(first_);
  std::ofstream(options_.tls.key_file) << "no key";
  EXPECT_EQ(refusal(), ErrorCode::kMalformed);
  use(first_);
  options_.tls.client_ca_file = options_.tls.key_file;
  EXPECT_EQ(refusal(), ErrorCode::kMalformed);
}

TEST_F(TlsTest, BeyondLoopbackWithTls) {
  use(first_);
  options_.listen = {ListenAddress{"0.0.0.0", 0}};
  start();
  EXPECT_TRUE(TlsWire(port_).connected());
}

TEST_F(TlsTest, TheClientVerifiesChainAndName) {
  use(first_);
  authority_.write(folder_ + "/authority.pem", "");
  start();
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto answer = fetch(asking(host, "/a?b=c"));
    ASSERT_TRUE(answer) << answer.error().describe();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "GET /a [] 127.0.0.1 tls");
    EXPECT_EQ(answer->headers.find("content-type"), "text/plain");
  }
  auto system = asking("localhost");
  system.ca_file.clear();
  const auto untrusted = fetch(system);
  ASSERT_FALSE(untrusted);
  EXPECT_EQ(untrusted.error().code(), ErrorCode::kDenied);
  const auto misnamed = fetch(asking("127.0.0.2"));
  ASSERT_FALSE(misnamed);
}

TEST_F(ServerTest, TheClientSpeaksPlainToLoopbackAndUnixSockets) {
  options_.unix_socket = folder_ + "/s";
  start();
  ClientRequest ask;
  ask.method = Method::kPost;
  ask.url = "http://127.0.0.1:" + std::to_string(port_) + "/b";
  ask.body = "hello";
  auto answer = fetch(ask);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body, "POST /b [hello] 127.0.0.1");
  ask.unix_socket = options_.unix_socket;
  ask.url = "http://localhost/b";
  answer = fetch(ask);
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->body, "POST /b [hello]  local");
  ask.unix_socket += "x";
  EXPECT_EQ(fetch(ask).error().code(), ErrorCode::kUnavailable);
  ask.unix_socket.clear();
  ask.url = "http://192.0.2.1/";
  EXPECT_EQ(fetch(ask).error().code(), ErrorCode::kDenied);
  ask.url = "http://127.0.0.1:" + std::to_string(port_) + "/";
  ask.headers.add("X-A", "b\r\nX-B: c");
  EXPECT_EQ(fetch(ask).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(ServerTest, TheClientIsBounded) {
  start();
  ClientRequest ask;
  ask.url = "http://127.0.0.1:" + std::to_string(port_) + "/large";
  EXPECT_EQ(fetch(ask).error().code(), ErrorCode::kLimit);
  ask.max_body_bytes = 4U << 20;
  const auto large = fetch(ask);
  ASSERT_TRUE(large) << large.error().describe();
  EXPECT_EQ(large->body.size(), 3'000'000U);
  ask.url = "http://127.0.0.1:" + std::to_string(port_) + "/held";
  ask.total_time = milliseconds(100);
  EXPECT_EQ(fetch(ask).error().code(), ErrorCode::kUnavailable);
}

TEST(UrlText, FormsAndRefusals) {
  const auto url = Url::parse("HTTPS://a.example/");
  EXPECT_FALSE(url);
  const auto good = Url::parse("https://IdP.Example:8443/a/b?c=d");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->host, "idp.example");
  EXPECT_EQ(good->port, 8443);
  EXPECT_EQ(good->target, "/a/b?c=d");
  EXPECT_EQ(good->origin(), "https://idp.example:8443");
  EXPECT_EQ(Url::parse("http://[::1]?x")->target, "/?x");
  EXPECT_EQ(Url::parse("http://[::1]")->origin(), "http://[::1]");
  for (const char* bad :
       {"", "ftp://a/", "https://", "https:///a", "https://a@b/", "https://a:b@c/", "https://a:0/",
        "https://a:/", "https://a:70000/", "https://[::1/", "https://[a]/", "https://a b/",
        "https://a/#f", "https://a/\r\nX: y", "https://a\\b/", "https://caf\xC3\xA9/",
        "https://a/%0d\n", "//a/", "javascript:1"}) {
    EXPECT_FALSE(Url::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace saiph::net
