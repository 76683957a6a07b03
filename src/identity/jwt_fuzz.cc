// Whatever a token says: it is refused unless this program signed exactly it, and nothing else
// happens. Input: a byte that chooses the shape, then the material.
#include <cstdlib>
#include <string>

#include "identity/jwt.h"
#include "identity/token_maker_for_test.h"

namespace {

using namespace saiph;

void demand(bool holds) {
  if (!holds) std::abort();
}

const identity::TokenMakerForTest& maker() {
  static const identity::TokenMakerForTest made(crypto::JwsAlgorithm::kEdDsa, "k");
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const identity::Jwks keys =
      identity::Jwks::parse(as_bytes(maker().jwks())).value_or(identity::Jwks());
  if (size == 0) return 0;
  const std::string_view rest = as_text(ByteView(data, size).subspan(1));
  constexpr UnixMillis kNow = 1'800'000'000'000;
  const identity::JwtExpectations expected{.issuer = "i", .audience = "a", .nonce = "n"};
  switch (data[0] % 3) {
    case 0: {  // the token itself: it cannot have been signed here
      demand(!identity::verify_jwt(rest, keys, expected, kNow));
      break;
    }
    case 1: {  // any header, rightly signed
      const std::string claims =
          R"({"iss":"i","sub":"s","aud":"a","nonce":"n","iat":1800000000,"exp":1800000100})";
      const auto verified = identity::verify_jwt(maker().token(rest, claims), keys, expected, kNow);
      demand(!verified || verified->subject == "s");
      break;
    }
    default: {  // any claims, rightly signed
      const auto verified = identity::verify_jwt(maker().token(rest), keys, expected, kNow);
      if (!verified) break;
      demand(verified->issuer == "i" && verified->text("nonce") == "n");
      demand(!verified->subject.empty() && !verified->audience.empty());
      demand(verified->expires > kNow - kMinuteMs && verified->issued <= kNow + kMinuteMs);
      break;
    }
  }
  return 0;
}
