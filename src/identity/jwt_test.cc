#include "identity/jwt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/hmac.h"
#include "identity/token_maker_for_test.h"

namespace saiph::identity {
namespace {

using crypto::JwsAlgorithm;

constexpr UnixMillis kNow = 1'800'000'000'000;
constexpr std::int64_t kNowSeconds = kNow / 1000;

/// RSA keys are slow to make: one for all tests.
const TokenMakerForTest& rsa() {
  static const TokenMakerForTest maker(JwsAlgorithm::kRs256, "rsa");
  return maker;
}
const TokenMakerForTest& ec() {
  static const TokenMakerForTest maker(JwsAlgorithm::kEs256, "ec");
  return maker;
}

JwtExpectations expectations() {
  JwtExpectations expected;
  expected.issuer = "https://id.example";
  expected.audience = "saiph";
  expected.nonce = "n-1";
  return expected;
}

std::string times(std::int64_t issued, std::int64_t expires) {
  return R"("iat":)" + std::to_string(issued) + R"(,"exp":)" + std::to_string(expires);
}

/// Good claims with one part replaced.
struct Claims {
  std::string iss = R"("iss":"https://id.example")";
  std::string sub = R"("sub":"person-1")";
  std::string aud = R"("aud":"saiph")";
  std::string nonce = R"("nonce":"n-1")";
  std::string time = times(kNowSeconds, kNowSeconds + 300);
  std::string more;

  std::string text() const {
    std::string out;
    for (const std::string& part : {iss, sub, aud, nonce, time, more}) {
      if (part.empty()) continue;
      out += out.empty() ? "" : ",";
      out += part;
    }
    return "{" + out + "}";
  }
};

Jwks set_of(const std::string& json) {
  auto set = Jwks::parse(as_bytes(json));
  EXPECT_TRUE(set) << set.error().describe();
  return set ? std::move(*set) : Jwks();
}

/// kInternal stands for "accepted".
ErrorCode outcome(std::string_view token, const Jwks& keys,
                  const JwtExpectations& expected = expectations(), UnixMillis now = kNow) {
  const auto claims = verify_jwt(token, keys, expected, now);
  return claims ? ErrorCode::kInternal : claims.error().code();
}
constexpr ErrorCode kAccepted = ErrorCode::kInternal;

TEST(Jwt, AcceptsEveryAlgorithmOfItsKeys) {
  for (const auto algorithm :
       {JwsAlgorithm::kRs256, JwsAlgorithm::kPs256, JwsAlgorithm::kEs256, JwsAlgorithm::kEdDsa}) {
    const TokenMakerForTest maker(algorithm, "k");
    const auto claims =
        verify_jwt(maker.token(Claims().text()), set_of(maker.jwks()), expectations(), kNow);
    ASSERT_TRUE(claims) << maker.algorithm() << claims.error().describe();
    EXPECT_EQ(claims->subject, "person-1");
    EXPECT_EQ(claims->issuer, "https://id.example");
    EXPECT_EQ(claims->audience, std::vector<std::string>{"saiph"});
    EXPECT_EQ(claims->issued, kNow);
    EXPECT_EQ(claims->expires, kNow + 300'000);
    EXPECT_EQ(claims->algorithm, algorithm);
    EXPECT_EQ(claims->text("nonce"), "n-1");
    EXPECT_EQ(claims->text("absent"), "");
  }
}

TEST(Jwt, TheAlgorithmIsTheKeysAndNeverTheTokens) {
  const Jwks keys = set_of(R"({"keys":[)" + rsa().jwk() + "," + ec().jwk() + "]}");
  const std::string claims = Claims().text();
  const auto forged = [&](const std::string& header, const Bytes& signature) {
    return url64(header) + "." + url64(claims) + "." + codec::encode_base64_url(signature);
  };
  // RFC 8725, 2.1: no signature at all, in all spellings.
  for (const char* const none : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = std::string(R"({"alg":")") + none + R"(","kid":"rsa"})";
    EXPECT_EQ(outcome(url64(header) + "." + url64(claims) + ".", keys), ErrorCode::kDenied) << none;
    EXPECT_EQ(outcome(forged(header, {1}), keys), ErrorCode::kDenied) << none;
  }
  // The public key used as the secret of an HMAC: in all the texts that it has.
  const std::string header = R"({"alg":"HS256","kid":"rsa"})";
  const std::string signed_part = url64(header) + "." + url64(claims);
  for (const std::string& secret :
       {rsa().jwk(), rsa().jwks(), std::string(as_text(rsa().signer().modulus())),
        codec::encode_base64_url(rsa().signer().modulus())}) {
    const Digest mac = crypto::hmac_sha256(as_bytes(secret), as_bytes(signed_part));
    EXPECT_EQ(outcome(forged(header, Bytes(mac.bytes.begin(), mac.bytes.end())), keys),
              ErrorCode::kDenied);
  }
  // A right signature under another name.
  for (const char* const name : {"PS256", "RS512", "ES256", "EdDSA", "rs256", "RS256 "}) {
    const std::string other = std::string(R"({"alg":")") + name + R"(","kid":"rsa"})";
    EXPECT_EQ(outcome(rsa().token(other, claims), keys), ErrorCode::kDenied) << name;
  }
  // One key's name, another one's signature.
  EXPECT_EQ(outcome(ec().token(R"({"alg":"RS256","kid":"rsa"})", claims), keys),
            ErrorCode::kDenied);
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256","kid":"rsa"})", claims), keys),
            ErrorCode::kDenied);
}

TEST(Jwt, KeysAreFoundByTheirNameAlone) {
  const Jwks both = set_of(R"({"keys":[)" + rsa().jwk() + "," + ec().jwk() + "]}");
  const Jwks one = set_of(ec().jwks());
  const std::string claims = Claims().text();
  EXPECT_EQ(outcome(ec().token(claims), both), kAccepted);
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256"})", claims), one), kAccepted);
  // With several keys a token without a name is a guess.
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256"})", claims), both), ErrorCode::kNotFound);
  for (const char* const kid :
       {"\"EC\"", "\"ec \"", "\"../ec\"", "\"ec' OR 1=1\"", "\"e\\u0063x\""}) {
    const std::string header = std::string(R"({"alg":"ES256","kid":)") + kid + "}";
    EXPECT_EQ(outcome(ec().token(header, claims), one), ErrorCode::kNotFound) << kid;
  }
  // The same name in another spelling of JSON is the same name.
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256","kid":"e\u0063"})", claims), one), kAccepted);
  for (const char* const kid : {"null", "1", "[\"ec\"]", "{}", "\"\""}) {
    const std::string header = std::string(R"({"alg":"ES256","kid":)") + kid + "}";
    EXPECT_EQ(outcome(ec().token(header, claims), one), ErrorCode::kMalformed) << kid;
  }
  EXPECT_EQ(outcome(ec().token(claims), Jwks()), ErrorCode::kNotFound);
}

TEST(Jwt, HeadersThatWantMoreAreRefused) {
  const Jwks keys = set_of(ec().jwks());
  struct Row {
    std::string header;
    ErrorCode code;
  };
  const Row rows[] = {
      {R"({"alg":"ES256","kid":"ec","crit":["exp"],"exp":1})", ErrorCode::kUnsupported},
      {R"({"alg":"ES256","kid":"ec","crit":[]})", ErrorCode::kUnsupported},
      {R"({"alg":"ES256","kid":"ec","b64":false})", ErrorCode::kDenied},
      {R"({"alg":"ES256","jwk":)" + ec().jwk() + "}", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","jku":"https://evil.example/keys"})", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","x5u":"https://evil.example/c"})", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","x5c":["AAAA"]})", ErrorCode::kDenied},
      {R"({"kid":"ec"})", ErrorCode::kDenied},
      {R"({"alg":null,"kid":"ec"})", ErrorCode::kDenied},
      {R"({"alg":["ES256"],"kid":"ec"})", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","typ":"at+jwt"})", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","typ":1})", ErrorCode::kDenied},
      {R"({"alg":"ES256","kid":"ec","typ":"jwt"})", kAccepted},
      {R"({"alg":"ES256","kid":"ec","typ":"application/JWT"})", kAccepted},
      {R"({"alg":"ES256","kid":"ec","x5t":"abc","zzz":[1,2]})", kAccepted},
      {R"({"alg":"none","alg":"ES256","kid":"ec"})", ErrorCode::kMalformed},
      {R"({"alg":"ES256","kid":"ec","kid":"ec"})", ErrorCode::kMalformed},
      {R"({"alg":"ES256","kid":"ec","a":{"b":1,"b":2}})", ErrorCode::kMalformed},
      {R"({"alg":"ES256","kid":"ec",})", ErrorCode::kMalformed},
      {R"({"alg":"ES256","kid":"ec"}{})", ErrorCode::kMalformed},
      {R"(["ES256"])", ErrorCode::kMalformed},
      {"\xEF\xBB\xBF"
       R"({"alg":"ES256","kid":"ec"})",
       ErrorCode::kMalformed},
      {"{\"alg\":\"ES256\",\"kid\":\"\xFF\"}", ErrorCode::kMalformed},
      {std::string(200, '['), ErrorCode::kLimit},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(outcome(ec().token(row.header, Claims().text()), keys), row.code) << row.header;
  }
  JwtExpectations access = expectations();
  access.type = "at+jwt";
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256","kid":"ec"})", Claims().text()), keys, access),
            ErrorCode::kDenied);
  EXPECT_EQ(outcome(ec().token(R"({"alg":"ES256","kid":"ec","typ":"AT+JWT"})", Claims().text()),
                    keys, access),
            kAccepted);
}

TEST(Jwt, OnlyThreeSegmentsOfExactBase64Url) {
  const Jwks keys = set_of(ec().jwks());
  const std::string good = ec().token(Claims().text());
  ASSERT_EQ(outcome(good, keys), kAccepted);
  const std::size_t first = good.find('.');
  const std::size_t second = good.rfind('.');
  const std::string head = good.substr(0, first);
  const std::string body = good.substr(first + 1, second - first - 1);
  const std::string end = good.substr(second + 1);
  // A last character with other spare bits: 64 bytes leave four of them zero.
  std::string spare = end;
  spare.back() = spare.back() == 'A' ? 'B' : static_cast<char>(spare.back() + 1);
  for (const std::string& bad : {std::string(),
                                 std::string("."),
                                 std::string(".."),
                                 std::string("..."),
                                 head,
                                 head + "." + body,
                                 good + ".",
                                 "." + good,
                                 good + "." + end,
                                 head + ".." + end,
                                 "." + body + "." + end,
                                 good + "=",
                                 good + "==",
                                 good + "\n",
                                 " " + good,
                                 good + " ",
                                 head + "=." + body + "." + end,
                                 head + "." + body + "." + spare,
                                 head + "." + body + ".+" + end.substr(1),
                                 head + "." + body + "./" + end.substr(1),
                                 good + std::string(1, '\0'),
                                 std::string(R"({"payload":"e30","signatures":[]})")}) {
    EXPECT_EQ(outcome(bad, keys), ErrorCode::kMalformed) << bad;
  }
  EXPECT_EQ(outcome(head + "." + body + ".", keys), ErrorCode::kDenied);
  EXPECT_NE(outcome(good + "A", keys), kAccepted);  // another length, with or without spare bits
  EXPECT_EQ(outcome("a.b.c.d.e", keys), ErrorCode::kUnsupported);
  EXPECT_EQ(outcome(std::string(kMaxJwtBytes + 1, 'A'), keys), ErrorCode::kLimit);
  EXPECT_EQ(outcome(std::string(kMaxJwtBytes, '.'), keys), ErrorCode::kMalformed);
  // Every change of any character ends it.
  for (std::size_t i = 0; i < good.size(); i += 3) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(outcome(changed, keys), kAccepted) << i;
  }
}

TEST(Jwt, ClaimsAreDemanded) {
  const Jwks keys = set_of(ec().jwks());
  const auto with = [](auto change) {
    Claims claims;
    change(claims);
    return claims.text();
  };
  struct Row {
    std::string claims;
    ErrorCode code;
  };
  const std::string exp = R"("exp":)" + std::to_string(kNowSeconds + 300);
  const std::string iat = R"("iat":)" + std::to_string(kNowSeconds);
  const Row rows[] = {
      {with([](Claims& c) { c.iss = ""; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.iss = R"("iss":"https://id.example/")"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.iss = R"("iss":["https://id.example"])"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.sub = ""; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.sub = R"("sub":"")"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.sub = R"("sub":7)"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.sub = R"("sub":")" + std::string(256, 'x') + "\""; }),
       ErrorCode::kDenied},
      {with([](Claims& c) { c.sub = R"("sub":")" + std::string(255, 'x') + "\""; }), kAccepted},
      {with([](Claims& c) { c.aud = ""; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":"other")"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":[])"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":["saiph"])"; }), kAccepted},
      {with([](Claims& c) { c.aud = R"("aud":["saiph",1])"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":{"saiph":1})"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":["saiph","other"])"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":["saiph","other"],"azp":"other")"; }),
       ErrorCode::kDenied},
      {with([](Claims& c) { c.aud = R"("aud":["saiph","other"],"azp":"saiph")"; }), kAccepted},
      {with([](Claims& c) { c.more = R"("azp":"other")"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.more = R"("azp":null)"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.nonce = ""; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.nonce = R"("nonce":"n-2")"; }), ErrorCode::kDenied},
      {with([](Claims& c) { c.nonce = R"("nonce":["n-1"])"; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = iat; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = exp; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = iat + R"(,"exp":"9999999999")"; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = iat + R"(,"exp":1e300)"; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = iat + R"(,"exp":9223372036854775808)"; }),
       ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = iat + R"(,"exp":null)"; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time = exp + R"(,"iat":-1)"; }), ErrorCode::kDenied},
      {with([&](Claims& c) { c.time += R"(,"exp":1)"; }), ErrorCode::kMalformed},
      {with([](Claims& c) { c.more = R"("sub":"admin")"; }), ErrorCode::kMalformed},
      {with([](Claims& c) { c.more = R"("s\u0075b":"admin")"; }), ErrorCode::kMalformed},
      {with([](Claims& c) { c.more = R"("deep":{"a":[{"x":1,"x":1}]})"; }), ErrorCode::kMalformed},
      {"[]", ErrorCode::kMalformed},
      {"", ErrorCode::kMalformed},
      {"{", ErrorCode::kMalformed},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(outcome(ec().token(row.claims), keys), row.code) << row.claims;
  }
}

TEST(Jwt, ClocksMayDifferByTheSkewAndNoMore) {
  const Jwks keys = set_of(ec().jwks());
  struct Row {
    std::string times;
    ErrorCode code;
  };
  const std::int64_t n = kNowSeconds;
  const Row rows[] = {
      {times(n - 100, n - 59), kAccepted},
      {times(n - 100, n - 60), ErrorCode::kDenied},  // RFC 7519, 4.1.4: on or after is too late
      {times(n - 100, n - 61), ErrorCode::kDenied},
      {times(n + 60, n + 300), kAccepted},
      {times(n + 61, n + 300), ErrorCode::kDenied},
      {times(n - 86'400 - 60, n + 300), kAccepted},
      {times(n - 86'400 - 61, n + 300), ErrorCode::kDenied},
      {times(n, n + 300) + R"(,"nbf":)" + std::to_string(n + 60), kAccepted},
      {times(n, n + 300) + R"(,"nbf":)" + std::to_string(n + 61), ErrorCode::kDenied},
      {times(n, n + 300) + R"(,"nbf":"0")", ErrorCode::kDenied},
      {R"("iat":)" + std::to_string(n) + ".5,\"exp\":" + std::to_string(n) + ".75", kAccepted},
  };
  for (const Row& row : rows) {
    Claims claims;
    claims.time = row.times;
    EXPECT_EQ(outcome(ec().token(claims.text()), keys), row.code) << row.times;
  }
  JwtExpectations strict = expectations();
  strict.clock_skew_ms = 0;
  Claims claims;
  claims.time = times(n, n + 1);
  const std::string token = ec().token(claims.text());
  EXPECT_EQ(outcome(token, keys, strict, kNow), kAccepted);
  EXPECT_EQ(outcome(token, keys, strict, kNow + 999), kAccepted);
  EXPECT_EQ(outcome(token, keys, strict, kNow + 1000), ErrorCode::kDenied);
  EXPECT_EQ(outcome(token, keys, strict, kNow - 1), ErrorCode::kDenied);
}

TEST(Jwt, NothingToExpectIsAnError) {
  const Jwks keys = set_of(ec().jwks());
  const std::string token = ec().token(Claims().text());
  for (const auto& spoil : std::vector<void (*)(JwtExpectations&)>{
           [](JwtExpectations& e) { e.issuer = ""; }, [](JwtExpectations& e) { e.audience = ""; },
           [](JwtExpectations& e) { e.nonce = ""; },
           [](JwtExpectations& e) { e.clock_skew_ms = 5 * kMinuteMs + 1; },
           [](JwtExpectations& e) { e.clock_skew_ms = -1; },
           [](JwtExpectations& e) { e.longest_age_ms = 0; }}) {
    JwtExpectations expected = expectations();
    spoil(expected);
    EXPECT_EQ(outcome(token, keys, expected), ErrorCode::kInvalidArgument);
  }
  JwtExpectations no_nonce = expectations();
  no_nonce.nonce.reset();
  EXPECT_EQ(outcome(token, keys, no_nonce), kAccepted);
}

TEST(Jwks, TakesOnlyKeysThatMayVerify) {
  struct Row {
    std::string jwk;
    bool taken;
  };
  const std::string n = codec::encode_base64_url(rsa().signer().modulus());
  const std::string x = codec::encode_base64_url(ec().signer().x());
  const std::string y = codec::encode_base64_url(ec().signer().y());
  const auto rsa_of = [](const std::string& modulus, const std::string& e,
                         const std::string& more) {
    return R"({"kty":"RSA","kid":"r","n":")" + modulus + R"(","e":")" + e + "\"" + more + "}";
  };
  const Row rows[] = {
      {rsa_of(n, "AQAB", ""), true},
      {rsa_of(n, "AQAB", R"(,"alg":"PS256")"), true},
      {rsa_of(n, "AQAB", R"(,"alg":"RS384")"), false},
      {rsa_of(n, "AQAB", R"(,"alg":"HS256")"), false},
      {rsa_of(n, "AQAB", R"(,"alg":"ES256")"), false},
      {rsa_of(n, "AQAB", R"(,"alg":null)"), false},
      {rsa_of(n, "AQAB", R"(,"use":"enc")"), false},
      {rsa_of(n, "AQAB", R"(,"use":1)"), false},
      {rsa_of(n, "AQAB", R"(,"key_ops":["verify"])"), true},
      {rsa_of(n, "AQAB", R"(,"key_ops":["encrypt"])"), false},
      {rsa_of(n, "AQAB", R"(,"key_ops":"verify")"), false},
      {rsa_of(n, "AQAB", R"(,"d":"AQAB")"), false},
      {rsa_of(n, "AQAB", R"(,"x5c":["MII"],"x5t":"abc")"), true},
      {rsa_of(n, "Aw", ""), false},                                        // exponent 3
      {rsa_of(n, "AQ", ""), false},                                        // exponent 1
      {rsa_of(n, codec::encode_base64_url(Bytes(256, 0xFF)), ""), false},  // huge exponent
      {rsa_of(n, "AQAB=", ""), false},
      {rsa_of(n, "", ""), false},
      {rsa_of(codec::encode_base64_url(Bytes(2048, 0xFF)), "AQAB", ""), false},
      {rsa_of(codec::encode_base64_url(Bytes(64, 0xFF)), "AQAB", ""), false},
      {rsa_of("AA" + n, "AQAB", ""), false},
      {R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + y + "\"}", true},
      {R"({"kty":"EC","crv":"P-256","x":")" + y + R"(","y":")" + x + "\"}",
       false},  // off the curve
      {R"({"kty":"EC","crv":"P-384","x":")" + x + R"(","y":")" + y + "\"}", false},
      {R"({"kty":"EC","crv":"P-256","alg":"RS256","x":")" + x + R"(","y":")" + y + "\"}", false},
      {R"({"kty":"EC","crv":"P-256","x":")" + x + "\"}", false},
      {R"({"kty":"OKP","crv":"Ed25519","x":")" + x + "\"}", true},
      {R"({"kty":"OKP","crv":"X25519","x":")" + x + "\"}", false},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AAAA"})", false},
      {R"({"kty":"oct","k":"AAAA","alg":"HS256"})", false},
      {R"({"kty":"oct"})", false},
      {R"({"kid":""})", false},
      {R"({"kid":7})", false},
      {R"({})", false},
      {R"("key")", false},
      {R"(null)", false},
  };
  for (const Row& row : rows) {
    const auto set = Jwks::parse(as_bytes(R"({"keys":[)" + row.jwk + "]}"));
    ASSERT_TRUE(set) << row.jwk;
    EXPECT_EQ(set->keys().size(), row.taken ? 1U : 0U) << row.jwk;
    EXPECT_EQ(set->skipped().size(), row.taken ? 0U : 1U) << row.jwk;
  }
}

TEST(Jwks, OfSeveralKeysWithOneNameNoneIsTaken) {
  const TokenMakerForTest other(JwsAlgorithm::kEs256, "ec");
  const Jwks set = set_of(R"({"keys":[)" + ec().jwk() + "," + rsa().jwk() + "," + other.jwk() +
                          R"(,{"kty":"oct","k":"AAAA","kid":"rsa2"}]})");
  ASSERT_EQ(set.keys().size(), 1U);
  EXPECT_EQ(set.keys()[0].id, "rsa");
  EXPECT_EQ(set.skipped().size(), 3U);
  EXPECT_EQ(set.find("ec"), nullptr);
  EXPECT_NE(set.find("rsa"), nullptr);
  EXPECT_EQ(outcome(ec().token(Claims().text()), set), ErrorCode::kNotFound);
}

TEST(Jwks, SetsThatAreNoneAreErrors) {
  const auto code = [](const std::string& json) {
    const auto set = Jwks::parse(as_bytes(json));
    return set ? kAccepted : set.error().code();
  };
  EXPECT_EQ(code(R"({"keys":[]})"), kAccepted);
  EXPECT_EQ(code(""), ErrorCode::kMalformed);
  EXPECT_EQ(code("[]"), ErrorCode::kMalformed);
  EXPECT_EQ(code("{}"), ErrorCode::kMalformed);
  EXPECT_EQ(code(R"({"keys":{}})"), ErrorCode::kMalformed);
  EXPECT_EQ(code(R"({"keys":[]} x)"), ErrorCode::kMalformed);
  EXPECT_EQ(code(R"({"keys":[],"keys":[]})"), ErrorCode::kMalformed);
  EXPECT_EQ(code(R"({"keys":[{"kty":"RSA","kty":"EC"}]})"), ErrorCode::kMalformed);
  std::string many = R"({"keys":[{})";
  for (std::size_t i = 1; i <= kMaxJwksKeys; ++i) many += ",{}";
  EXPECT_EQ(code(many + "]}"), ErrorCode::kLimit);
  EXPECT_EQ(code(R"({"keys":[)" + std::string(kMaxJwksBytes, ' ') + "]}"), ErrorCode::kLimit);
  EXPECT_EQ(code(R"({"keys":)" + std::string(100, '[')), ErrorCode::kLimit);
}

}  // namespace
}  // namespace saiph::identity
