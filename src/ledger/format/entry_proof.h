// C2SP tlog-proof: one file that shows offline that an entry stands in a log. Ours carries the
// entry itself as the `extra` line, so that file and public key are all that a reader needs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/note.h"

namespace saiph::ledger {

/// A checkpoint of kMaxNoteBytes, an entry of 65,535 bytes in base64, 63 hashes.
inline constexpr std::size_t kMaxProofBytes = 512U << 10;

struct EntryProof {
  std::optional<Bytes> extra;  ///< ours: the entry; not authenticated until verify_entry_proof
  std::uint64_t index = 0;
  std::vector<Digest> path;  ///< from the leaf's sibling upwards, at most 63
  std::string checkpoint;    ///< the signed note, verbatim
  bool operator==(const EntryProof&) const = default;
};

/// Text of the file. Errors: kInvalidArgument when the checkpoint is no signed note, kLimit.
Result<std::string> encode_entry_proof(const EntryProof& proof);

/// Reads such a file; checks its form (that of the checkpoint as a note too), verifies nothing.
/// Errors: kMalformed with offset, kLimit. Any thread; linear.
Result<EntryProof> parse_entry_proof(std::string_view text);

/// Checks everything: the checkpoint is the log's, and the entry stands at the index in its tree.
/// Answers the checkpoint. Errors: of open_checkpoint; kMalformed when the path does not lead from
/// the entry to the root. Any thread.
Result<SignedCheckpoint> verify_entry_proof(const EntryProof& proof, ByteView entry,
                                            std::string_view origin,
                                            std::span<const VerifierKey> log_keys,
                                            std::span<const VerifierKey> witness_keys = {});

}  // namespace saiph::ledger
