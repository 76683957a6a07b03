// Verification of a ledger or of an exported copy, with nothing but the public key: every entry is
// hashed again, every checkpoint's and envelope's signature checked, every body compared with its
// digest. What is wrong is named; what a copy alone cannot tell (whether it is the latest) is said.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "crypto/signature.h"
#include "ledger/format/note.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

enum class DefectKind : std::uint8_t {
  kEntryChanged,
  kEntryRemoved,
  kEntryReordered,
  kEntryDuplicated,
  kEntryInserted,
  kEntryNotSigned,      ///< it stands in the log, but its envelope is not one of this ledger's keys
  kCheckpointForged,    ///< no signature of the log's key, or not over what it claims
  kCheckpointRemoved,   ///< entries whose checkpoint is not there
  kCheckpointReplayed,  ///< an older checkpoint stands where a newer one belongs
  kSegmentChanged,      ///< framing that no key protects was changed; the entries are whole
  kTileChanged,         ///< a hash tile is not that of the entries
  kContentMissing,
  kContentChanged,
  kRolledBack,  ///< older than what is trusted
  kTailCut,     ///< the copy itself shows that it was longer
  kForked,      ///< not the history that is trusted, or two histories were signed
  kWrongLog,    ///< another origin or another key
};
/// "entry-changed" and so on. Any thread.
std::string_view defect_name(DefectKind kind);

struct Defect {
  DefectKind kind = DefectKind::kEntryChanged;
  std::optional<std::uint64_t> index;  ///< of the (first) entry, where one is meant
  std::uint64_t count = 1;             ///< entries in a row
  std::string place;                   ///< file and byte
  std::string detail;
};

struct VerifyOptions {
  /// The key that the reader trusts: as in the log's checkpoints, or bare (its name is then taken
  /// from the copy). Neither: the copy's own, which proves nothing about who made it.
  std::optional<VerifierKey> key;
  std::optional<crypto::PublicKey> bare_key;
  /// A signed checkpoint that the reader got some other way, or kept from an earlier time.
  std::optional<std::string> trusted_checkpoint;
  /// Witnesses whose cosignature on the trusted checkpoint (without one: on the copy's own) says
  /// that it was the latest at a time.
  std::vector<VerifierKey> witnesses;
  /// Seconds since 1970, for cosignatures' age, and the oldest age that is fresh.
  std::uint64_t now = 0;
  std::uint64_t max_age_seconds = 24ULL * 3600;
};

enum class Freshness : std::uint8_t { kNotEstablished, kEstablished, kDisproved };

struct VerifyReport {
  std::string origin;
  std::string layout;  ///< "segments" or "tiles"
  std::uint64_t entries = 0;
  std::uint64_t size = 0;  ///< of the newest good checkpoint
  Digest root;
  std::uint64_t checkpoints = 0;
  std::uint64_t bodies = 0;  ///< of the content store, compared
  std::vector<std::string> key_rotations;
  std::map<std::string, std::uint64_t> predicate_types;
  std::vector<Defect> defects;     ///< the first kMaxDefects
  std::uint64_t defect_count = 0;  ///< all
  Freshness freshness = Freshness::kNotEstablished;
  std::string freshness_detail;
  /// Why something is undecided although nothing is disproved, besides freshness.
  std::vector<std::string> undecided;
  std::vector<std::string> notes;

  static constexpr std::size_t kMaxDefects = 1000;
  bool disproved() const { return defect_count != 0; }
  bool decided() const { return freshness == Freshness::kEstablished && undecided.empty(); }
};

/// Verifies the ledger in a folder: the segments, else the tiles. Reads only. Errors: kNotFound (no
/// ledger), kUnavailable (something could not be read), kInvalidArgument (a trusted checkpoint that
/// is none). What was tampered with is no error but a defect. Cost: about 0.15 ms an entry (its
/// signature); memory: the damaged stretches, and 32 bytes a body. One thread at a time.
Result<VerifyReport> verify(Folder& folder, const VerifyOptions& options);

}  // namespace saiph::ledger
