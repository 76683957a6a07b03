#include "identity/jwt.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "codec/base64/base64.h"
#include "crypto/secret.h"
#include "identity/strict_json.h"

namespace saiph::identity {

namespace {

using codec::JsonKind;
using codec::JsonValue;
using crypto::JwsAlgorithm;
using crypto::JwsKey;

constexpr std::size_t kMaxKeyId = 256;
constexpr std::size_t kMaxSubject = 255;  // OpenID Connect Core, section 2
constexpr std::size_t kMaxAudiences = 32;
constexpr std::int64_t kMaxSkewMs = 5 * kMinuteMs;
constexpr double kMaxNumericDate = 253402300799.0;  // the last second of the year 9999

Error malformed(const char* reason) {
  return {ErrorCode::kMalformed, std::string("not a token: ") + reason};
}
Error denied(const char* reason) {
  return {ErrorCode::kDenied, std::string("the token is refused: ") + reason};
}

// --- keys

/// The bytes of a member in exact base64url; nothing when it is absent or anything else.
std::optional<Bytes> number_member(const JsonValue& key, std::string_view name) {
  const std::string_view text = text_member(key, name);
  if (text.empty()) return std::nullopt;
  return codec::decode_base64_url_exact(text);
}

Error unusable(const char* reason) {
  return {ErrorCode::kUnsupported, reason};
}

/// Whether its owner meant this key for verifying signatures.
Status check_purpose(const JsonValue& key) {
  static constexpr std::array<std::string_view, 8> kPrivate = {"d",  "p",  "q",   "dp",
                                                               "dq", "qi", "oth", "k"};
  for (const std::string_view name : kPrivate) {
    if (key.find(name) != nullptr)
      return unusable("it holds a secret, which a public set must not");
  }
  if (const JsonValue* const use = key.find("use"); use != nullptr && use->string() != "sig") {
    return unusable("its use is not signatures");
  }
  if (const JsonValue* const operations = key.find("key_ops");
      operations != nullptr && !lists(*operations, "verify")) {
    return unusable("its operations do not include verifying");
  }
  return {};
}

Result<JwsKey> key_of(const JsonValue& key) {
  SAIPH_CHECK(check_purpose(key));
  const std::string_view type = text_member(key, "kty");
  const std::string_view curve = text_member(key, "crv");
  const JsonValue* const named = key.find("alg");
  // A key that names no algorithm has the usual one of its kind.
  const auto usual = type == "EC"    ? JwsAlgorithm::kEs256
                     : type == "OKP" ? JwsAlgorithm::kEdDsa
                                     : JwsAlgorithm::kRs256;
  const auto known =
      named == nullptr ? std::optional(usual) : crypto::parse_jws_algorithm(named->string());
  if (!known) return unusable("its algorithm is not one that is accepted");
  const JwsAlgorithm algorithm = *known;
  if (type == "RSA" && (algorithm == JwsAlgorithm::kRs256 || algorithm == JwsAlgorithm::kPs256)) {
    const auto n = number_member(key, "n");
    const auto e = number_member(key, "e");
    if (!n || !e) return unusable("its numbers are not in base64url");
    return JwsKey::rsa(algorithm, *n, *e);
  }
  if (type == "EC" && curve == "P-256" && algorithm == JwsAlgorithm::kEs256) {
    const auto x = number_member(key, "x");
    const auto y = number_member(key, "y");
    if (!x || !y) return unusable("its numbers are not in base64url");
    return JwsKey::p256(*x, *y);
  }
  if (type == "OKP" && curve == "Ed25519" && algorithm == JwsAlgorithm::kEdDsa) {
    const auto x = number_member(key, "x");
    if (!x) return unusable("its number is not in base64url");
    return JwsKey::ed25519(*x);
  }
  return unusable("its kind, curve or algorithm is not one that is accepted");
}

// --- tokens

struct Segments {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;  ///< header, dot, payload
};

Result<Segments> split(std::string_view token) {
  const auto dots = std::ranges::count(token, '.');
  if (dots == 4) return Error(ErrorCode::kUnsupported, "encrypted tokens are not read");
  if (dots != 2) return malformed("it does not have three parts");
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  const Segments segments{token.substr(0, first), token.substr(first + 1, second - first - 1),
                          token.substr(second + 1), token.substr(0, second)};
  if (segments.header.empty() || segments.payload.empty()) return malformed("a part is empty");
  if (segments.signature.empty()) return denied("it is not signed");
  return segments;
}

Result<JsonValue> decode_object(std::string_view segment) {
  const auto bytes = codec::decode_base64_url_exact(segment);
  if (!bytes) return malformed("a part is not exact base64url");
  auto object = parse_strict_object(*bytes);
  if (!object) return object.error().wrap("not a token");
  return object;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_type(std::string_view type, std::string_view expected) {
  static constexpr std::string_view kApplication = "application/";
  const auto equal = [](std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
  };
  if (equal(type.substr(0, kApplication.size()), kApplication)) {
    type.remove_prefix(kApplication.size());
  }
  return equal(type, expected);
}

/// The key that the header leads to, after everything the header must not say.
Result<const JwsKey*> key_for(const JsonValue& header, const Jwks& keys, std::string_view type) {
  if (header.find("crit") != nullptr) {
    return Error(ErrorCode::kUnsupported, "a token with critical extensions");
  }
  for (const char* const name : {"jwk", "jku", "x5u", "x5c", "b64"}) {
    if (header.find(name) != nullptr) return denied("its header brings a key, or changes the body");
  }
  const JsonValue* const typ = header.find("typ");
  if (typ == nullptr ? !same_type("JWT", type) : !same_type(typ->string(), type)) {
    return denied("it is of another type");
  }
  const auto algorithm = crypto::parse_jws_algorithm(text_member(header, "alg"));
  if (!algorithm) return denied("its algorithm is not one that is accepted");
  std::optional<std::string_view> id;
  if (const JsonValue* const kid = header.find("kid"); kid != nullptr) {
    if (!kid->is_string() || kid->string().empty() || kid->string().size() > kMaxKeyId) {
      return malformed("its key's name is no name");
    }
    id = kid->string();
  }
  const JwsKey* const key = keys.find(id);
  if (key == nullptr) return Error(ErrorCode::kNotFound, "the token's key is not in the set");
  if (key->algorithm() != *algorithm) return denied("its algorithm is not its key's");
  return key;
}

/// A NumericDate (RFC 7519, section 2); fractions are allowed there.
Result<UnixMillis> date(const JsonValue& claims, const char* name, const char* reason) {
  const JsonValue* const claim = claims.find(name);
  const auto seconds = claim == nullptr ? std::nullopt : claim->real();
  if (!seconds || !(*seconds >= 0) || *seconds > kMaxNumericDate) return denied(reason);
  return static_cast<UnixMillis>(std::floor(*seconds * 1000.0));
}

Status check_times(JwtClaims& claims, const JwtExpectations& expected, UnixMillis now) {
  const std::int64_t skew = expected.clock_skew_ms;
  SAIPH_TRY(claims.expires, date(claims.all, "exp", "its end (exp) is missing or no time"));
  SAIPH_TRY(claims.issued,
            date(claims.all, "iat", "its time of issue (iat) is missing or no time"));
  if (now - skew >= claims.expires) return denied("it has expired");
  if (claims.issued > now + skew) return denied("it was issued in the future");
  if (now - skew - claims.issued > expected.longest_age_ms) return denied("it was issued long ago");
  if (claims.all.find("nbf") != nullptr) {
    SAIPH_TRY(const UnixMillis start, date(claims.all, "nbf", "its start (nbf) is no time"));
    if (start > now + skew) return denied("it is not valid yet");
  }
  return {};
}

Status check_audience(JwtClaims& claims, std::string_view expected) {
  const JsonValue* const audience = claims.all.find("aud");
  if (audience == nullptr) return denied("it names no audience");
  if (audience->is_string()) {
    claims.audience.emplace_back(audience->string());
  } else {
    if (!audience->is_array() || audience->items().size() > kMaxAudiences) {
      return denied("its audience is no list of names");
    }
    for (const JsonValue& item : audience->items()) {
      if (!item.is_string()) return denied("its audience is no list of names");
      claims.audience.emplace_back(item.string());
    }
  }
  if (std::ranges::find(claims.audience, expected) == claims.audience.end()) {
    return denied("it is for another audience");
  }
  const JsonValue* const party = claims.all.find("azp");
  if (party == nullptr ? claims.audience.size() > 1
                       : !party->is_string() || party->string() != expected) {
    return denied("it was issued to another party (azp)");
  }
  return {};
}

Status check_claims(JwtClaims& claims, const JwtExpectations& expected, UnixMillis now) {
  const JsonValue* const issuer = claims.all.find("iss");
  if (issuer == nullptr || !issuer->is_string() || issuer->string() != expected.issuer) {
    return denied("it is from another issuer");
  }
  claims.issuer = issuer->string();
  claims.subject = text_member(claims.all, "sub");
  if (claims.subject.empty() || claims.subject.size() > kMaxSubject) {
    return denied("its subject is missing or too long");
  }
  SAIPH_CHECK(check_audience(claims, expected.audience));
  SAIPH_CHECK(check_times(claims, expected, now));
  if (expected.nonce) {
    const std::string_view nonce = text_member(claims.all, "nonce");
    if (nonce.empty() || !crypto::constant_time_equal(as_bytes(nonce), as_bytes(*expected.nonce))) {
      return denied("its nonce is not the one of this login");
    }
  }
  return {};
}

}  // namespace

Result<Jwks> Jwks::parse(ByteView json) {
  if (json.size() > kMaxJwksBytes) return Error(ErrorCode::kLimit, "the key set is too long");
  auto root = parse_strict_object(json);
  if (!root) return root.error().wrap("not a key set");
  const JsonValue* const list = root->find("keys");
  if (list == nullptr || !list->is_array()) {
    return Error(ErrorCode::kMalformed, "not a key set: it has no list of keys");
  }
  if (list->items().size() > kMaxJwksKeys) {
    return Error(ErrorCode::kLimit, "the key set has more than 64 keys");
  }
  Jwks set;
  const auto& items = list->items();
  const auto skip = [&set, &items](std::size_t index, std::string_view reason) {
    std::string text = "key " + std::to_string(index + 1);
    if (const std::string_view id = text_member(items[index], "kid"); !id.empty()) {
      text += " (kid \"" + std::string(id.substr(0, kMaxKeyId)) + "\")";
    }
    set.skipped_.push_back(text + ": " + std::string(reason));
  };
  for (std::size_t i = 0; i < items.size(); ++i) {
    const JsonValue* const id = items[i].find("kid");
    if (id != nullptr &&
        (!id->is_string() || id->string().empty() || id->string().size() > kMaxKeyId)) {
      skip(i, "its name is no name");
      continue;
    }
    const auto same_name = [id](const JsonValue& other) {
      return id != nullptr && text_member(other, "kid") == id->string();
    };
    if (std::ranges::count_if(items, same_name) > 1) {
      skip(i, "several keys have this name");
      continue;
    }
    auto key = key_of(items[i]);
    if (!key) {
      skip(i, key.error().message());
      continue;
    }
    set.keys_.push_back(
        {id == nullptr ? std::string() : std::string(id->string()), std::move(*key)});
  }
  return set;
}

const JwsKey* Jwks::find(std::optional<std::string_view> id) const {
  if (!id) return keys_.size() == 1 ? &keys_.front().key : nullptr;
  const auto found = std::ranges::find_if(
      keys_, [id](const Jwk& candidate) { return !id->empty() && candidate.id == *id; });
  return found == keys_.end() ? nullptr : &found->key;
}

std::string_view JwtClaims::text(std::string_view claim) const {
  return text_member(all, claim);
}

Result<JwtClaims> verify_jwt(std::string_view token, const Jwks& keys,
                             const JwtExpectations& expected, UnixMillis now) {
  if (expected.issuer.empty() || expected.audience.empty() || expected.clock_skew_ms < 0 ||
      expected.clock_skew_ms > kMaxSkewMs || expected.longest_age_ms <= 0 ||
      (expected.nonce && expected.nonce->empty())) {
    return Error(ErrorCode::kInvalidArgument, "a token cannot be checked against nothing");
  }
  if (token.size() > kMaxJwtBytes) return Error(ErrorCode::kLimit, "the token is too long");
  SAIPH_TRY(const Segments segments, split(token));
  const auto signature = codec::decode_base64_url_exact(segments.signature);
  if (!signature) return malformed("a part is not exact base64url");
  SAIPH_TRY(const JsonValue header, decode_object(segments.header));
  SAIPH_TRY(const JwsKey* const key, key_for(header, keys, expected.type));
  // The claims are not even parsed before the signature holds.
  if (!key->verify(as_bytes(segments.signed_part), *signature)) {
    return denied("its signature does not hold");
  }
  JwtClaims claims;
  claims.algorithm = key->algorithm();
  SAIPH_TRY(claims.all, decode_object(segments.payload));
  SAIPH_CHECK(check_claims(claims, expected, now));
  return claims;
}

}  // namespace saiph::identity
