#include "ledger/examiner.h"

#include <fmt/format.h>

#include "ledger/format/envelope.h"
#include "ledger/format/statement.h"
#include "ledger/key_rotation.h"

namespace saiph::ledger {

ReadEntry Examiner::read(ByteView entry, std::string place) const {
  ReadEntry out;
  out.found = {crypto::leaf_hash(entry), true, std::move(place)};
  const auto envelope = decode_envelope(entry);
  if (!envelope) {
    out.problem = "it is no envelope: " + envelope.error().describe();
    return out;
  }
  std::vector<crypto::PublicKey> keys;
  keys.reserve(keys_.size());
  for (const VerifierKey& key : keys_) keys.push_back(key.key());
  if (!verified_by(*envelope, keys)) {
    out.problem = "no key of this ledger signed it";
    return out;
  }
  if (envelope->payload_type != kInTotoPayloadType) {
    out.problem = "it is signed, but its payload is of another type than a ledger's entries have";
    return out;
  }
  const auto statement = decode_statement(envelope->payload);
  if (!statement) {
    out.problem = "its payload is no statement: " + statement.error().describe();
    return out;
  }
  out.predicate_type = statement->predicate_type;
  if (auto content = content_of(*statement)) out.content = std::move(*content);
  if (parse_predicate_type_uri(statement->predicate_type) == PredicateType::kKeyRotation) {
    // Only the key that signs now can name the next one: the statement says that it is replaced,
    // and the signatures are its own and the next one's. With a third one, anybody could put their
    // key in front of a published rotation.
    const crypto::PublicKey present[] = {keys_.back().key()};
    auto next = next_key_of(*statement, keys_.back());
    if (envelope->signatures.size() != kRotationSignatures) {
      out.problem = "a key rotation that has not exactly two signatures";
    } else if (!verified_by(*envelope, present)) {
      out.problem = "a key rotation that the present key did not sign";
    } else if (!next) {
      out.problem = "a key rotation that cannot be followed: " + next.error().describe();
    } else if (const crypto::PublicKey named[] = {next->key()}; !verified_by(*envelope, named)) {
      out.problem = "a key rotation that the next key did not sign";
    } else {
      out.next_key = std::move(*next);
    }
  }
  return out;
}

Status Examiner::accept(std::uint64_t index, const ReadEntry& entry) {
  ++report_.entries;
  if (!entry.problem.empty()) {
    defect(DefectKind::kEntryNotSigned, index, 1, entry.found.place, entry.problem);
    return {};
  }
  if (!entry.predicate_type.empty()) ++report_.predicate_types[entry.predicate_type];
  if (entry.next_key) {
    keys_.push_back(*entry.next_key);
    rotations_.push_back({index});
    report_.key_rotations.push_back(fmt::format("entry {}: {}", index, entry.next_key->text()));
  }
  for (const ContentReference& reference : entry.content) {
    if (!bodies_.insert(reference.digest).second) continue;
    SAIPH_TRY(const ContentState state, check_content(folder_, reference.digest));
    ++report_.bodies;
    if (state == ContentState::kWhole) continue;
    const bool missing = state == ContentState::kMissing;
    defect(missing ? DefectKind::kContentMissing : DefectKind::kContentChanged, index, 1,
           content_name(reference.digest),
           missing ? "the body that the entry names is not there"
                   : "the body is not the one that the entry names");
  }
  return {};
}

void Examiner::defect(DefectKind kind, std::optional<std::uint64_t> index, std::uint64_t count,
                      std::string place, std::string detail) {
  ++report_.defect_count;
  if (!report_.defects.empty() && index) {
    // A run of the same is one defect.
    Defect& last = report_.defects.back();
    if (kind == DefectKind::kEntryRemoved && last.kind == kind && last.index &&
        *last.index + last.count == *index && last.detail == detail) {
      last.count += count;
      return;
    }
  }
  if (report_.defects.size() >= VerifyReport::kMaxDefects) return;
  report_.defects.push_back({kind, index, count, std::move(place), std::move(detail)});
}

Status Examiner::differences(
    const std::vector<Region>& regions,
    const std::function<Result<std::set<Digest>>(const std::set<Digest>&)>& is_signed) {
  if (regions.empty()) return {};
  SAIPH_TRY(const auto found, diagnose(regions, is_signed));
  for (const Difference& difference : found) {
    switch (difference.kind) {
      case Manipulation::kChanged:
        defect(DefectKind::kEntryChanged, difference.index, 1, difference.place,
               "what stands there is not what was signed");
        break;
      case Manipulation::kRemoved:
        defect(DefectKind::kEntryRemoved, difference.index, 1, "",
               "it was signed and is not there");
        break;
      case Manipulation::kMoved:
        defect(DefectKind::kEntryReordered, difference.index, 1, difference.place,
               "it stands in another place");
        break;
      case Manipulation::kDuplicated:
        defect(DefectKind::kEntryDuplicated, difference.index, 1, difference.place,
               "an entry of this log stands there a second time");
        break;
      case Manipulation::kInserted:
        defect(DefectKind::kEntryInserted, difference.index, 1, difference.place,
               "an entry that was never signed into this log stands there");
        break;
    }
  }
  return {};
}

Result<SignedCheckpoint> Examiner::open(std::string_view note) const {
  // The signature of a key that was replaced counts before the tree that replaced it; that tree's
  // checkpoint has the next key's signature too.
  auto opened = open_checkpoint(note, origin_, keys_);
  if (!opened) return opened;
  for (const VerifiedSignature& signature : opened->verified) {
    if (signature.key >= rotations_.size() ||
        opened->checkpoint.size <= rotations_[signature.key].index) {
      return opened;
    }
  }
  return Error(ErrorCode::kDenied, "signed by a key that was replaced before");
}

}  // namespace saiph::ledger
