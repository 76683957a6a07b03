#include "ledger/format/note.h"

#include <gtest/gtest.h>

#include "ledger/format/checkpoint.h"
#include "ledger/format/example_for_test.h"

namespace saiph::ledger {
namespace {

// The example of the documentation of golang.org/x/mod/sumdb/note: somebody else's key and
// signature.
constexpr std::string_view kGoKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kGoNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(Note, SomebodyElsesNoteVerifies) {
  const VerifierKey key = VerifierKey::parse(kGoKey).value();
  EXPECT_EQ(key.text(), kGoKey);
  const Note note = parse_note(kGoNote).value();
  EXPECT_EQ(encode_note(note).value(), kGoNote);
  const auto verified = verify_note(note, {&key, 1});
  ASSERT_TRUE(verified) << verified.error().describe();
  EXPECT_EQ(verified->size(), 1U);
}

TEST(Note, EveryChangedByteIsSeen) {
  const VerifierKey key = VerifierKey::parse(kGoKey).value();
  for (std::size_t i = 0; i < kGoNote.size(); ++i) {
    std::string changed(kGoNote);
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto note = parse_note(changed);
    EXPECT_FALSE(note && verify_note(*note, {&key, 1})) << i;
    const auto cut = parse_note(kGoNote.substr(0, i));
    EXPECT_FALSE(cut && verify_note(*cut, {&key, 1})) << i;
  }
}

TEST(Note, SignedWithEveryKind) {
  const std::string text = "one\n\ntwo\n";
  for (const auto algorithm :
       {crypto::SignatureAlgorithm::kEd25519, crypto::SignatureAlgorithm::kEcdsaP256Sha256}) {
    const auto signer = example_signer(5, algorithm);
    const auto witness = example_signer(6);
    const std::vector<VerifierKey> keys = {
        VerifierKey::of_log("log", signer->public_key()).value(),
        VerifierKey::make("w", NoteKeyType::kCosignatureV1, witness->public_key()).value()};
    for (const VerifierKey& key : keys) {
      EXPECT_EQ(VerifierKey::parse(key.text()).value().text(), key.text());
    }
    Note note{text,
              {sign_note(text, "log", *signer).value(),
               {"stranger", 7, {1, 2, 3}},
               cosign_note(text, "w", 1'700'000'000, *witness).value()}};
    const Note read = parse_note(encode_note(note).value()).value();
    EXPECT_EQ(read, note);
    const auto verified = verify_note(read, keys);
    ASSERT_TRUE(verified) << verified.error().describe();
    ASSERT_EQ(verified->size(), 2U);
    EXPECT_EQ(verified->at(0).key, 0U);
    EXPECT_EQ(verified->at(0).unix_time, std::nullopt);
    EXPECT_EQ(verified->at(1).unix_time, 1'700'000'000U);
    // A line twice counts once; a wrong line of a known key spoils the note.
    note.signatures.push_back(note.signatures[0]);
    EXPECT_EQ(verify_note(note, keys).value().size(), 2U);
    note.signatures.back().signature.back() ^= 1;
    EXPECT_EQ(verify_note(note, keys).error().code(), ErrorCode::kMalformed);
    note.signatures = {{"stranger", 7, {1, 2, 3}}};
    EXPECT_EQ(verify_note(note, keys).error().code(), ErrorCode::kNotFound);
    // Another name with the same id, or the same name with another id, is a stranger too.
    note.signatures = {sign_note(text, "log", *signer).value()};
    note.signatures[0].name = "gol";
    EXPECT_EQ(verify_note(note, keys).error().code(), ErrorCode::kNotFound);
    note.signatures = {sign_note(text, "log", *signer).value()};
    note.signatures[0].key_id ^= 1;
    EXPECT_EQ(verify_note(note, keys).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(verify_note(note, std::vector{keys[0], keys[0]}).error().code(),
              ErrorCode::kInvalidArgument);
  }
}

TEST(Note, CosignatureCoversItsTime) {
  const auto witness = example_signer(6);
  const std::string text = "origin\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
  const VerifierKey key =
      VerifierKey::make("w", NoteKeyType::kCosignatureV1, witness->public_key()).value();
  for (const std::uint64_t time :
       {std::uint64_t{0}, std::uint64_t{1'679'315'147}, (std::uint64_t{1} << 63) - 1}) {
    Note note{text, {cosign_note(text, "w", time, *witness).value()}};
    EXPECT_EQ(note.signatures[0].signature.size(), 72U);
    EXPECT_EQ(verify_note(note, {&key, 1}).value().at(0).unix_time, time);
    note.signatures[0].signature[7] ^= 1;
    EXPECT_FALSE(verify_note(note, {&key, 1}));
    note.signatures[0].signature.resize(7);
    EXPECT_FALSE(verify_note(note, {&key, 1}));
  }
  EXPECT_FALSE(cosign_note(text, "w", std::uint64_t{1} << 63, *witness));
  EXPECT_FALSE(
      cosign_note(text, "w", 1, *example_signer(1, crypto::SignatureAlgorithm::kEcdsaP256Sha256)));
}

TEST(Note, WhatIsNoNoteIsRefused) {
  const std::string line = "— n AAAAAQE=\n";
  EXPECT_TRUE(parse_note("t\n\n" + line));
  EXPECT_TRUE(parse_note("\n\n" + line));
  for (const std::string& text : std::initializer_list<std::string>{
           std::string(),
           std::string("t\n"),
           std::string("t\n\n"),
           line,
           "t\n" + line,
           "t\r\n\n" + line,
           "t\tu\n\n" + line,
           std::string("t\0\n\n", 4) + line,
           "\xC3\x28\n\n" + line,
           "t\n\n— n AAAAAQE=",
           "t\n\n- n AAAAAQE=\n",
           "t\n\n—n AAAAAQE=\n",
           "t\n\n— AAAAAQE=\n",
           "t\n\n—  AAAAAQE=\n",
           "t\n\n— n  AAAAAQE=\n",
           "t\n\n— n AAAAAQE= \n",
           "t\n\n— n AAAAAQE\n",
           "t\n\n— n AAAAAQF=\n",
           "t\n\n— n AAAAAQ==\n",
           "t\n\n— n AAAA\n",
           "t\n\n— n+m AAAAAQE=\n",
           "t\n\n— n\xC2\xA0m AAAAAQE=\n",
           "t\n\n— n\xE3\x80\x80 AAAAAQE=\n",
           "t\n\n" + line + "x\n",
       }) {
    EXPECT_FALSE(parse_note(text)) << text;
  }
  std::string many = "t\n\n";
  for (int i = 0; i < 64; ++i) many += line;
  EXPECT_TRUE(parse_note(many));
  EXPECT_EQ(parse_note(many + line).error().code(), ErrorCode::kLimit);
  EXPECT_EQ(parse_note(std::string(kMaxNoteBytes + 1, 'x')).error().code(), ErrorCode::kLimit);
  EXPECT_FALSE(encode_note({"t", {{"n", 1, {1}}}}));
  EXPECT_FALSE(encode_note({"t\n", {}}));
  EXPECT_FALSE(encode_note({"t\n", {{"n n", 1, {1}}}}));
  EXPECT_FALSE(encode_note({"t\n", {{"n", 1, {}}}}));
  EXPECT_FALSE(encode_note({"\x01\n", {{"n", 1, {1}}}}));
}

TEST(Note, VerifierKeysInOneSpelling) {
  for (const std::string_view text : {
           "",
           "+",
           "n",
           "n+c74f20a3",
           "n+c74f20a3+",
           "n+C74F20A3+AQ==",
           "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
           "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
           "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
           "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
           "PeterNeumann+c74f20a3+AVpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
       }) {
    EXPECT_FALSE(VerifierKey::parse(text)) << text;
  }
  EXPECT_EQ(VerifierKey::parse("n+00000000+BgA=").error().code(), ErrorCode::kUnsupported);
  const auto key = example_signer(0)->public_key();
  EXPECT_FALSE(VerifierKey::make("", NoteKeyType::kEd25519, key));
  EXPECT_FALSE(VerifierKey::make("a b", NoteKeyType::kEd25519, key));
  EXPECT_FALSE(VerifierKey::make("a", NoteKeyType::kEcdsa, key));
}

TEST(Checkpoint, RoundTripAndRefusals) {
  const ExampleLog log(3);
  Checkpoint checkpoint = log.checkpoint(3);
  checkpoint.extensions = {"an extension"};
  const std::string text = encode_checkpoint(checkpoint).value();
  EXPECT_EQ(parse_checkpoint(text).value(), checkpoint);
  const std::string root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\n"));
  EXPECT_TRUE(parse_checkpoint("an origin\n9223372036854775807\n" + root + "\n"));
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(),
           std::string("o\n"),
           std::string("o\n1\n"),
           "\n1\n" + root + "\n",
           "o\n\n" + root + "\n",
           "o\n01\n" + root + "\n",
           "o\n+1\n" + root + "\n",
           "o\n-1\n" + root + "\n",
           "o\n 1\n" + root + "\n",
           "o\n1 \n" + root + "\n",
           "o\n0x1\n" + root + "\n",
           "o\n9223372036854775808\n" + root + "\n",
           "o\n18446744073709551617\n" + root + "\n",
           "o\n1\n" + root,
           "o\n1\n" + root + "\n\n",
           "o\n1\n" + root + "\nx\n\ny\n",
           "o\n1\n" + root + "\nx",
           "o\n1\nAAAA\n",
           "o\n1\n" + root.substr(0, 43) + "\n",
           "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
           "o\n0\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
           "o\r\n1\n" + root + "\n",
       }) {
    EXPECT_FALSE(parse_checkpoint(bad)) << bad;
  }
  EXPECT_FALSE(encode_checkpoint({"", 1, {}, {}}));
  EXPECT_FALSE(encode_checkpoint({"a\nb", 1, {}, {}}));
  EXPECT_FALSE(encode_checkpoint({"a", 1, {}, {""}}));
  EXPECT_FALSE(encode_checkpoint({"a", crypto::kMaxTreeSize + 1, {}, {}}));
  EXPECT_FALSE(encode_checkpoint({"a", 0, {}, {}}));
}

TEST(Checkpoint, Opened) {
  const ExampleLog log(3);
  const std::string text = log.signed_checkpoint(3);
  const VerifierKey key = log.key();
  const VerifierKey witness = VerifierKey::make(kExampleWitness, NoteKeyType::kCosignatureV1,
                                                example_signer(100)->public_key())
                                  .value();
  const auto opened = open_checkpoint(text, kExampleOrigin, {&key, 1}, {&witness, 1});
  ASSERT_TRUE(opened) << opened.error().describe();
  EXPECT_EQ(opened->checkpoint, log.checkpoint(3));
  ASSERT_EQ(opened->verified.size(), 2U);
  EXPECT_EQ(opened->verified[1].key, 1U);
  EXPECT_EQ(opened->verified[1].unix_time, 1'767'323'045U);
  EXPECT_TRUE(open_checkpoint(text, "", {&key, 1}));
  EXPECT_EQ(open_checkpoint(text, "another", {&key, 1}).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(open_checkpoint(text, kExampleOrigin, {}, {&witness, 1}).error().code(),
            ErrorCode::kNotFound);
  // A trusted key of another name vouches for its own log only.
  const VerifierKey foreign =
      VerifierKey::of_log("foreign", example_signer(9)->public_key()).value();
  Note note = parse_note(text).value();
  note.signatures = {sign_note(note.text, "foreign", *example_signer(9)).value()};
  EXPECT_EQ(
      open_checkpoint(encode_note(note).value(), kExampleOrigin, {&foreign, 1}).error().code(),
      ErrorCode::kNotFound);
}

}  // namespace
}  // namespace saiph::ledger
