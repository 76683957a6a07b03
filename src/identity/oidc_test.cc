#include "identity/oidc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "crypto/sha256.h"
#include "identity/pkce.h"
#include "identity/token_maker_for_test.h"
#include "identity/url.h"
#include "net/http.h"

namespace saiph::identity {
namespace {

using crypto::JwsAlgorithm;

constexpr UnixMillis kNow = 1'800'000'000'000;

std::map<std::string, std::string> parameters(std::string_view query) {
  std::map<std::string, std::string> out;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    const auto [place, fresh] = out.emplace(*net::percent_decode(pair.substr(0, equals)),
                                            *net::percent_decode(pair.substr(equals + 1)));
    EXPECT_TRUE(fresh) << place->first;
  }
  return out;
}

/// A provider in memory: it checks what a provider has to check and can be told to misbehave.
class FakeProvider {
 public:
  std::string issuer = "https://id.example";
  std::map<std::string, std::string> metadata = {
      {"issuer", "\"https://id.example\""},
      {"authorization_endpoint", "\"https://id.example/authorize?tenant=a\""},
      {"token_endpoint", "\"https://id.example/token\""},
      {"jwks_uri", "\"https://id.example/keys\""},
  };
  std::string secret = "s3:cret/ +";
  TokenMakerForTest maker{JwsAlgorithm::kEs256, "one"};
  std::string published;  ///< the key set; empty: maker's
  unsigned token_status = 200;
  std::map<std::string, std::string> claims;  ///< replaces or adds members (JSON text)
  std::string token_answer;                   ///< replaces the whole answer
  std::string access_token = "opaque";
  std::string subject = "person-1";
  bool silent = false;
  std::map<std::string, int> fetched;
  std::map<std::string, std::string> form;  ///< of the last token request
  std::string authorization;                ///< header of the last token request

  /// A browser goes to the authorization URL and its person agrees: state and code.
  std::pair<std::string, std::string> agree(const std::string& url) {
    asked = parameters(std::string_view(url).substr(url.find('?') + 1));
    return {asked["state"], "code-" + std::to_string(++codes)};
  }

  Result<FetchAnswer> fetch(const FetchRequest& request) {
    ++fetched[request.url];
    if (silent) return Error(ErrorCode::kUnavailable, "no connection");
    if (request.url == "https://id.example/.well-known/openid-configuration") {
      return FetchAnswer{200, object(metadata)};
    }
    if (request.url == "https://id.example/keys") {
      return FetchAnswer{200, published.empty() ? maker.jwks() : published};
    }
    if (request.url == "https://id.example/token" && request.post) return token(request);
    return FetchAnswer{404, "no such page"};
  }

  std::map<std::string, std::string> asked;

 private:
  static std::string object(const std::map<std::string, std::string>& members) {
    std::string out = "{";
    for (const auto& [name, value] : members) {
      if (value.empty()) continue;
      if (out.size() > 1) out += ",";
      out += "\"" + name + "\":" + value;
    }
    return out + "}";
  }

  FetchAnswer token(const FetchRequest& request) {
    form = parameters(request.body);
    authorization.clear();
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization") authorization = value;
    }
    if (!token_answer.empty()) return {token_status, token_answer};
    if (token_status != 200) return {token_status, R"({"error":"invalid_grant"})"};
    if (code_challenge(form["code_verifier"]) != asked["code_challenge"] ||
        form["redirect_uri"] != asked["redirect_uri"] ||
        form["code"] != "code-" + std::to_string(codes) ||
        form["grant_type"] != "authorization_code") {
      return {400, R"({"error":"invalid_grant"})"};
    }
    std::map<std::string, std::string> all = {
        {"iss", "\"" + issuer + "\""},
        {"sub", "\"" + subject + "\""},
        {"aud", "\"" + asked["client_id"] + "\""},
        {"nonce", "\"" + asked["nonce"] + "\""},
        {"iat", std::to_string(kNow / 1000)},
        {"exp", std::to_string(kNow / 1000 + 300)},
        {"email", "\"ops@example.org\""},
        {"email_verified", "true"},
        {"preferred_username", "\"ops\""},
        {"name", "\"Ops\""},
    };
    for (const auto& [name, value] : claims) all[name] = value;
    return {200, R"({"token_type":"Bearer","access_token":")" + access_token +
                     R"(","expires_in":300,"id_token":")" + maker.token(object(all)) + "\"}"};
  }

  int codes = 0;
};

OidcSettings settings() {
  OidcSettings made;
  made.issuer = "https://id.example";
  made.client_id = "saiph console";
  made.client_secret = "s3:cret/ +";
  made.redirect_uri = "https://saiph.example/api/v1/oidc/callback";
  return made;
}

struct Party {
  FakeProvider provider;
  std::unique_ptr<OidcClient> client;

  explicit Party(const OidcSettings& with = settings()) {
    auto made = OidcClient::make(
        with, [this](const FetchRequest& request) { return provider.fetch(request); });
    EXPECT_TRUE(made) << made.error().describe();
    if (made) client = std::move(*made);
  }

  /// The whole way, with the answer changed before it comes back.
  Result<OidcIdentity> login(const std::function<void(OidcReturn&)>& change = {},
                             UnixMillis later = kNow) {
    SAIPH_TRY(const OidcLogin begun, client->begin(kNow));
    const auto [state, code] = provider.agree(begun.authorization_url);
    OidcReturn answer;
    answer.state = state;
    answer.code = code;
    answer.cookie = begun.cookie;
    if (change) change(answer);
    return client->finish(answer, later);
  }

  ErrorCode outcome(const std::function<void(OidcReturn&)>& change = {}, UnixMillis later = kNow) {
    const auto identity = login(change, later);
    return identity ? ErrorCode::kInternal : identity.error().code();
  }
};
constexpr ErrorCode kAccepted = ErrorCode::kInternal;

TEST(Pkce, GivesTheExampleOfRfc7636) {
  EXPECT_EQ(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  const auto one = new_code_verifier();
  const auto two = new_code_verifier();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(one->size(), 43U);
  EXPECT_NE(*one, *two);
}

TEST(Oidc, ALoginEndsWithWhoItIs) {
  Party party;
  const auto identity = party.login();
  ASSERT_TRUE(identity) << identity.error().describe();
  EXPECT_EQ(identity->issuer, "https://id.example");
  EXPECT_EQ(identity->subject, "person-1");
  EXPECT_EQ(identity->preferred_username, "ops");
  EXPECT_EQ(identity->name, "Ops");
  EXPECT_EQ(identity->email, "ops@example.org");
  EXPECT_TRUE(identity->email_verified);
  EXPECT_EQ(party.provider.asked["tenant"], "a");
  EXPECT_EQ(party.provider.asked["response_type"], "code");
  EXPECT_EQ(party.provider.asked["client_id"], "saiph console");
  EXPECT_EQ(party.provider.asked["scope"], "openid profile email");
  EXPECT_EQ(party.provider.asked["code_challenge_method"], "S256");
  // RFC 6749, 2.3.1: each half is encoded before the colon joins them.
  EXPECT_EQ(party.provider.authorization,
            "Basic " + codec::encode_base64(as_bytes("saiph%20console:s3%3Acret%2F%20%2B")));
  EXPECT_EQ(party.provider.form.count("client_secret"), 0U);
  // Metadata and keys were fetched once and are kept.
  ASSERT_TRUE(party.login());
  EXPECT_EQ(party.provider.fetched["https://id.example/.well-known/openid-configuration"], 1);
  EXPECT_EQ(party.provider.fetched["https://id.example/keys"], 1);
  EXPECT_EQ(party.provider.fetched["https://id.example/token"], 2);
}

TEST(Oidc, WaysOfProvingTheClient) {
  Party post;
  post.provider.metadata["token_endpoint_auth_methods_supported"] = R"(["client_secret_post"])";
  EXPECT_EQ(post.outcome(), kAccepted);
  EXPECT_EQ(post.provider.form["client_secret"], "s3:cret/ +");
  EXPECT_EQ(post.provider.authorization, "");
  OidcSettings with = settings();
  with.client_secret = "";
  Party open(with);
  open.provider.metadata["token_endpoint_auth_methods_supported"] = R"(["none"])";
  EXPECT_EQ(open.outcome(), kAccepted);
  EXPECT_EQ(open.provider.form["client_id"], "saiph console");
  EXPECT_EQ(open.provider.form.count("client_secret"), 0U);
  Party jwt;
  jwt.provider.metadata["token_endpoint_auth_methods_supported"] = R"(["private_key_jwt"])";
  EXPECT_EQ(jwt.outcome(), ErrorCode::kUnsupported);
}

TEST(Oidc, AnAnswerToAnotherLoginIsRefused) {
  Party party;
  const std::string other = party.client->begin(kNow)->cookie;
  std::string changed = other;
  changed[30] = changed[30] == 'A' ? 'B' : 'A';
  EXPECT_EQ(party.outcome([&](OidcReturn& a) { a.cookie = other; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([&](OidcReturn& a) { a.cookie = changed; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.cookie = ""; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.cookie = "AAAA"; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.state = ""; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.state = "x"; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.code = ""; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.code = "code-of-mallory"; }), ErrorCode::kDenied);
  // A cookie of another process (or before a restart) opens nothing here.
  Party elsewhere;
  const std::string foreign = elsewhere.client->begin(kNow)->cookie;
  EXPECT_EQ(party.outcome([&](OidcReturn& a) { a.cookie = foreign; }), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome(), kAccepted);
}

TEST(Oidc, AStateEndsOneLogin) {
  Party party;
  const OidcLogin begun = *party.client->begin(kNow);
  const auto [state, code] = party.provider.agree(begun.authorization_url);
  OidcReturn answer;
  answer.state = state;
  answer.code = code;
  answer.cookie = begun.cookie;
  ASSERT_TRUE(party.client->finish(answer, kNow));
  const auto again = party.client->finish(answer, kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::kDenied);
  EXPECT_EQ(party.provider.fetched["https://id.example/token"], 1);
}

TEST(Oidc, LoginsTakeOnlySoLong) {
  Party party;
  EXPECT_EQ(party.outcome({}, kNow + 10 * kMinuteMs), ErrorCode::kDenied);
  EXPECT_EQ(party.outcome({}, kNow - 1), ErrorCode::kDenied);
  party.provider.claims["exp"] = std::to_string(kNow / 1000 + 3600);
  EXPECT_EQ(party.outcome({}, kNow + 10 * kMinuteMs - 1), kAccepted);
}

TEST(Oidc, RefusalsOfTheProviderAreNamedWithoutItsText) {
  Party party;
  const auto refusal = party.login([](OidcReturn& a) { a.error = "access_denied"; });
  ASSERT_FALSE(refusal);
  EXPECT_EQ(refusal.error().code(), ErrorCode::kDenied);
  EXPECT_NE(refusal.error().describe().find("access_denied"), std::string::npos);
  const auto hostile = party.login([](OidcReturn& a) { a.error = "<script>\x1b[31m"; });
  ASSERT_FALSE(hostile);
  EXPECT_EQ(hostile.error().describe().find("script"), std::string::npos);
  party.provider.token_status = 400;
  const auto grant = party.login();
  ASSERT_FALSE(grant);
  EXPECT_EQ(grant.error().code(), ErrorCode::kDenied);
  EXPECT_NE(grant.error().describe().find("invalid_grant"), std::string::npos);
  party.provider.token_status = 503;
  EXPECT_EQ(party.outcome(), ErrorCode::kUnavailable);
}

TEST(Oidc, TheIssuerOfTheAnswerIsChecked) {
  Party party;
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.issuer = "https://id.example"; }), kAccepted);
  EXPECT_EQ(party.outcome([](OidcReturn& a) { a.issuer = "https://other.example"; }),
            ErrorCode::kDenied);
  Party naming;
  naming.provider.metadata["authorization_response_iss_parameter_supported"] = "true";
  EXPECT_EQ(naming.outcome(), ErrorCode::kDenied);
  EXPECT_EQ(naming.outcome([](OidcReturn& a) { a.issuer = "https://id.example"; }), kAccepted);
}

TEST(Oidc, IdTokensAreVerified) {
  struct Row {
    const char* claim;
    std::string value;
    ErrorCode code;
  };
  crypto::Sha256 hash;
  hash.update(as_bytes("opaque"));
  const Digest digest = hash.finish();
  const std::string half = codec::encode_base64_url(ByteView(digest.bytes).first(16));
  const Row rows[] = {
      {"nonce", "\"other\"", ErrorCode::kDenied},
      {"nonce", "", ErrorCode::kDenied},
      {"aud", "\"another client\"", ErrorCode::kDenied},
      {"aud", R"(["saiph console","other"])", ErrorCode::kDenied},
      {"azp", "\"other\"", ErrorCode::kDenied},
      {"iss", "\"https://id.example.evil.example\"", ErrorCode::kDenied},
      {"exp", "1", ErrorCode::kDenied},
      {"exp", "", ErrorCode::kDenied},
      {"iat", std::to_string(kNow / 1000 - 700), ErrorCode::kDenied},
      {"sub", "", ErrorCode::kDenied},
      {"at_hash", "\"" + half + "\"", kAccepted},
      {"at_hash", "\"AAAAAAAAAAAAAAAAAAAAAA\"", ErrorCode::kDenied},
      {"at_hash", "7", ErrorCode::kDenied},
      {"email", "", kAccepted},
      {"email_verified", "\"true\"", kAccepted},
      {"name", "[1]", kAccepted},
  };
  for (const Row& row : rows) {
    Party party;
    party.provider.claims[row.claim] = row.value;
    EXPECT_EQ(party.outcome(), row.code) << row.claim << " " << row.value;
  }
  Party unsure;
  unsure.provider.claims["email_verified"] = "\"true\"";
  EXPECT_FALSE(unsure.login()->email_verified);
  Party no_mail;
  no_mail.provider.claims["email"] = "";
  EXPECT_FALSE(no_mail.login()->email_verified);
  Party long_name;
  long_name.provider.claims["name"] = "\"" + std::string(5000, 'x') + "\"";
  EXPECT_LE(long_name.login()->name.size(), 256U);
}

TEST(Oidc, AnswersThatAreNoneAreErrors) {
  for (const char* const answer :
       {"", "{}", "[]", "null", R"({"id_token":7})", R"({"id_token":""})",
        R"({"id_token":"a.b.c"})", R"({"id_token":"x","id_token":"y"})", "<html>"}) {
    Party party;
    party.provider.token_answer = *answer == '\0' ? " " : answer;
    EXPECT_NE(party.outcome(), kAccepted) << answer;
  }
  Party large;
  large.provider.token_answer = "{\"x\":\"" + std::string(1 << 20, 'x') + "\"}";
  EXPECT_EQ(large.outcome(), ErrorCode::kUnavailable);
}

TEST(Oidc, MetadataThatLeadElsewhereAreRefused) {
  struct Row {
    const char* name;
    const char* value;
  };
  const Row rows[] = {
      {"issuer", "\"https://id.example/\""},
      {"issuer", ""},
      {"issuer", "[\"https://id.example\"]"},
      {"token_endpoint", ""},
      {"token_endpoint", "\"http://id.example/token\""},
      {"token_endpoint", "\"file:///etc/passwd\""},
      {"token_endpoint", "\"https://user@id.example/token\""},
      {"token_endpoint", "\"https://id.example/to ken\""},
      {"jwks_uri", "\"https:///keys\""},
      {"jwks_uri", "\"https://id.example/keys\\r\\nX: y\""},
      {"jwks_uri", "\"http://127.0.0.1/keys\""},
      {"authorization_endpoint", "\"javascript:alert(1)\""},
      {"authorization_endpoint", "\"https://id.example/a#b\""},
      {"code_challenge_methods_supported", "[\"plain\"]"},
  };
  for (const Row& row : rows) {
    Party party;
    party.provider.metadata[row.name] = row.value;
    EXPECT_FALSE(party.client->begin(kNow)) << row.name << " " << row.value;
  }
}

TEST(Oidc, KeysThatChangeAreFetchedAtABoundedRate) {
  Party party;
  ASSERT_TRUE(party.login());
  // New keys, not yet a minute later: refused, and the provider is not asked for them.
  party.provider.maker = TokenMakerForTest(JwsAlgorithm::kEs256, "two");
  EXPECT_EQ(party.outcome({}, kNow + 30'000), ErrorCode::kNotFound);
  EXPECT_EQ(party.provider.fetched["https://id.example/keys"], 1);
  EXPECT_EQ(party.outcome({}, kNow + 60'000), kAccepted);
  EXPECT_EQ(party.provider.fetched["https://id.example/keys"], 2);
  // A token with a made-up key makes at most one request a minute.
  party.provider.published = party.provider.maker.jwks();
  party.provider.maker = TokenMakerForTest(JwsAlgorithm::kEs256, "made-up");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(party.outcome({}, kNow + 125'000), ErrorCode::kNotFound);
  EXPECT_EQ(party.provider.fetched["https://id.example/keys"], 3);
}

TEST(Oidc, ASilentProviderIsAskedSeldom) {
  Party party;
  party.provider.silent = true;
  const std::string url = "https://id.example/.well-known/openid-configuration";
  for (int i = 0; i < 50; ++i) {
    const auto begun = party.client->begin(kNow + i * 100);
    ASSERT_FALSE(begun);
    EXPECT_EQ(begun.error().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(party.provider.fetched[url], 1);
  party.provider.silent = false;
  EXPECT_TRUE(party.client->begin(kNow + 5000));
}

TEST(Oidc, AHangingProviderHoldsFewThreads) {
  std::atomic<bool> go{false};
  std::atomic<int> inside{0};
  auto client = OidcClient::make(settings(), [&](const FetchRequest&) -> Result<FetchAnswer> {
    ++inside;
    while (!go) std::this_thread::yield();
    return Error(ErrorCode::kUnavailable, "timeout");
  });
  ASSERT_TRUE(client);
  std::atomic<int> turned_away{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      const auto begun = (*client)->begin(kNow);
      ASSERT_FALSE(begun);
      if (begun.error().message() == "too many logins at the provider") ++turned_away;
    });
  }
  // Eight wait for the provider; the other four are answered while it still hangs.
  while (turned_away < 4) std::this_thread::yield();
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(turned_away, 4);
  EXPECT_EQ(inside, 1);
}

TEST(Oidc, SettingsAreChecked) {
  const auto code = [](auto change) {
    OidcSettings with = settings();
    change(with);
    const auto made = OidcClient::make(with, [](const FetchRequest&) -> Result<FetchAnswer> {
      return Error(ErrorCode::kUnavailable, "");
    });
    return made ? kAccepted : made.error().code();
  };
  EXPECT_EQ(code([](OidcSettings&) {}), kAccepted);
  EXPECT_EQ(code([](OidcSettings& s) {
              s.issuer = "http://127.0.0.1:8080";
              s.allow_plain_loopback = true;
            }),
            kAccepted);
  EXPECT_EQ(
      code([](OidcSettings& s) { s.redirect_uri = "http://localhost:8700/api/v1/oidc/callback"; }),
      kAccepted);
  for (const auto& spoil : std::vector<void (*)(OidcSettings&)>{
           [](OidcSettings& s) { s.issuer = ""; }, [](OidcSettings& s) { s.issuer = "id.example"; },
           [](OidcSettings& s) { s.issuer = "http://id.example"; },
           [](OidcSettings& s) { s.issuer = "http://127.0.0.1:8080"; },
           [](OidcSettings& s) { s.issuer = "https://id.example?x=1"; },
           [](OidcSettings& s) {
             s.issuer = "http://id.example";
             s.allow_plain_loopback = true;
           },
           [](OidcSettings& s) {
             s.issuer = "http://127.0.0.1.evil.example";
             s.allow_plain_loopback = true;
           },
           [](OidcSettings& s) { s.client_id = ""; }, [](OidcSettings& s) { s.client_id = "a\nb"; },
           [](OidcSettings& s) { s.client_secret = "a\r\nb"; },
           [](OidcSettings& s) { s.redirect_uri = "http://saiph.example/callback"; },
           [](OidcSettings& s) { s.redirect_uri = "/callback"; },
           [](OidcSettings& s) { s.scopes = {"two words"}; },
           [](OidcSettings& s) { s.scopes = {""}; },
           [](OidcSettings& s) { s.clock_skew_ms = kHourMs; },
           [](OidcSettings& s) { s.login_ms = kDayMs; }}) {
    EXPECT_EQ(code(spoil), ErrorCode::kInvalidArgument);
  }
}

TEST(Url, OnlyTheRightOnesPass) {
  struct Row {
    const char* url;
    bool secure;    ///< as it is
    bool loopback;  ///< with plain_loopback
  };
  const Row rows[] = {
      {"https://a.example", true, true},
      {"https://a.example:8443/x?y=z", true, true},
      {"https://[2001:db8::1]/x", true, true},
      {"http://localhost/x", false, true},
      {"http://127.0.0.1:1/x", false, true},
      {"http://127.255.0.3", false, true},
      {"http://[::1]:80/x", false, true},
      {"http://a.example/x", false, false},
      {"http://127.0.0.1.a.example", false, false},
      {"http://127.0.0", false, false},
      {"http://127.0.0.1.1", false, false},
      {"http://127.0.0.x", false, false},
      {"http://2130706433", false, false},
      {"http://localhost.a.example", false, false},
      {"HTTPS://a.example", false, false},
      {"https:/a.example", false, false},
      {"https://", false, false},
      {"https:///x", false, false},
      {"https://?x", false, false},
      {"https://:80/", false, false},
      {"https://a.example:", false, false},
      {"https://a.example:x", false, false},
      {"https://a.example:1234567", false, false},
      {"https://user:pw@a.example", false, false},
      {"https://a.example\\@b.example", false, false},
      {"https://a.example/x#y", false, false},
      {"https://a.example/ x", false, false},
      {"https://a.example/\"x", false, false},
      {"https://a.example/\x7f", false, false},
      {"https://\xC3\xA9.example", false, false},
      {"https://[::1/x", false, false},
      {"https://[zz]/x", false, false},
      {"", false, false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(check_url(row.url, {}).has_value(), row.secure) << row.url;
    EXPECT_EQ(check_url(row.url, {.plain_loopback = true}).has_value(), row.loopback) << row.url;
  }
  EXPECT_FALSE(check_url("https://a.example/" + std::string(2048, 'x'), {}));
  EXPECT_FALSE(check_url("https://a.example?x", {.query = false}));
}

}  // namespace
}  // namespace saiph::identity
