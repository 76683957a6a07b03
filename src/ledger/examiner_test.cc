#include "ledger/examiner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "crypto/dsse.h"
#include "ledger/evidence_pack.h"
#include "ledger/export.h"
#include "ledger/key_rotation.h"
#include "ledger/log_for_test.h"

namespace saiph::ledger {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return Bytes(view.begin(), view.end());
}

/// The envelope with one more signature.
Bytes signed_too(ByteView envelope, const crypto::Signer& signer) {
  auto decoded = decode_envelope(envelope);
  EXPECT_TRUE(decoded);
  auto signature = crypto::dsse_sign(signer, decoded->payload_type, decoded->payload);
  EXPECT_TRUE(signature);
  decoded->signatures.push_back({signer.public_key().fingerprint().text(), std::move(*signature)});
  return bytes_of(*encode_envelope(*decoded));
}

ReadEntry read_with(const crypto::Signer& signer, ByteView entry) {
  const TemporaryFolder temporary;
  DiskFolder folder(temporary.path());
  VerifyReport report;
  const Examiner examiner(folder, kOriginForTest, {verifier_for_test(signer)}, report);
  return examiner.read(entry, "here");
}

Bytes with_type(const crypto::Signer& signer, const std::string& predicate_type,
                const std::string& predicate) {
  Statement statement;
  statement.subjects.push_back(Subject::of("a", *crypto::sha256(as_bytes("a"))));
  statement.predicate_type = predicate_type;
  statement.predicate = predicate;
  const auto text = encode_statement(statement);
  EXPECT_TRUE(text);
  return bytes_of(*seal_envelope(kInTotoPayloadType, as_bytes(*text), signer));
}

/// A ledger of these entries, all appended with one key, and its settings.
Settings write_ledger(Folder& folder, const std::shared_ptr<crypto::SoftwareSigner>& signer,
                      const std::vector<Bytes>& entries) {
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options, "signing.key");
  auto ledger = Ledger::open(folder, options, signer);
  EXPECT_TRUE(ledger);
  for (const Bytes& entry : entries) EXPECT_TRUE((*ledger)->append(entry));
  EXPECT_TRUE((*ledger)->close());
  auto settings = load_settings(folder);
  EXPECT_TRUE(settings);
  return *settings;
}

TEST(Examiner, ARotationLeadsFromThePresentKeyAndHasTwoSignatures) {
  const auto old = new_signer_for_test();
  const auto next = new_signer_for_test();
  const auto stranger = new_signer_for_test();
  const Bytes genuine = *make_key_rotation(kOriginForTest, *old, *next, "");
  const ReadEntry followed = read_with(*old, genuine);
  EXPECT_THAT(followed.problem, IsEmpty());
  ASSERT_TRUE(followed.next_key);
  EXPECT_EQ(followed.next_key->text(), verifier_for_test(*next).text());

  // A published rotation with the signature of somebody else's key leads nowhere from that key.
  const Bytes forged = signed_too(genuine, *stranger);
  EXPECT_THAT(read_with(*stranger, forged).problem, HasSubstr("exactly two signatures"));
  EXPECT_FALSE(read_with(*stranger, forged).next_key);
  EXPECT_THAT(read_with(*old, forged).problem, HasSubstr("exactly two signatures"));

  // Nor with it in the old key's place.
  auto swapped = decode_envelope(forged);
  ASSERT_TRUE(swapped);
  swapped->signatures.erase(swapped->signatures.begin());
  const ReadEntry replaced = read_with(*stranger, bytes_of(*encode_envelope(*swapped)));
  EXPECT_THAT(replaced.problem, HasSubstr("it replaces another key"));
  EXPECT_FALSE(replaced.next_key);

  const Bytes itself = *make_key_rotation(kOriginForTest, *old, *old, "");
  EXPECT_THAT(read_with(*old, itself).problem, HasSubstr("the present key as the next one"));
}

/// What verify() says of an exported copy by a pinned key; `claimed` replaces the copy's settings.
Result<VerifyReport> verify_copy(DiskFolder& source, const Settings& settings, ExportLayout layout,
                                 const crypto::Signer& pinned, const Settings* claimed) {
  const TemporaryFolder copy;
  DiskFolder target(copy.path() + "/copy");
  SAIPH_TRY(const auto exported, export_ledger(source, settings, target, layout));
  EXPECT_GT(exported.entries, 0U);
  if (claimed != nullptr) SAIPH_CHECK(save_settings(target, *claimed));
  VerifyOptions options;
  options.key = verifier_for_test(pinned);
  return verify(target, options);
}

TEST(Examiner, ALogInFrontOfAPublishedRotationIsNotThePinnedKeys) {
  const auto old = new_signer_for_test();
  const auto pinned = new_signer_for_test();
  const auto attacker = new_signer_for_test();
  const Bytes genuine = *make_key_rotation(kOriginForTest, *old, *pinned, "");
  auto swapped = decode_envelope(signed_too(genuine, *attacker));
  ASSERT_TRUE(swapped);
  swapped->signatures.erase(swapped->signatures.begin());
  for (const Bytes& rotation :
       {signed_too(genuine, *attacker), bytes_of(*encode_envelope(*swapped))}) {
    const TemporaryFolder temporary;
    DiskFolder source(temporary.path() + "/ledger");
    Settings settings = write_ledger(source, attacker, {envelope_for_test(*attacker, 0), rotation});
    const Settings claimed{
        kOriginForTest, {verifier_for_test(*attacker), verifier_for_test(*pinned)}, "", ""};
    for (const ExportLayout layout : {ExportLayout::kSegments, ExportLayout::kTiles}) {
      const auto report = verify_copy(source, settings, layout, *pinned, &claimed);
      ASSERT_TRUE(report) << report.error().describe();
      EXPECT_TRUE(report->disproved());
      EXPECT_THAT(report->key_rotations, IsEmpty());
    }
  }
}

TEST(Examiner, AReplacedKeyCannotEndTheLogAtItsRotation) {
  const auto old = new_signer_for_test();
  const auto next = new_signer_for_test();
  const TemporaryFolder temporary;
  DiskFolder source(temporary.path() + "/ledger");
  // The rotation is genuine, but the checkpoint over it has the old key's signature alone.
  const Bytes rotation = *make_key_rotation(kOriginForTest, *old, *next, "");
  const Settings settings = write_ledger(source, old, {envelope_for_test(*old, 0), rotation});
  for (const ExportLayout layout : {ExportLayout::kSegments, ExportLayout::kTiles}) {
    const auto report = verify_copy(source, settings, layout, *old, nullptr);
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_TRUE(report->disproved()) << (layout == ExportLayout::kTiles ? "tiles" : "segments");
    ASSERT_FALSE(report->defects.empty());
    EXPECT_EQ(report->defects.front().kind, DefectKind::kCheckpointForged);
  }
}

TEST(Examiner, ContentIsOnlyThatOfPredicatesOfOurs) {
  const auto signer = new_signer_for_test();
  const std::string predicate =
      "{\"content\":[{\"digest\":{\"sha256\":\"" + std::string(64, 'a') + "\"}}]}";
  const ReadEntry foreign =
      read_with(*signer, with_type(*signer, "https://example.org/p", predicate));
  EXPECT_THAT(foreign.problem, IsEmpty());
  EXPECT_THAT(foreign.content, IsEmpty());
  const ReadEntry ours =
      read_with(*signer, with_type(*signer, "urn:saiph:predicate:scan-report:v1", predicate));
  EXPECT_EQ(ours.content.size(), 1U);
}

TEST(Examiner, APayloadOfAnotherTypeIsADefect) {
  const auto signer = new_signer_for_test();
  const Bytes entry = bytes_of(*seal_envelope("text/plain", as_bytes("anything"), *signer));
  EXPECT_THAT(read_with(*signer, entry).problem, HasSubstr("another type"));
}

TEST(EvidencePack, ABodyThatWasChangedDoesNotGoIntoIt) {
  const TemporaryFolder temporary;
  DiskFolder source(temporary.path() + "/ledger");
  const auto signer = new_signer_for_test();
  const auto digest = put_content(source, MemorySource(bytes_of("the body")));
  ASSERT_TRUE(digest);
  const std::string predicate =
      fmt::format(R"({{"content":[{{"digest":{{"sha256":"{}"}}}}]}})", digest->text().substr(7));
  const std::vector<Bytes> entries = {envelope_for_test(*signer, 0, predicate)};
  const Settings settings = write_ledger(source, signer, entries);
  const auto ledger = Ledger::open_to_read(source, options_for_test(*signer));
  ASSERT_TRUE(ledger);
  DiskFolder whole(temporary.path() + "/whole");
  const auto bodies = write_evidence_pack(**ledger, source, settings, {0}, whole);
  ASSERT_TRUE(bodies) << bodies.error().describe();
  EXPECT_EQ(*bodies, 1U);
  const std::string name = content_name(*digest);
  ASSERT_TRUE(write_file(source, name, as_bytes("another!"), Durability::kLazy));
  DiskFolder changed(temporary.path() + "/changed");
  const auto refused = write_evidence_pack(**ledger, source, settings, {0}, changed);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed);
  EXPECT_FALSE(changed.exists(name));

  // A link to somebody's file is not followed.
  ASSERT_TRUE(write_file(whole, "mine", as_bytes("the body"), Durability::kLazy));
  ASSERT_TRUE(source.remove(name));
  std::filesystem::create_symlink(whole.path("mine"), source.path(name));
  DiskFolder linked(temporary.path() + "/linked");
  EXPECT_FALSE(write_evidence_pack(**ledger, source, settings, {0}, linked));
}

TEST(Export, TakesNothingButBodiesFromTheContent) {
  const TemporaryFolder temporary;
  DiskFolder source(temporary.path() + "/ledger");
  const auto signer = new_signer_for_test();
  const auto digest = put_content(source, MemorySource(bytes_of("the body")));
  ASSERT_TRUE(digest);
  const Settings settings = write_ledger(source, signer, {envelope_for_test(*signer, 0)});
  const std::string name = content_name(*digest);
  const std::string parent = name.substr(0, name.rfind('/'));
  for (const std::string& other : {parent + "/notes.txt", name + ".new", parent + "/key"}) {
    ASSERT_TRUE(write_file(source, other, as_bytes("private"), Durability::kLazy));
  }
  DiskFolder target(temporary.path() + "/copy");
  const auto exported = export_ledger(source, settings, target, ExportLayout::kSegments);
  ASSERT_TRUE(exported) << exported.error().describe();
  EXPECT_EQ(exported->bodies, 1U);
  EXPECT_EQ(target.list(parent)->size(), 1U);
}

}  // namespace
}  // namespace saiph::ledger
