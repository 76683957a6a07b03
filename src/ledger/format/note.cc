#include "ledger/format/note.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/text.h"
#include "codec/base64/base64.h"
#include "crypto/sha256.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kLineStart = "\xE2\x80\x94 ";  // em dash and a space
constexpr std::string_view kCosignatureHeader = "cosignature/v1\ntime ";
constexpr std::uint64_t kMaxTime = (std::uint64_t{1} << 63) - 1;
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kKeyIdBytes = 4;

Error malformed(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "note: " + std::string(what), offset};
}

Error invalid(std::string_view what) {
  return {ErrorCode::kInvalidArgument, "note: " + std::string(what)};
}

std::uint32_t first_four(const Digest& digest) {
  std::uint32_t value = 0;
  ByteCursor cursor(digest.bytes);
  return cursor.u32be(value) ? value : 0;
}

void append_big_endian(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

bool fits(NoteKeyType type, const crypto::PublicKey& key) {
  return (key.algorithm() == crypto::SignatureAlgorithm::kEcdsaP256Sha256) ==
         (type == NoteKeyType::kEcdsa);
}

std::uint32_t key_id_of(std::string_view name, NoteKeyType type, const crypto::PublicKey& key) {
  if (type == NoteKeyType::kEcdsa) return first_four(key.fingerprint());
  crypto::Sha256 hash;
  hash.update(as_bytes(name));
  const std::uint8_t middle[] = {'\n', static_cast<std::uint8_t>(type)};
  hash.update(middle);
  hash.update(key.raw());
  return first_four(hash.finish());
}

std::string cosigned_message(std::string_view text, std::uint64_t unix_time) {
  std::string message(kCosignatureHeader);
  message += std::to_string(unix_time);
  message += '\n';
  message += text;
  return message;
}

/// The time of a good signature (0 where the type has none), or nothing when it is wrong.
std::optional<std::uint64_t> check(const NoteSignature& signature, const VerifierKey& key,
                                   std::string_view text) {
  ByteCursor cursor(signature.signature);
  if (key.type() != NoteKeyType::kCosignatureV1) {
    if (!key.key().verify(as_bytes(text), cursor.rest())) return std::nullopt;
    return 0;
  }
  std::uint64_t time = 0;
  if (!cursor.u64be(time) || time > kMaxTime) return std::nullopt;
  if (!key.key().verify(as_bytes(cosigned_message(text, time)), cursor.rest())) {
    return std::nullopt;
  }
  return time;
}

Result<NoteSignature> parse_signature(std::string_view line, std::uint64_t offset) {
  if (!line.starts_with(kLineStart)) return malformed("a signature line does not start so", offset);
  line.remove_prefix(kLineStart.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("a signature line without name", offset);
  NoteSignature signature;
  signature.name = line.substr(0, space);
  if (!is_key_name(signature.name)) return malformed("a bad key name", offset);
  const auto bytes = exact_base64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kKeyIdBytes) return malformed("a bad signature", offset);
  ByteCursor cursor(*bytes);
  if (!cursor.u32be(signature.key_id)) return malformed("a bad signature", offset);
  signature.signature.assign(cursor.rest().begin(), cursor.rest().end());
  return signature;
}

}  // namespace

Result<VerifierKey> VerifierKey::make(std::string name, NoteKeyType type, crypto::PublicKey key) {
  if (!is_key_name(name)) {
    return invalid("a key name must not be empty or hold spaces, plus or control characters");
  }
  if (!fits(type, key)) return invalid("the key is of another algorithm than its type");
  const std::uint32_t key_id = key_id_of(name, type, key);
  return VerifierKey(std::move(name), type, std::move(key), key_id);
}

Result<VerifierKey> VerifierKey::of_log(std::string name, crypto::PublicKey key) {
  const bool ed25519 = key.algorithm() == crypto::SignatureAlgorithm::kEd25519;
  return make(std::move(name), ed25519 ? NoteKeyType::kEd25519 : NoteKeyType::kEcdsa,
              std::move(key));
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  const auto bad = [] { return Error(ErrorCode::kMalformed, "not a verifier key"); };
  // Longer than any key that is read; keeps a hostile one from costing anything.
  if (text.size() > 4096) return bad();
  const std::size_t plus = text.find('+');
  if (plus == std::string_view::npos || text.size() < plus + 10 || text[plus + 9] != '+') {
    return bad();
  }
  const auto material = exact_base64(text.substr(plus + 10));
  if (!material || material->size() < 2) return bad();
  ByteCursor cursor(*material);
  std::uint8_t type_byte = 0;
  if (!cursor.u8(type_byte)) return bad();
  const auto type = static_cast<NoteKeyType>(type_byte);
  if (type != NoteKeyType::kEd25519 && type != NoteKeyType::kEcdsa &&
      type != NoteKeyType::kCosignatureV1) {
    return Error(ErrorCode::kUnsupported, "a verifier key of an unknown signature type");
  }
  auto key = type == NoteKeyType::kEcdsa
                 ? crypto::PublicKey::from_spki(cursor.rest())
                 : crypto::PublicKey::from_raw(crypto::SignatureAlgorithm::kEd25519, cursor.rest());
  if (!key || !fits(type, *key)) return bad();
  auto result = make(std::string(text.substr(0, plus)), type, *std::move(key));
  if (!result || result->text() != text) return bad();
  return result;
}

std::string VerifierKey::text() const {
  std::string out = name_ + "+";
  for (unsigned i = 8; i-- > 0;) out += "0123456789abcdef"[key_id_ >> (4 * i) & 15U];
  Bytes material = {static_cast<std::uint8_t>(type_)};
  const Bytes& key = type_ == NoteKeyType::kEcdsa ? key_.spki() : key_.raw();
  material.insert(material.end(), key.begin(), key.end());
  out += '+';
  codec::append_base64(out, material);
  return out;
}

Result<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMaxNoteBytes) return Error(ErrorCode::kLimit, "note: longer than 256 KiB");
  if (!is_note_text(bytes)) return malformed("not UTF-8, or a control character", 0);
  const std::size_t end = bytes.rfind("\n\n");
  if (end == std::string_view::npos) return malformed("no signatures", 0);
  Note note;
  note.text = bytes.substr(0, end + 1);
  std::string_view rest = bytes.substr(end + 2);
  if (rest.empty()) return malformed("no signatures", end);
  while (!rest.empty()) {
    const std::uint64_t offset = bytes.size() - rest.size();
    if (note.signatures.size() == kMaxNoteSignatures) {
      return Error(ErrorCode::kLimit, "note: more than 64 signatures", offset);
    }
    std::string_view line;
    if (!take_whole_line(rest, line)) return malformed("the last line has no end", offset);
    SAIPH_TRY(NoteSignature signature, parse_signature(line, offset));
    note.signatures.push_back(std::move(signature));
  }
  return note;
}

Result<std::string> encode_note(const Note& note) {
  if (!note.text.ends_with('\n') || !is_note_text(note.text)) {
    return invalid("the text does not end with a line end, or holds what a note cannot");
  }
  if (note.signatures.empty()) return invalid("no signature");
  if (note.signatures.size() > kMaxNoteSignatures) {
    return Error(ErrorCode::kLimit, "note: more than 64 signatures");
  }
  std::string out = note.text;
  out += '\n';
  Bytes bytes;
  for (const NoteSignature& signature : note.signatures) {
    if (!is_key_name(signature.name) || signature.signature.empty()) {
      return invalid("a bad signature");
    }
    bytes.clear();
    append_big_endian(bytes, signature.key_id, kKeyIdBytes);
    bytes.insert(bytes.end(), signature.signature.begin(), signature.signature.end());
    out += kLineStart;
    out += signature.name;
    out += ' ';
    codec::append_base64(out, bytes);
    out += '\n';
    if (out.size() > kMaxNoteBytes) return Error(ErrorCode::kLimit, "note: longer than 256 KiB");
  }
  return out;
}

Result<NoteSignature> sign_note(std::string_view text, const std::string& name,
                                const crypto::Signer& signer) {
  SAIPH_TRY(const VerifierKey key, VerifierKey::of_log(name, signer.public_key()));
  NoteSignature signature{name, key.key_id(), {}};
  SAIPH_TRY(signature.signature, signer.sign(as_bytes(text)));
  return signature;
}

Result<NoteSignature> cosign_note(std::string_view text, const std::string& name,
                                  std::uint64_t unix_time, const crypto::Signer& signer) {
  if (unix_time > kMaxTime) return invalid("a time after 2^63 seconds");
  SAIPH_TRY(const VerifierKey key,
            VerifierKey::make(name, NoteKeyType::kCosignatureV1, signer.public_key()));
  SAIPH_TRY(const Bytes bytes, signer.sign(as_bytes(cosigned_message(text, unix_time))));
  NoteSignature signature{name, key.key_id(), {}};
  signature.signature.reserve(kTimeBytes + bytes.size());
  append_big_endian(signature.signature, unix_time, kTimeBytes);
  signature.signature.insert(signature.signature.end(), bytes.begin(), bytes.end());
  return signature;
}

Result<std::vector<VerifiedSignature>> verify_note(const Note& note,
                                                   std::span<const VerifierKey> keys) {
  const auto same = [](const auto& a, const VerifierKey& b) {
    return a.name == b.name() && a.key_id == b.key_id();
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (keys[i].name() == keys[k].name() && keys[i].key_id() == keys[k].key_id()) {
        return invalid("two keys with one name and id");
      }
    }
  }
  std::vector<VerifiedSignature> verified;
  for (const NoteSignature& signature : note.signatures) {
    const auto key = std::ranges::find_if(
        keys, [&](const VerifierKey& candidate) { return same(signature, candidate); });
    if (key == keys.end()) continue;
    const auto time = check(signature, *key, note.text);
    if (!time) {
      return Error(ErrorCode::kMalformed,
                   "note: the signature in the name of " + signature.name + " is wrong");
    }
    const auto index = static_cast<std::size_t>(key - keys.begin());
    const bool seen = std::ranges::any_of(
        verified, [index](const VerifiedSignature& earlier) { return earlier.key == index; });
    if (seen) continue;
    VerifiedSignature good{index, std::nullopt};
    if (key->type() == NoteKeyType::kCosignatureV1) good.unix_time = time;
    verified.push_back(good);
  }
  if (verified.empty()) {
    return Error(ErrorCode::kNotFound, "note: no known key signed it");
  }
  return verified;
}

}  // namespace saiph::ledger
