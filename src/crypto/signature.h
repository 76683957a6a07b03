// Signatures over messages: Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256 (FIPS 186-5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/secret.h"

namespace saiph::crypto {

enum class SignatureAlgorithm : std::uint8_t {
  kEd25519,          ///< signature: 64 bytes R || S
  kEcdsaP256Sha256,  ///< signature: DER SEQUENCE { r, s } (RFC 3279, 2.2.3), 70 to 72 bytes
};

/// "ed25519", "ecdsa-p256-sha256"; the names in key files and settings. Any thread.
std::string_view signature_algorithm_name(SignatureAlgorithm algorithm);
/// The algorithm of such a name, or nothing. Any thread.
std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name);

/// A public key: an immutable value, cheap to copy (shared). Any thread.
class PublicKey {
 public:
  /// Ed25519: the 32 bytes of RFC 8032. P-256: the uncompressed point, 65 bytes (0x04 || x || y).
  /// Errors: kMalformed for any other length and for a point that is not on the curve. Any 32 bytes
  /// make an Ed25519 key; one that is no point verifies nothing.
  static Result<PublicKey> from_raw(SignatureAlgorithm algorithm, ByteView raw);
  /// SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7; RFC 8410 for Ed25519), exactly: other bytes
  /// for the same key, and trailing ones, are kMalformed. Another algorithm or curve: kUnsupported.
  static Result<PublicKey> from_spki(ByteView der);
  /// One "-----BEGIN PUBLIC KEY-----" block (RFC 7468, section 13); text around it is ignored.
  /// Errors: as from_spki, and kMalformed when there is no such block or more than 64 KiB of text.
  static Result<PublicKey> from_pem(std::string_view text);

  SignatureAlgorithm algorithm() const;
  const Bytes& raw() const;
  const Bytes& spki() const;
  /// RFC 7468 text, ends with a line end.
  std::string pem() const;
  /// SHA-256 of spki(): the key's name in envelopes (`keyid` is its text form) and in reports.
  const Digest& fingerprint() const;

  /// Whether `signature` is this key's signature of `message`. False for every other input,
  /// malformed ones too; an Ed25519 S that is not reduced and ECDSA in non-DER are refused.
  /// Cost: see crypto_bench (about 0.1 ms Ed25519, 0.07 ms P-256), plus hashing.
  bool verify(ByteView message, ByteView signature) const;

  /// The same algorithm and the same raw bytes.
  bool operator==(const PublicKey& other) const;

 private:
  friend class SoftwareSigner;
  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// Something that holds a private key: memory here, hardware elsewhere. Any thread.
class Signer {
 public:
  virtual ~Signer() = default;
  /// The signature of the whole message, in the form of SignatureAlgorithm.
  /// Errors: kUnavailable when the key's holder does not answer, kInternal.
  virtual Result<Bytes> sign(ByteView message) const = 0;
  virtual const PublicKey& public_key() const = 0;
};

/// A private key in this process' memory. Algorithms are fetched once, when the key is made.
/// Immutable after that; any thread. Cost of sign: see crypto_bench.
class SoftwareSigner final : public Signer {
 public:
  /// A new key. Errors: kUnavailable without randomness, kInternal.
  static Result<std::unique_ptr<SoftwareSigner>> generate(SignatureAlgorithm algorithm);
  /// The key with this secret: Ed25519 the 32-byte seed (RFC 8032, 5.1.5), P-256 the 32-byte
  /// big-endian scalar. Errors: kMalformed for another length and a scalar outside [1, n).
  static Result<std::unique_ptr<SoftwareSigner>> from_secret(SignatureAlgorithm algorithm,
                                                             ByteView secret);

  SoftwareSigner(const SoftwareSigner&) = delete;
  SoftwareSigner& operator=(const SoftwareSigner&) = delete;
  ~SoftwareSigner() override;

  Result<Bytes> sign(ByteView message) const override;
  const PublicKey& public_key() const override;
  /// The secret as from_secret takes it, for key files. Valid while the signer lives.
  ByteView secret() const;

 private:
  struct Impl;
  explicit SoftwareSigner(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace saiph::crypto
