// C2SP signed notes: text with signatures that people can read (c2sp.org/signed-note), and
// cosignatures of witnesses (c2sp.org/tlog-cosignature, cosignature/v1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/signature.h"

namespace saiph::ledger {

/// 16 post-quantum signatures of 5 kB, which every reader must accept, take 107 KB.
inline constexpr std::size_t kMaxNoteBytes = 256U << 10;
inline constexpr std::size_t kMaxNoteSignatures = 64;

/// The signature type byte of a verifier key.
enum class NoteKeyType : std::uint8_t {
  kEd25519 = 0x01,
  kEcdsa = 0x02,          ///< P-256 with SHA-256, DER signature; key material is SPKI DER
  kCosignatureV1 = 0x04,  ///< Ed25519 over a header, a time and the text
};

/// A key by which notes are verified: "name+hash+base64(type || key)". A value; any thread.
class VerifierKey {
 public:
  /// Errors: kInvalidArgument for a bad name (empty, Unicode space, plus, control character, not
  /// UTF-8) or a key that does not fit the type.
  static Result<VerifierKey> make(std::string name, NoteKeyType type, crypto::PublicKey key);
  /// Of the type that checkpoints of a log with this key carry: kEd25519 or kEcdsa.
  static Result<VerifierKey> of_log(std::string name, crypto::PublicKey key);
  /// Errors: kMalformed, also when the hash is not that of name and key; kUnsupported for another
  /// signature type.
  static Result<VerifierKey> parse(std::string_view text);

  const std::string& name() const { return name_; }
  NoteKeyType type() const { return type_; }
  /// Ed25519 and cosignature: SHA-256(name, line end, type, raw key)[:4], big endian. ECDSA:
  /// SHA-256(SPKI)[:4].
  std::uint32_t key_id() const { return key_id_; }
  const crypto::PublicKey& key() const { return key_; }
  /// The form that parse reads.
  std::string text() const;

 private:
  VerifierKey(std::string name, NoteKeyType type, crypto::PublicKey key, std::uint32_t key_id)
      : name_(std::move(name)), type_(type), key_id_(key_id), key_(std::move(key)) {}
  std::string name_;
  NoteKeyType type_;
  std::uint32_t key_id_;
  crypto::PublicKey key_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  ///< what follows the key id; at least one byte
  bool operator==(const NoteSignature&) const = default;
};

struct Note {
  std::string text;  ///< ends with a line end
  std::vector<NoteSignature> signatures;
  bool operator==(const Note&) const = default;
};

/// Splits a note; verifies nothing, so the text must not be believed yet. Strict: UTF-8, no control
/// character but line ends, canonical base64, names as VerifierKey::make wants them.
/// Errors: kMalformed with offset, kLimit (kMaxNoteBytes, kMaxNoteSignatures). Any thread; linear.
Result<Note> parse_note(std::string_view bytes);

/// The note's bytes; parse_note reads them back to the same value. Errors: kInvalidArgument for
/// text or names that a note cannot hold or without signatures, kLimit. Any thread; linear.
Result<std::string> encode_note(const Note& note);

/// A signature of `text` in the type of VerifierKey::of_log. Errors: kInvalidArgument, and the
/// signer's. Any thread if the signer is.
Result<NoteSignature> sign_note(std::string_view text, const std::string& name,
                                const crypto::Signer& signer);

/// A witness' cosignature of a checkpoint's text at a time (seconds since 1970, at most 2^63 - 1).
/// The caller is the witness and has checked consistency. Errors: kInvalidArgument, also for a
/// signer that is not Ed25519, and the signer's. Any thread if the signer is.
Result<NoteSignature> cosign_note(std::string_view text, const std::string& name,
                                  std::uint64_t unix_time, const crypto::Signer& signer);

/// One known key's good signature.
struct VerifiedSignature {
  std::size_t key = 0;  ///< index into the keys given
  /// When the witness saw it, for kCosignatureV1. Not judged: times in the future are the caller's.
  std::optional<std::uint64_t> unix_time;
};

/// Verifies every signature whose name and key id a given key has; others are ignored. A key counts
/// once, by its first line. Errors: kMalformed when a known key's signature is wrong (the whole
/// note is refused), kNotFound when no known key signed. Two keys with the same name and id are
/// kInvalidArgument. Any thread; one signature check per line of a known key.
Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys);

}  // namespace saiph::ledger
