// The worked examples of docs/formats/ledger.md are computed anew and compared with the document.
// Whole logs are written too, to SAIPH_LEDGER_VECTORS=FOLDER when the environment names it, for
// other implementations to verify: tests/conformance/ledger.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "codec/base64/base64.h"
#include "crypto/dsse.h"
#include "crypto/key_file.h"
#include "ledger/format/example_for_test.h"

namespace saiph::ledger {
namespace {

std::string document() {
  std::ifstream file(std::string(SAIPH_SOURCE_DIR) + "/docs/formats/ledger.md");
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string to_hex(ByteView bytes) {
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

void expect_shown(const std::string& document, const char* what, std::string example) {
  if (!example.ends_with('\n')) example += '\n';
  EXPECT_NE(document.find("```\n" + example + "```"), std::string::npos)
      << what << " in docs/formats/ledger.md is not:\n"
      << example;
}

TEST(Examples, StandInTheDocument) {
  const std::string text = document();
  ASSERT_FALSE(text.empty());
  const ExampleLog log(7);
  expect_shown(text, "statement", example_statement(0));
  expect_shown(text, "envelope", log.entries()[0]);
  expect_shown(text, "leaf hash", to_hex(crypto::leaf_hash(as_bytes(log.entries()[0])).bytes));
  expect_shown(text, "verifier key", log.key().text());
  expect_shown(text, "witness key",
               VerifierKey::make(kExampleWitness, NoteKeyType::kCosignatureV1,
                                 example_signer(100)->public_key())
                   .value()
                   .text());
  expect_shown(text, "checkpoint", log.signed_checkpoint(7));
  expect_shown(text, "public key", log.signer().public_key().pem());
  expect_shown(text, "fingerprint", log.signer().public_key().fingerprint().text());
  expect_shown(text, "key file",
               std::string(as_text(crypto::encode_key_file(log.signer(), {}).value().view())));
  // The extra line is long: the document shows the proof without it.
  EntryProof proof = parse_entry_proof(log.proof(2, 7)).value();
  proof.extra.reset();
  expect_shown(text, "proof", encode_entry_proof(proof).value());
  std::string tiles;
  for (const TileId& tile : new_tiles(0, 70'000)) {
    if (tile.index >= 272 || tile.level > 0) tiles += tile_path(tile) + "\n";
  }
  expect_shown(text, "tiles", tiles);
}

TEST(Examples, SealedKeyFileOfTheDocumentOpens) {
  const std::string text = document();
  const std::size_t begin = text.find("saiph-key-file-v1\nalgorithm: ed25519\npublic: 03a1");
  const std::size_t sealed = text.find("seal: scrypt");
  ASSERT_NE(sealed, std::string::npos);
  const std::size_t start = text.rfind("saiph-key-file-v1", sealed);
  const std::size_t end = text.find("```", start);
  const auto signer = crypto::decode_key_file(std::string_view(text).substr(start, end - start),
                                              as_bytes("correct horse battery staple"));
  ASSERT_TRUE(signer) << signer.error().describe();
  EXPECT_EQ((*signer)->public_key(), example_signer(0)->public_key());
  EXPECT_NE(begin, start);
}

void write(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(Vectors, Written) {
  const char* asked = std::getenv("SAIPH_LEDGER_VECTORS");  // NOLINT(concurrency-mt-unsafe)
  std::string scratch = testing::TempDir() + "/saiph-vectors-XXXXXX";
  ASSERT_NE(::mkdtemp(scratch.data()), nullptr);
  const std::string folder = asked != nullptr ? asked : scratch;
  for (const auto algorithm :
       {crypto::SignatureAlgorithm::kEd25519, crypto::SignatureAlgorithm::kEcdsaP256Sha256}) {
    const std::filesystem::path root =
        std::filesystem::path(folder) / crypto::signature_algorithm_name(algorithm);
    constexpr std::uint64_t kSizes[] = {1, 2, 7, 255, 256, 257, 700};
    const ExampleLog log(700, algorithm);
    write(root / "key", log.key().text() + "\n");
    write(root / "witness", VerifierKey::make(kExampleWitness, NoteKeyType::kCosignatureV1,
                                              example_signer(100)->public_key())
                                    .value()
                                    .text() +
                                "\n");
    write(root / "key.pem", log.signer().public_key().pem());
    write(root / "keyid", log.signer().public_key().fingerprint().text() + "\n");
    for (const std::uint64_t size : kSizes) {
      write(root / "checkpoints" / std::to_string(size), log.signed_checkpoint(size));
      for (const TileId& tile : new_tiles(0, size)) {
        write(root / tile_path(tile), as_text(log.tile(tile)));
      }
      for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size - 1}) {
        write(
            root / "proofs" / (std::to_string(size) + "-" + std::to_string(index) + ".tlog-proof"),
            log.proof(index, size));
        std::string consistency;
        const auto hashes = crypto::consistency_proof(index + 1, size, log.reader()).value();
        for (const Digest& hash : hashes) consistency += codec::encode_base64(hash.bytes) + "\n";
        write(root / "consistency" / (std::to_string(index + 1) + "-" + std::to_string(size)),
              codec::encode_base64(log.checkpoint(index + 1).root.bytes) + "\n" + consistency);
      }
    }
    for (const std::uint64_t i : {0U, 1U, 699U}) {
      write(root / "envelopes" / (std::to_string(i) + ".json"), log.entries()[i]);
      write(root / "statements" / (std::to_string(i) + ".json"), example_statement(i));
    }
    EXPECT_TRUE(std::filesystem::exists(root / "tile/entries/000"));
    EXPECT_TRUE(std::filesystem::exists(root / "tile/1/000.p/2"));
  }
  std::filesystem::remove_all(scratch);
}

}  // namespace
}  // namespace saiph::ledger
