// OidcClient against a provider in another process, over real connections:
// tests/identity/local_provider.py, whose tokens the openssl command signs.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "codec/json/json.h"
#include "identity/oidc.h"
#include "identity/strict_json.h"
#include "identity/url.h"
#include "net/http.h"

namespace saiph::identity {
namespace {

constexpr const char* kRedirect = "http://127.0.0.1:9/api/v1/oidc/callback";

UnixMillis now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct Answer {
  unsigned status = 0;
  std::string location;
  std::string body;
};

/// One request on a connection of its own, to a loopback port; HTTP/1.0, so that the answer ends
/// with it.
Result<Answer> talk(const std::string& method, const std::string& url, const std::string& body,
                    const std::vector<std::pair<std::string, std::string>>& headers) {
  const Error failed(ErrorCode::kUnavailable, "no answer");
  const std::string prefix = "http://127.0.0.1:";
  if (!url.starts_with(prefix)) return failed;
  const std::size_t slash = url.find('/', prefix.size());
  std::uint16_t port = 0;
  std::from_chars(url.data() + prefix.size(), url.data() + slash, port);
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    std::string text = method + " " + url.substr(slash) + " HTTP/1.0\r\nHost: 127.0.0.1\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    std::array<char, 4096> part{};
    if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) ==
        static_cast<::ssize_t>(text.size())) {
      for (::ssize_t n = 0; (n = ::recv(connection, part.data(), part.size(), 0)) > 0;) {
        answer.append(part.data(), static_cast<std::size_t>(n));
      }
    }
  }
  ::close(connection);
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos || answer.size() < 12) return failed;
  Answer out;
  std::from_chars(answer.data() + 9, answer.data() + 12, out.status);
  const std::string head = answer.substr(0, end) + "\r\n";
  if (const std::size_t at = head.find("\r\nLocation: "); at != std::string::npos) {
    out.location = head.substr(at + 12, head.find("\r\n", at + 2) - at - 12);
  }
  out.body = answer.substr(end + 4);
  return out;
}

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + before.size());
  return std::string(rest.substr(0, rest.find(after)));
}

/// The provider's process; it ends when its standard input does.
class LocalProvider {
 public:
  explicit LocalProvider(const char* algorithm) {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe(input.data()) != 0 || ::pipe(output.data()) != 0) return;
    const std::string script = std::string(SAIPH_SOURCE_DIR) + "/tests/identity/local_provider.py";
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(input[0], 0);
      ::dup2(output[1], 1);
      for (const int end : {input[0], input[1], output[0], output[1]}) ::close(end);
      ::execlp("python3", "python3", script.c_str(), "--redirect-uri", kRedirect, "--algorithm",
               algorithm, "--client-secret", "s3:cret/ +%", nullptr);
      ::_exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_ = input[1];
    std::string line;
    for (char c = 0; ::read(output[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
    ::close(output[0]);
    if (auto said = parse_strict_object(as_bytes(line))) {
      issuer = text_member(*said, "issuer");
      control_url_ = text_member(*said, "control");
    }
  }
  LocalProvider(const LocalProvider&) = delete;
  LocalProvider& operator=(const LocalProvider&) = delete;
  ~LocalProvider() {
    ::close(input_);
    int status = 0;
    if (process_ > 0) ::waitpid(process_, &status, 0);
  }

  void control(const std::string& change) const {
    const auto answer = talk("GET", control_url_ + "&" + change, "", {});
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->status, 200U) << answer->body;
  }

  std::string issuer;

 private:
  std::string control_url_;
  ::pid_t process_ = -1;
  int input_ = -1;
};

std::unique_ptr<OidcClient> client_of(const LocalProvider& provider) {
  OidcSettings settings;
  settings.issuer = provider.issuer;
  settings.client_id = "saiph";
  settings.client_secret = "s3:cret/ +%";
  settings.redirect_uri = kRedirect;
  settings.allow_plain_loopback = true;
  auto client = OidcClient::make(settings, [](const FetchRequest& request) -> Result<FetchAnswer> {
    SAIPH_TRY(Answer answer,
              talk(request.post ? "POST" : "GET", request.url, request.body, request.headers));
    return FetchAnswer{answer.status, std::move(answer.body)};
  });
  EXPECT_TRUE(client) << client.error().describe();
  return client ? std::move(*client) : nullptr;
}

/// A person logs in, or says no.
Result<OidcIdentity> login(OidcClient& client, const std::string& issuer,
                           const std::string& says = "yes", UnixMillis at = now()) {
  SAIPH_TRY(const OidcLogin begun, client.begin(at));
  SAIPH_TRY(const Answer page, talk("GET", begun.authorization_url, "", {}));
  std::string form;
  append_parameter(form, "request", between(page.body, "name=\"request\" value=\"", "\""));
  append_parameter(form, "person", "ops");
  append_parameter(form, "answer", says);
  SAIPH_TRY(const Answer back, talk("POST", issuer + "/authorize", form,
                                    {{"Content-Type", "application/x-www-form-urlencoded"}}));
  EXPECT_TRUE(back.location.starts_with(kRedirect)) << back.status << back.body;
  std::map<std::string, std::string> query;
  for (const char* const name : {"state", "code", "error", "iss"}) {
    query[name] =
        *net::percent_decode(between(back.location + "&", std::string(name) + "=", "&"), true);
  }
  OidcReturn answer;
  answer.state = query["state"];
  answer.code = query["code"];
  answer.error = query["error"];
  answer.issuer = query["iss"];
  answer.cookie = begun.cookie;
  return client.finish(answer, at);
}

TEST(OidcProvider, EveryAlgorithmLogsIn) {
  for (const char* const algorithm : {"RS256", "PS256", "ES256"}) {
    const LocalProvider provider(algorithm);
    ASSERT_FALSE(provider.issuer.empty()) << "python3 and openssl are needed";
    const auto client = client_of(provider);
    ASSERT_TRUE(client);
    const auto identity = login(*client, provider.issuer);
    ASSERT_TRUE(identity) << algorithm << ": " << identity.error().describe();
    EXPECT_EQ(identity->subject, "subject-ops");
    EXPECT_EQ(identity->issuer, provider.issuer);
    EXPECT_EQ(identity->email, "ops@example.org");
  }
}

TEST(OidcProvider, WhatIsWrongIsRefused) {
  const LocalProvider provider("ES256");
  ASSERT_FALSE(provider.issuer.empty()) << "python3 and openssl are needed";
  const auto client = client_of(provider);
  ASSERT_TRUE(client);
  ASSERT_TRUE(login(*client, provider.issuer));
  const auto code = [&](const std::string& says = "yes") {
    const auto identity = login(*client, provider.issuer, says);
    return identity ? ErrorCode::kInternal : identity.error().code();
  };
  EXPECT_EQ(code("no"), ErrorCode::kDenied);
  for (const char* const mode : {"unsigned", "public-key-as-secret", "broken-signature"}) {
    provider.control(std::string("mode=") + mode);
    EXPECT_EQ(code(), ErrorCode::kDenied) << mode;
  }
  provider.control("mode=right&claims=%7B%22nonce%22%3A%22x%22%7D");
  EXPECT_EQ(code(), ErrorCode::kDenied);
  provider.control("claims=%7B%22aud%22%3A%22x%22%7D");
  EXPECT_EQ(code(), ErrorCode::kDenied);
  provider.control("claims=%7B%7D");
  EXPECT_EQ(code(), ErrorCode::kInternal);
  // A new key is found as soon as the last look is a minute old.
  provider.control("rotate=1");
  EXPECT_EQ(code(), ErrorCode::kNotFound);
  EXPECT_TRUE(login(*client, provider.issuer, "yes", now() + kMinuteMs));
}

TEST(OidcProvider, OneThatSpeaksForAnotherOrNotAtAllIsRefused) {
  const LocalProvider provider("ES256");
  ASSERT_FALSE(provider.issuer.empty()) << "python3 and openssl are needed";
  provider.control("mode=other-issuer");
  EXPECT_EQ(client_of(provider)->begin(now()).error().code(), ErrorCode::kDenied);
  provider.control("mode=silent");
  EXPECT_EQ(client_of(provider)->begin(now()).error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace saiph::identity
