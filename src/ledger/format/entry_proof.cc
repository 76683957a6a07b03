#include "ledger/format/entry_proof.h"

#include <algorithm>

#include "codec/base64/base64.h"
#include "crypto/merkle.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMaxPath = 63;

Error malformed(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "proof: " + std::string(what), offset};
}

Status check_checkpoint(std::string_view text) {
  SAIPH_TRY(const Note note, parse_note(text));
  SAIPH_TRY(const Checkpoint checkpoint, parse_checkpoint(note.text));
  return {};
}

}  // namespace

Result<std::string> encode_entry_proof(const EntryProof& proof) {
  if (const Status checkpoint = check_checkpoint(proof.checkpoint); !checkpoint) {
    return Error(ErrorCode::kInvalidArgument, "proof: " + checkpoint.error().describe());
  }
  if (proof.path.size() > kMaxPath || proof.index > crypto::kMaxTreeSize) {
    return Error(ErrorCode::kInvalidArgument, "proof: of no tree that can be");
  }
  std::string out(kFirstLine);
  out += '\n';
  if (proof.extra) {
    out += kExtra;
    codec::append_base64(out, *proof.extra);
    out += '\n';
  }
  out += kIndex;
  out += std::to_string(proof.index);
  out += '\n';
  for (const Digest& hash : proof.path) {
    codec::append_base64(out, hash.bytes);
    out += '\n';
  }
  out += '\n';
  out += proof.checkpoint;
  if (out.size() > kMaxProofBytes) return Error(ErrorCode::kLimit, "proof: longer than 512 KiB");
  return out;
}

Result<EntryProof> parse_entry_proof(std::string_view text) {
  if (text.size() > kMaxProofBytes) return Error(ErrorCode::kLimit, "proof: longer than 512 KiB");
  std::string_view rest = text;
  std::string_view line;
  std::uint64_t offset = 0;
  const auto next_line = [&] {
    offset = text.size() - rest.size();
    return take_whole_line(rest, line);
  };
  if (!next_line() || line != kFirstLine) return malformed("the first line is another", 0);
  EntryProof proof;
  if (!next_line()) return malformed("no index", offset);
  if (line.starts_with(kExtra)) {
    auto extra = exact_base64(line.substr(kExtra.size()));
    if (!extra) return malformed("the extra data is not base64", offset);
    proof.extra = *std::move(extra);
    if (!next_line()) return malformed("no index", offset);
  }
  if (!line.starts_with(kIndex)) return malformed("no index", offset);
  const auto index = parse_decimal(line.substr(kIndex.size()), crypto::kMaxTreeSize);
  if (!index) return malformed("the index is no number as it must be written", offset);
  proof.index = *index;
  while (true) {
    if (!next_line()) return malformed("no checkpoint", offset);
    if (line.empty()) break;
    const auto hash = exact_base64(line);
    if (!hash || hash->size() != Digest().bytes.size()) {
      return malformed("a hash is not 32 bytes in base64", offset);
    }
    if (proof.path.size() == kMaxPath) return malformed("more hashes than any tree has", offset);
    std::ranges::copy(*hash, proof.path.emplace_back().bytes.begin());
  }
  if (const Status checkpoint = check_checkpoint(rest); !checkpoint) {
    return checkpoint.error().wrap("proof");
  }
  proof.checkpoint = rest;
  return proof;
}

Result<SignedCheckpoint> verify_entry_proof(const EntryProof& proof, ByteView entry,
                                            std::string_view origin,
                                            std::span<const VerifierKey> log_keys,
                                            std::span<const VerifierKey> witness_keys) {
  SAIPH_TRY(SignedCheckpoint opened,
            open_checkpoint(proof.checkpoint, origin, log_keys, witness_keys));
  if (!crypto::verify_inclusion(crypto::leaf_hash(entry), proof.index, opened.checkpoint.size,
                                proof.path, opened.checkpoint.root)) {
    return Error(ErrorCode::kMalformed, "proof: the entry does not stand at index " +
                                            std::to_string(proof.index) +
                                            " of the checkpoint's tree");
  }
  return opened;
}

}  // namespace saiph::ledger
