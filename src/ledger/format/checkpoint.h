// C2SP tlog-checkpoint: the text that a log signs about its tree.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "crypto/signature.h"
#include "ledger/format/note.h"

namespace saiph::ledger {

struct Checkpoint {
  std::string origin;  ///< the log's name, and the name of its key
  std::uint64_t size = 0;
  Digest root;  ///< crypto::empty_root() for size 0
  std::vector<std::string> extensions;
  bool operator==(const Checkpoint&) const = default;
};

/// The note text: origin, decimal size, base64 root, extension lines; each with a line end.
/// Errors: kInvalidArgument for an origin or extension that is empty, not UTF-8 or holds a control
/// character, for a size over crypto::kMaxTreeSize. Any thread.
Result<std::string> encode_checkpoint(const Checkpoint& checkpoint);

/// Reads such a text. Strict: no leading zeros, canonical base64 of 32 bytes, no empty line; size 0
/// only with the empty root. Errors: kMalformed with offset, kLimit. Any thread; linear.
Result<Checkpoint> parse_checkpoint(std::string_view text);

/// Encoded, signed by the log's key under the origin's name. `cosignatures` of the same text
/// follow. Errors: of encode_checkpoint, sign_note, encode_note (an origin with spaces or plus is
/// kInvalidArgument, because it is also the key's name).
Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const crypto::Signer& signer,
                                    std::span<const NoteSignature> cosignatures = {});

/// A checkpoint as it was signed.
struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
  std::vector<VerifiedSignature> verified;  ///< keys are indices: log_keys first, then witness_keys
};

/// Parses a signed checkpoint, demands the origin (when not empty) and a good signature of one of
/// log_keys whose name is the origin; witnesses' are verified when they are there. Errors: of
/// parse_note, verify_note, parse_checkpoint; kMalformed for another origin; kNotFound when only
/// witnesses signed. Any thread; one signature check per known signature.
Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, std::string_view origin,
                                         std::span<const VerifierKey> log_keys,
                                         std::span<const VerifierKey> witness_keys = {});

}  // namespace saiph::ledger
