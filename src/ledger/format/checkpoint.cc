#include "ledger/format/checkpoint.h"

#include <algorithm>

#include "codec/base64/base64.h"
#include "crypto/merkle.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

Error malformed(std::string_view what, std::uint64_t offset) {
  return {ErrorCode::kMalformed, "checkpoint: " + std::string(what), offset};
}

Error invalid(std::string_view what) {
  return {ErrorCode::kInvalidArgument, "checkpoint: " + std::string(what)};
}

}  // namespace

Result<std::string> encode_checkpoint(const Checkpoint& checkpoint) {
  if (!is_note_line(checkpoint.origin)) return invalid("a bad origin");
  if (checkpoint.size > crypto::kMaxTreeSize) return invalid("a tree is not so large");
  if (checkpoint.size == 0 && checkpoint.root != crypto::empty_root()) {
    return invalid("the empty tree has another root");
  }
  std::string out = checkpoint.origin;
  out += '\n';
  out += std::to_string(checkpoint.size);
  out += '\n';
  codec::append_base64(out, checkpoint.root.bytes);
  out += '\n';
  for (const std::string& line : checkpoint.extensions) {
    if (!is_note_line(line)) return invalid("a bad extension line");
    out += line;
    out += '\n';
  }
  return out;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  if (text.size() > kMaxNoteBytes) {
    return Error(ErrorCode::kLimit, "checkpoint: longer than 256 KiB");
  }
  if (!is_note_text(text)) return malformed("not UTF-8, or a control character", 0);
  std::string_view rest = text;
  std::string_view origin;
  std::string_view size;
  std::string_view root;
  const auto offset = [&] { return text.size() - rest.size(); };
  Checkpoint checkpoint;
  if (!take_whole_line(rest, origin) || origin.empty()) return malformed("no origin", 0);
  checkpoint.origin = origin;
  const std::uint64_t size_offset = offset();
  if (!take_whole_line(rest, size)) return malformed("no size", size_offset);
  const auto number = parse_decimal(size, crypto::kMaxTreeSize);
  if (!number) return malformed("the size is no number as it must be written", size_offset);
  checkpoint.size = *number;
  const std::uint64_t root_offset = offset();
  if (!take_whole_line(rest, root)) return malformed("no root", root_offset);
  const auto bytes = exact_base64(root);
  if (!bytes || bytes->size() != checkpoint.root.bytes.size()) {
    return malformed("the root is not 32 bytes in base64", root_offset);
  }
  std::ranges::copy(*bytes, checkpoint.root.bytes.begin());
  if (checkpoint.size == 0 && checkpoint.root != crypto::empty_root()) {
    return malformed("the empty tree has another root", root_offset);
  }
  while (!rest.empty()) {
    std::string_view line;
    const std::uint64_t line_offset = offset();
    if (!take_whole_line(rest, line) || line.empty()) {
      return malformed("a bad extension line", line_offset);
    }
    checkpoint.extensions.emplace_back(line);
  }
  return checkpoint;
}

Result<std::string> sign_checkpoint(const Checkpoint& checkpoint, const crypto::Signer& signer,
                                    std::span<const NoteSignature> cosignatures) {
  Note note;
  SAIPH_TRY(note.text, encode_checkpoint(checkpoint));
  SAIPH_TRY(NoteSignature own, sign_note(note.text, checkpoint.origin, signer));
  note.signatures.push_back(std::move(own));
  note.signatures.insert(note.signatures.end(), cosignatures.begin(), cosignatures.end());
  return encode_note(note);
}

Result<SignedCheckpoint> open_checkpoint(std::string_view bytes, std::string_view origin,
                                         std::span<const VerifierKey> log_keys,
                                         std::span<const VerifierKey> witness_keys) {
  SignedCheckpoint result;
  SAIPH_TRY(result.note, parse_note(bytes));
  std::vector<VerifierKey> keys(log_keys.begin(), log_keys.end());
  keys.insert(keys.end(), witness_keys.begin(), witness_keys.end());
  SAIPH_TRY(result.verified, verify_note(result.note, keys));
  SAIPH_TRY(result.checkpoint, parse_checkpoint(result.note.text));
  if (!origin.empty() && result.checkpoint.origin != origin) {
    return malformed("it is another log's", 0);
  }
  const bool own = std::ranges::any_of(result.verified, [&](const VerifiedSignature& signature) {
    return signature.key < log_keys.size() &&
           keys[signature.key].name() == result.checkpoint.origin;
  });
  if (!own) return Error(ErrorCode::kNotFound, "checkpoint: the log's key did not sign it");
  return result;
}

}  // namespace saiph::ledger
