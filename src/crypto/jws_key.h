// Public keys that verify JSON Web Signatures (RFC 7518, section 3; RFC 8037), made from the
// numbers that stand in a JWK. One key has one algorithm: what a message claims about itself
// changes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace saiph::crypto {

enum class JwsAlgorithm : std::uint8_t {
  kRs256,  ///< RSASSA-PKCS1-v1_5 with SHA-256
  kPs256,  ///< RSASSA-PSS with SHA-256, MGF1 with SHA-256, salt of 32 bytes
  kEs256,  ///< ECDSA on P-256 with SHA-256; signature R || S, 64 bytes
  kEdDsa,  ///< Ed25519; signature 64 bytes
};

/// "RS256", "PS256", "ES256", "EdDSA". Any thread.
std::string_view jws_algorithm_name(JwsAlgorithm algorithm);
/// The algorithm of exactly such a name; "none", "HS256" and every other text: nothing.
std::optional<JwsAlgorithm> parse_jws_algorithm(std::string_view name);

/// RSA numbers outside these are refused: too weak, or too costly to verify.
inline constexpr std::size_t kMinRsaBits = 2048;
inline constexpr std::size_t kMaxRsaBits = 8192;

/// An immutable value, cheap to copy (shared). Any thread.
class JwsKey {
 public:
  /// `modulus` and `exponent` big-endian without leading zero bytes (RFC 7518, 6.3.1). The modulus
  /// is odd, kMinRsaBits to kMaxRsaBits; the exponent odd, 65537 (FIPS 186-5, 5.1) to 2^32 - 1, so
  /// that a crafted one cannot make every verification slow. Errors: kInvalidArgument when
  /// `algorithm` is not RS256 or PS256; kMalformed; kLimit for sizes.
  static Result<JwsKey> rsa(JwsAlgorithm algorithm, ByteView modulus, ByteView exponent);
  /// The coordinates, 32 bytes each (RFC 7518, 6.2.1.2). Errors: kMalformed, also when the point is
  /// not on the curve.
  static Result<JwsKey> p256(ByteView x, ByteView y);
  /// The 32 bytes of RFC 8032 (RFC 8037, section 2). Errors: kMalformed for another length.
  static Result<JwsKey> ed25519(ByteView x);

  JwsAlgorithm algorithm() const;

  /// Whether `signature` is this key's signature of `message`; false for every other input.
  /// About 0.05 ms for RSA-2048 and 0.1 ms for the others.
  bool verify(ByteView message, ByteView signature) const;

 private:
  struct Impl;
  explicit JwsKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace saiph::crypto
