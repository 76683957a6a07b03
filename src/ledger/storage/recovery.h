// Opening what is on disk: which entries count, and in which of three states the segments are.
//
// * whole: the newest segment ends with a commit;
// * torn: behind the last commit stands part of a batch that was never acknowledged, as a crash
//   leaves it. Normal: it is cut off, and said;
// * damaged: something that was acknowledged is not what was written. An incident: nothing is
//   changed, nothing is appended; `saiph ledger verify` names what is wrong.
// docs/formats/ledger.md, "Recovery", says how torn and damaged are told apart.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"
#include "ledger/storage/folder.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

/// Every 32nd entry's place is known, so that reading one skips at most 31 others.
inline constexpr std::uint64_t kMarkDistance = 32;
inline constexpr std::string_view kIndexFolder = "index";

/// One segment and where its entries stand.
struct SegmentMap {
  std::uint64_t first = 0;
  std::uint64_t end = 0;    ///< one behind the last entry
  std::uint64_t bytes = 0;  ///< up to the end of the last commit
  /// Offsets of the records of `first` and of every entry whose index is a multiple of 32.
  std::vector<std::uint32_t> marks;

  /// Notes the place of the next entry.
  void add(std::uint64_t index, std::uint64_t offset);
  /// Where to begin reading for `index`, and which entry stands there; first <= index < end.
  std::pair<std::uint64_t, std::uint64_t> mark_of(std::uint64_t index) const;
};

struct LogState {
  std::vector<SegmentMap> segments;  ///< the last one is the tail; at least one
  SignedCheckpoint checkpoint;
  std::string checkpoint_note;  ///< the same, as signed
  crypto::CompactRange edge;
  Bytes tail_nodes;              ///< nodes completed since the tail's first entry
  std::uint64_t torn_bytes = 0;  ///< behind the last commit
  std::uint64_t torn_entries = 0;
  std::uint64_t maps_missing = 0;  ///< sealed segments that had to be read whole
};

/// Reads the state; changes nothing. The tail segment is read and hashed whole, of the others only
/// their maps (when one is missing or wrong, that segment). `keys`: all that ever signed here.
/// Errors: kNotFound (no segments: no ledger), kMalformed (damaged; the message names segment and
/// offset), kUnavailable. Cost: the tail segment at about 1 GB/s.
Result<LogState> read_log(Folder& folder, const std::string& origin,
                          std::span<const VerifierKey> keys);

/// The same beside a writer, which may be in the middle of a batch half of which is seen: what
/// looks damaged is read again, some milliseconds later, up to five times.
Result<LogState> read_log_beside_writer(Folder& folder, const std::string& origin,
                                        std::span<const VerifierKey> keys);

/// What ties segments to a ledger: SHA-256 of its origin. Any thread.
Result<Digest> origin_digest(const std::string& origin);

/// Writes a sealed segment's map (derived, not synced). Errors: of the folder.
Status write_map(Folder& folder, const SegmentMap& map);

}  // namespace saiph::ledger
