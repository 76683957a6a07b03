// The log of the worked examples: fixed keys, seven heartbeats. Tests compare with it, the document
// docs/formats/ledger.md shows it, and other implementations are given it
// (tests/conformance/ledger).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "crypto/merkle.h"
#include "crypto/signature.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/entry_proof.h"
#include "ledger/format/envelope.h"
#include "ledger/format/note.h"
#include "ledger/format/statement.h"
#include "ledger/format/tiles.h"

namespace saiph::ledger {

inline constexpr const char* kExampleOrigin = "ledger.example/saiph";
inline constexpr const char* kExampleWitness = "witness.example/w1";

/// Key number n: 32 bytes that count up from n. Test keys; everybody has them.
inline std::unique_ptr<crypto::SoftwareSigner> example_signer(
    std::uint8_t n, crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEd25519) {
  Bytes secret(32);
  for (std::uint8_t i = 0; i < 32; ++i) secret[i] = static_cast<std::uint8_t>(n + i);
  return crypto::SoftwareSigner::from_secret(algorithm, secret).value();
}

inline std::string example_statement(std::uint64_t i) {
  Statement statement;
  Digest digest;
  digest.bytes.fill(static_cast<std::uint8_t>(i));
  statement.subjects.push_back(Subject::of("saiph", digest));
  statement.predicate_type = predicate_type_uri(PredicateType::kHeartbeat);
  statement.predicate = R"({"time":"2026-01-02T03:04:05Z","sequence":)" + std::to_string(i) + "}";
  return encode_statement(statement).value();
}

/// A log in memory with everything that is served from it.
class ExampleLog {
 public:
  explicit ExampleLog(std::uint64_t size,
                      crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEd25519)
      : signer_(example_signer(0, algorithm)) {
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::string envelope =
          seal_envelope(kInTotoPayloadType, as_bytes(example_statement(i)), *signer_).value();
      entries_.push_back(envelope);
      range_.append(crypto::leaf_hash(as_bytes(envelope)),
                    [this](crypto::TreeNode node, const Digest& hash) {
                      if (levels_.size() <= node.level) levels_.resize(node.level + 1);
                      levels_[node.level].push_back(hash);
                    });
      roots_.push_back(range_.root());
    }
  }

  const crypto::SoftwareSigner& signer() const { return *signer_; }
  VerifierKey key() const {
    return VerifierKey::of_log(kExampleOrigin, signer_->public_key()).value();
  }
  const std::vector<std::string>& entries() const { return entries_; }
  crypto::NodeReader reader() const {
    return [this](crypto::TreeNode node) -> Result<Digest> {
      return levels_.at(node.level).at(node.index);
    };
  }
  Checkpoint checkpoint(std::uint64_t size) const {
    return {kExampleOrigin, size, size == 0 ? crypto::empty_root() : roots_.at(size - 1), {}};
  }
  /// Signed by the log, and by a witness at a fixed time.
  std::string signed_checkpoint(std::uint64_t size) const {
    const Checkpoint own = checkpoint(size);
    const std::string text = encode_checkpoint(own).value();
    const NoteSignature witness =
        cosign_note(text, kExampleWitness, 1'767'323'045, *example_signer(100)).value();
    return sign_checkpoint(own, *signer_, {&witness, 1}).value();
  }
  std::string proof(std::uint64_t index, std::uint64_t size) const {
    EntryProof proof;
    const std::string& entry = entries_.at(index);
    proof.extra.emplace(as_bytes(entry).begin(), as_bytes(entry).end());
    proof.index = index;
    proof.path = crypto::inclusion_proof(index, size, reader()).value();
    proof.checkpoint = signed_checkpoint(size);
    return encode_entry_proof(proof).value();
  }
  /// The bytes of a tile or a bundle.
  Bytes tile(const TileId& id) const {
    Bytes bytes;
    for (std::uint64_t i = 0; i < id.width; ++i) {
      const std::uint64_t at = id.index * kTileWidth + i;
      if (id.entries) {
        if (!append_to_bundle(bytes, as_bytes(entries_.at(at)))) return {};
      } else {
        const Digest& hash = levels_.at(id.level * kTileHeight).at(at);
        bytes.insert(bytes.end(), hash.bytes.begin(), hash.bytes.end());
      }
    }
    return bytes;
  }

 private:
  std::unique_ptr<crypto::SoftwareSigner> signer_;
  std::vector<std::string> entries_;
  std::vector<std::vector<Digest>> levels_;
  std::vector<Digest> roots_;
  crypto::CompactRange range_;
};

}  // namespace saiph::ledger
