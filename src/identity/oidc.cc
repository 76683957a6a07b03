#include "identity/oidc.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>

#include "base/escape.h"
#include "codec/base64/base64.h"
#include "crypto/seal.h"
#include "crypto/sha256.h"
#include "identity/pkce.h"
#include "identity/strict_json.h"
#include "identity/url.h"

namespace saiph::identity {

namespace {

using codec::JsonValue;

constexpr std::int64_t kCacheMs = kHourMs;
constexpr std::int64_t kUnknownKeyMs = kMinuteMs;
constexpr std::int64_t kAfterFailureMs = 5 * kSecondMs;
/// An ID token is fetched right after it was issued.
constexpr std::int64_t kLongestTokenAgeMs = 10 * kMinuteMs;
constexpr int kMostAtOnce = 8;
constexpr std::size_t kMaxCode = 4096;
constexpr std::size_t kMaxTokenAnswer = std::size_t{128} << 10;
constexpr std::size_t kMaxShownBytes = 256;
/// Ends of logins that are remembered; more within login_ms push the oldest out, and then the
/// provider's own rule (a code ends one login) stands alone.
constexpr std::size_t kMaxEnded = 4096;
/// What new_code_verifier makes: state and nonce are such texts too.
constexpr std::size_t kRandomText = 43;
constexpr std::size_t kTimeBytes = 8;
constexpr std::string_view kSealContext = "saiph oidc login 1";

Error denied(const std::string& reason) {
  return {ErrorCode::kDenied, "the login is refused: " + reason};
}
Error setting(const std::string& name, const std::string& reason) {
  return {ErrorCode::kInvalidArgument, name + ": " + reason};
}

/// What the provider says of itself, as far as it is used.
struct Metadata {
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string jwks_uri;
  bool basic = true;          ///< client_secret_basic; else client_secret_post
  bool names_issuer = false;  ///< RFC 9207
};

/// What is between begin and finish.
struct Pending {
  std::string state;
  std::string nonce;
  std::string verifier;
  UnixMillis until = 0;
};

/// A text of RFC 6749's error codes, or "an error without a name": nothing else of it is repeated.
std::string error_name(std::string_view name) {
  const bool plain =
      !name.empty() && name.size() <= 64 &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  return plain ? std::string(name) : "an error without a name";
}

Result<Metadata> read_metadata(std::string_view body, const OidcSettings& settings) {
  auto root = parse_strict_object(as_bytes(body));
  if (!root) return root.error().wrap("the provider's metadata");
  // OpenID Connect Discovery 4.3: else one provider could speak for another.
  if (text_member(*root, "issuer") != settings.issuer) {
    return Error(ErrorCode::kDenied, "the provider's metadata name another issuer");
  }
  Metadata metadata;
  const std::array<std::pair<const char*, std::string*>, 3> endpoints = {{
      {"authorization_endpoint", &metadata.authorization_endpoint},
      {"token_endpoint", &metadata.token_endpoint},
      {"jwks_uri", &metadata.jwks_uri},
  }};
  for (const auto& [name, place] : endpoints) {
    *place = text_member(*root, name);
    if (auto good = check_url(*place, {.plain_loopback = settings.allow_plain_loopback}); !good) {
      return Error(ErrorCode::kDenied,
                   std::string("the provider's ") + name + ": " + good.error().message());
    }
  }
  if (const JsonValue* const methods = root->find("code_challenge_methods_supported");
      methods != nullptr && !lists(*methods, "S256")) {
    return Error(ErrorCode::kUnsupported, "the provider does not know PKCE with S256");
  }
  if (const JsonValue* const ways = root->find("token_endpoint_auth_methods_supported");
      ways != nullptr && !settings.client_secret.empty()) {
    metadata.basic = lists(*ways, "client_secret_basic");
    if (!metadata.basic && !lists(*ways, "client_secret_post")) {
      return Error(ErrorCode::kUnsupported,
                   "the provider takes neither client_secret_basic nor client_secret_post");
    }
  }
  const JsonValue* const issuer = root->find("authorization_response_iss_parameter_supported");
  metadata.names_issuer = issuer != nullptr && issuer->boolean().value_or(false);
  return metadata;
}

/// A claim for display: bounded, valid UTF-8. Escaping is the sink's.
std::string shown(const JwtClaims& claims, std::string_view name) {
  return shorten(to_valid_utf8(claims.text(name)), kMaxShownBytes);
}

/// OpenID Connect Core 3.1.3.6, for algorithms with SHA-256. EdDSA has no agreed digest there, and
/// the code flow does not need the claim: the access token came over the same TLS connection.
Status check_access_token(const JwtClaims& claims, std::string_view access_token) {
  if (claims.all.find("at_hash") == nullptr || claims.algorithm == crypto::JwsAlgorithm::kEdDsa) {
    return {};
  }
  crypto::Sha256 hash;
  hash.update(as_bytes(access_token));
  const Digest digest = hash.finish();
  if (claims.text("at_hash") != codec::encode_base64_url(ByteView(digest.bytes).first(16))) {
    return denied("the access token is not the ID token's");
  }
  return {};
}

class AtOnce {
 public:
  explicit AtOnce(std::atomic<int>& count) : count_(count), in_(++count <= kMostAtOnce) {}
  AtOnce(const AtOnce&) = delete;
  AtOnce& operator=(const AtOnce&) = delete;
  ~AtOnce() { --count_; }
  bool in() const { return in_; }

 private:
  std::atomic<int>& count_;
  bool in_;
};

/// A document of the provider and when it was fetched.
template <typename T>
struct Cached {
  std::shared_ptr<const T> value;
  UnixMillis fetched = 0;
  std::optional<UnixMillis> failed;

  /// A clock that went back makes it old, not new for longer.
  bool fresh(UnixMillis now, std::int64_t for_ms) const {
    return value != nullptr && now >= fetched && now - fetched < for_ms;
  }
  bool failed_just_now(UnixMillis now) const {
    return failed && now >= *failed && now - *failed < kAfterFailureMs;
  }
};

}  // namespace

struct OidcClient::Impl {
  OidcSettings settings;
  Fetch fetch;
  crypto::SecretBytes key;  ///< seals cookies
  std::atomic<int> inside{0};

  /// Held while a document is fetched: many logins at once fetch it once.
  std::mutex documents_mutex;
  Cached<Metadata> metadata;  ///< guarded by documents_mutex
  Cached<Jwks> keys;          ///< guarded by documents_mutex

  std::mutex ended_mutex;
  std::deque<std::pair<Digest, UnixMillis>> ended;  ///< guarded by ended_mutex; oldest first

  Result<std::string> get(const std::string& url) const;
  template <typename T, typename Read>
  Result<std::shared_ptr<const T>> document(Cached<T>& cached, std::int64_t for_ms,
                                            const std::string& url, UnixMillis now, Read read);
  Result<std::shared_ptr<const Metadata>> provider(UnixMillis now);
  Result<std::shared_ptr<const Jwks>> provider_keys(const Metadata& from, std::int64_t for_ms,
                                                    UnixMillis now);
  Result<std::string> seal_cookie(const Pending& pending) const;
  Result<Pending> open_cookie(std::string_view cookie) const;
  Status end_once(std::string_view state, UnixMillis now);
  Status check_answer(const OidcReturn& answer, const Metadata& from) const;
  Result<JsonValue> exchange(const Metadata& from, std::string_view code,
                             const std::string& verifier) const;
  Result<JwtClaims> verify(const Metadata& from, std::string_view id_token,
                           const std::string& nonce, UnixMillis now);
};

Result<std::string> OidcClient::Impl::get(const std::string& url) const {
  FetchRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  auto answer = fetch(request);
  if (!answer) return answer.error().wrap("the login provider does not answer");
  if (answer->status != 200 || answer->body.size() > request.longest_answer) {
    return Error(ErrorCode::kUnavailable,
                 "the login provider answers with status " + std::to_string(answer->status));
  }
  return std::move(answer->body);
}

template <typename T, typename Read>
Result<std::shared_ptr<const T>> OidcClient::Impl::document(Cached<T>& cached, std::int64_t for_ms,
                                                            const std::string& url, UnixMillis now,
                                                            Read read) {
  const std::scoped_lock lock(documents_mutex);
  if (cached.fresh(now, for_ms)) return cached.value;
  if (cached.failed_just_now(now)) {
    return Error(ErrorCode::kUnavailable, "the login provider gave no good answer just now");
  }
  auto made = [&]() -> Result<T> {
    SAIPH_TRY(const std::string body, get(url));
    return read(body);
  }();
  if (!made) {
    cached.failed = now;
    return std::move(made).error();
  }
  cached = {std::make_shared<const T>(std::move(*made)), now, std::nullopt};
  return cached.value;
}

Result<std::shared_ptr<const Metadata>> OidcClient::Impl::provider(UnixMillis now) {
  // OpenID Connect Discovery 4.1: a slash at the end goes before the path is added.
  std::string url = settings.issuer;
  if (url.ends_with('/')) url.pop_back();
  url += "/.well-known/openid-configuration";
  return document(metadata, kCacheMs, url, now,
                  [this](const std::string& body) { return read_metadata(body, settings); });
}

Result<std::shared_ptr<const Jwks>> OidcClient::Impl::provider_keys(const Metadata& from,
                                                                    std::int64_t for_ms,
                                                                    UnixMillis now) {
  return document(keys, for_ms, from.jwks_uri, now,
                  [](const std::string& body) { return Jwks::parse(as_bytes(body)); });
}

/// until (8 bytes, big-endian) || state || nonce || verifier, sealed, in base64url.
Result<std::string> OidcClient::Impl::seal_cookie(const Pending& pending) const {
  crypto::SecretBytes plain(kTimeBytes + 3 * kRandomText);
  const MutableByteView out = plain.mutable_view();
  const auto until = static_cast<std::uint64_t>(pending.until);
  for (std::size_t i = 0; i < kTimeBytes; ++i) {
    out[i] = static_cast<std::uint8_t>(until >> (56 - 8 * i));
  }
  auto at = out.begin() + kTimeBytes;
  for (const std::string* const text : {&pending.state, &pending.nonce, &pending.verifier}) {
    at = std::ranges::copy(as_bytes(*text), at).out;
  }
  SAIPH_TRY(const Bytes box, crypto::seal(key.view(), plain.view(), as_bytes(kSealContext)));
  return codec::encode_base64_url(box);
}

Result<Pending> OidcClient::Impl::open_cookie(std::string_view cookie) const {
  constexpr std::size_t kPlain = kTimeBytes + 3 * kRandomText;
  constexpr std::size_t kText = ((crypto::kSealOverhead + kPlain) * 8 + 5) / 6;
  const auto box = cookie.size() == kText ? codec::decode_base64_url_exact(cookie) : std::nullopt;
  if (!box) return denied("this browser has begun no login (no such cookie)");
  auto plain = crypto::unseal(key.view(), *box, as_bytes(kSealContext));
  if (!plain || plain->size() != kPlain) {
    return denied("its cookie was not made here, or before the last start");
  }
  std::uint64_t until = 0;
  const ByteView bytes = plain->view();
  for (std::size_t i = 0; i < kTimeBytes; ++i) until = until << 8 | bytes[i];
  const std::string_view texts = as_text(bytes.subspan(kTimeBytes));
  Pending pending;
  pending.state = texts.substr(0, kRandomText);
  pending.nonce = texts.substr(kRandomText, kRandomText);
  pending.verifier = texts.substr(2 * kRandomText);
  pending.until = static_cast<UnixMillis>(until);
  return pending;
}

Status OidcClient::Impl::end_once(std::string_view state, UnixMillis now) {
  crypto::Sha256 hash;
  hash.update(as_bytes(state));
  const Digest name = hash.finish();
  const std::scoped_lock lock(ended_mutex);
  while (!ended.empty() && (ended.front().second < now || ended.size() >= kMaxEnded)) {
    ended.pop_front();
  }
  const auto same = [&name](const auto& entry) { return entry.first == name; };
  if (std::ranges::any_of(ended, same)) return denied("it was ended before");
  ended.emplace_back(name, now + settings.login_ms);
  return {};
}

Status OidcClient::Impl::check_answer(const OidcReturn& answer, const Metadata& from) const {
  // RFC 9207: an answer of another provider, led here, is not taken.
  if (answer.issuer ? *answer.issuer != settings.issuer : from.names_issuer) {
    return denied("the answer is another provider's");
  }
  if (!answer.error.empty()) {
    return denied("the provider says " + error_name(answer.error));
  }
  if (answer.code.empty() || answer.code.size() > kMaxCode) return denied("there is no code");
  return {};
}

Result<JsonValue> OidcClient::Impl::exchange(const Metadata& from, std::string_view code,
                                             const std::string& verifier) const {
  FetchRequest request;
  request.post = true;
  request.url = from.token_endpoint;
  request.longest_answer = kMaxTokenAnswer;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  append_parameter(request.body, "grant_type", "authorization_code");
  append_parameter(request.body, "code", code);
  append_parameter(request.body, "redirect_uri", settings.redirect_uri);
  append_parameter(request.body, "code_verifier", verifier);
  if (!settings.client_secret.empty() && from.basic) {
    // RFC 6749, 2.3.1: both halves are form-encoded first.
    std::string credentials;
    append_percent(credentials, settings.client_id);
    credentials.push_back(':');
    append_percent(credentials, settings.client_secret);
    request.headers.emplace_back("Authorization",
                                 "Basic " + codec::encode_base64(as_bytes(credentials)));
  } else {
    append_parameter(request.body, "client_id", settings.client_id);
    if (!settings.client_secret.empty()) {
      append_parameter(request.body, "client_secret", settings.client_secret);
    }
  }
  auto answer = fetch(request);
  if (!answer) return answer.error().wrap("the login provider does not answer");
  if (answer->body.size() > request.longest_answer) {
    return Error(ErrorCode::kUnavailable, "the login provider's answer is too long");
  }
  auto root = parse_strict_object(as_bytes(answer->body));
  if (answer->status != 200) {
    const std::string name = root ? error_name(text_member(*root, "error")) : "nothing readable";
    if (answer->status >= 500) {
      return Error(ErrorCode::kUnavailable, "the login provider answers with status " +
                                                std::to_string(answer->status) + ": " + name);
    }
    return denied("the provider says " + name);
  }
  if (!root) return root.error().wrap("the login provider's answer");
  return root;
}

Result<JwtClaims> OidcClient::Impl::verify(const Metadata& from, std::string_view id_token,
                                           const std::string& nonce, UnixMillis now) {
  JwtExpectations expected;
  expected.issuer = settings.issuer;
  expected.audience = settings.client_id;
  expected.nonce = nonce;
  expected.clock_skew_ms = settings.clock_skew_ms;
  expected.longest_age_ms = kLongestTokenAgeMs;
  SAIPH_TRY(auto present, provider_keys(from, kCacheMs, now));
  auto claims = verify_jwt(id_token, *present, expected, now);
  if (claims || claims.error().code() != ErrorCode::kNotFound) return claims;
  // The provider may have changed its keys since; fetched a minute ago is new enough.
  SAIPH_TRY(auto newer, provider_keys(from, kUnknownKeyMs, now));
  if (newer == present) return claims;
  return verify_jwt(id_token, *newer, expected, now);
}

OidcClient::OidcClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OidcClient::~OidcClient() = default;

Result<std::unique_ptr<OidcClient>> OidcClient::make(OidcSettings settings, Fetch fetch) {
  const UrlRules issuer_rules{.plain_loopback = settings.allow_plain_loopback, .query = false};
  if (auto good = check_url(settings.issuer, issuer_rules); !good) {
    return setting("issuer", good.error().message());
  }
  if (auto good = check_url(settings.redirect_uri, {.plain_loopback = true}); !good) {
    return setting("redirect_uri", good.error().message());
  }
  const auto printable = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  };
  if (settings.client_id.empty() || settings.client_id.size() > 512 ||
      !printable(settings.client_id)) {
    return setting("client_id", "1 to 512 printable characters are wanted");
  }
  if (settings.client_secret.size() > 1024 || !printable(settings.client_secret)) {
    return setting("client_secret", "at most 1024 printable characters are wanted");
  }
  for (const std::string& scope : settings.scopes) {
    if (scope.empty() || scope.size() > 128 || !printable(scope) ||
        scope.find_first_of(" \"\\") != std::string::npos) {
      return setting("scopes", "a scope is a word without spaces, quotes and backslashes");
    }
  }
  if (settings.clock_skew_ms < 0 || settings.clock_skew_ms > 5 * kMinuteMs) {
    return setting("clock_skew", "0 to 5 minutes are accepted");
  }
  if (settings.login_ms < kMinuteMs || settings.login_ms > kHourMs) {
    return setting("login_time", "1 to 60 minutes are accepted");
  }
  if (!fetch) return Error(ErrorCode::kInvalidArgument, "a login provider needs a way to fetch");
  auto impl = std::make_unique<Impl>();
  impl->settings = std::move(settings);
  impl->fetch = std::move(fetch);
  impl->key = crypto::SecretBytes(crypto::kSealKeyBytes);
  SAIPH_CHECK(crypto::random_bytes(impl->key.mutable_view()));
  return std::unique_ptr<OidcClient>(new OidcClient(std::move(impl)));
}

Result<OidcLogin> OidcClient::begin(UnixMillis now) {
  const AtOnce at_once(impl_->inside);
  if (!at_once.in()) return Error(ErrorCode::kUnavailable, "too many logins at the provider");
  const OidcSettings& settings = impl_->settings;
  SAIPH_TRY(const auto metadata, impl_->provider(now));
  Pending pending;
  SAIPH_TRY(pending.state, new_code_verifier());
  SAIPH_TRY(pending.nonce, new_code_verifier());
  SAIPH_TRY(pending.verifier, new_code_verifier());
  pending.until = now + settings.login_ms;
  OidcLogin login;
  SAIPH_TRY(login.cookie, impl_->seal_cookie(pending));
  std::string scope = "openid";
  for (const std::string& name : settings.scopes) {
    if (name != "openid") scope += " " + name;
  }
  std::string& url = login.authorization_url;
  url = metadata->authorization_endpoint;
  if (url.find('?') == std::string::npos) url.push_back('?');
  append_parameter(url, "response_type", "code");
  append_parameter(url, "client_id", settings.client_id);
  append_parameter(url, "redirect_uri", settings.redirect_uri);
  append_parameter(url, "scope", scope);
  append_parameter(url, "state", pending.state);
  append_parameter(url, "nonce", pending.nonce);
  append_parameter(url, "code_challenge", code_challenge(pending.verifier));
  append_parameter(url, "code_challenge_method", "S256");
  return login;
}

Result<OidcIdentity> OidcClient::finish(const OidcReturn& answer, UnixMillis now) {
  SAIPH_TRY(const Pending pending, impl_->open_cookie(answer.cookie));
  if (!crypto::constant_time_equal(as_bytes(answer.state), as_bytes(pending.state))) {
    return denied("the answer belongs to another login (state)");
  }
  if (now >= pending.until || now < pending.until - impl_->settings.login_ms) {
    return denied("it took too long");
  }
  SAIPH_CHECK(impl_->end_once(pending.state, now));
  const AtOnce at_once(impl_->inside);
  if (!at_once.in()) return Error(ErrorCode::kUnavailable, "too many logins at the provider");
  SAIPH_TRY(const auto metadata, impl_->provider(now));
  SAIPH_CHECK(impl_->check_answer(answer, *metadata));
  SAIPH_TRY(const JsonValue tokens, impl_->exchange(*metadata, answer.code, pending.verifier));
  const std::string_view id_token = text_member(tokens, "id_token");
  if (id_token.empty()) return denied("the provider gave no ID token");
  SAIPH_TRY(const JwtClaims claims, impl_->verify(*metadata, id_token, pending.nonce, now));
  SAIPH_CHECK(check_access_token(claims, text_member(tokens, "access_token")));
  OidcIdentity identity;
  identity.issuer = claims.issuer;
  identity.subject = claims.subject;
  identity.preferred_username = shown(claims, "preferred_username");
  identity.name = shown(claims, "name");
  identity.email = shown(claims, "email");
  const JsonValue* const verified = claims.all.find("email_verified");
  identity.email_verified =
      !identity.email.empty() && verified != nullptr && verified->boolean().value_or(false);
  return identity;
}

}  // namespace saiph::identity
