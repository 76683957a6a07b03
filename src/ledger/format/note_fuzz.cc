// Notes, checkpoints, verifier keys and proof files: any bytes give a value or an error, and a
// value is written as exactly the bytes it was read from.
#include <cstdint>
#include <cstdlib>

#include "ledger/format/checkpoint.h"
#include "ledger/format/entry_proof.h"
#include "ledger/format/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  static const ledger::VerifierKey kKey =
      ledger::VerifierKey::make(
          "n", ledger::NoteKeyType::kCosignatureV1,
          crypto::PublicKey::from_raw(crypto::SignatureAlgorithm::kEd25519, Bytes(32, 1)).value())
          .value();
  const std::string_view text = as_text(ByteView(data, size));
  const auto same = [text](const Result<std::string>& written) {
    if (!written || *written != text) std::abort();
  };
  if (const auto note = ledger::parse_note(text)) {
    same(ledger::encode_note(*note));
    (void)ledger::verify_note(*note, {&kKey, 1});
    (void)ledger::open_checkpoint(text, "", {&kKey, 1});
  }
  if (const auto checkpoint = ledger::parse_checkpoint(text)) {
    same(ledger::encode_checkpoint(*checkpoint));
  }
  if (const auto key = ledger::VerifierKey::parse(text)) same(key->text());
  if (const auto proof = ledger::parse_entry_proof(text)) {
    same(ledger::encode_entry_proof(*proof));
    (void)ledger::verify_entry_proof(*proof, {}, "", {&kKey, 1});
  }
  return 0;
}
