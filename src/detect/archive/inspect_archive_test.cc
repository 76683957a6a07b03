#include "detect/archive/inspect_archive.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <map>

#include "codec/decompress/crc32.h"
#include "codec/decompress/decompress.h"
#include "codec/tar/tar_test_builder.h"
#include "codec/zip/zip_test_builder.h"
#include "detect/archive/member_names.h"
#include "detect/contract/recording_inspection_for_test.h"

namespace saiph::detect {
namespace {

using codec::testing::Archive;
using codec::testing::Member;
using codec::testing::pax_record;
using codec::testing::tar_end;
using codec::testing::tar_member;
using codec::testing::to_bytes;

std::string with_zlib(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  Bytes in = to_bytes(text);
  Bytes out(text.size() + 200);
  stream.next_in = in.data();
  stream.avail_in = static_cast<unsigned>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<unsigned>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return std::string(as_text(out));
}

/// Everything the inspector handed on, opened, with what opening remarked.
std::map<std::string, std::string> open_all(RecordingInspection& inspection) {
  std::map<std::string, std::string> contents;
  for (const MemberDraft& member : inspection.members) {
    const auto source = member.open();
    if (!source) continue;
    const auto bytes = read_all(**source, 64U << 20);
    contents[member.name] = bytes ? std::string(as_text(*bytes)) : "unreadable";
    if (member.remark) member.remark(inspection);
  }
  return contents;
}

RecordingInspection zip(const Archive& archive, std::string name = "model.zip") {
  RecordingInspection inspection(codec::testing::build(archive), std::move(name));
  inspection.types_ = {formats::FormatId::kZip};
  inspect_zip(inspection);
  return inspection;
}

std::string descriptor(std::string_view data) {
  Bytes out;
  codec::testing::put(out, "PK\x07\x08");
  codec::testing::put(out, codec::crc32(as_bytes(data)), 4);
  codec::testing::put(out, data.size(), 4);
  codec::testing::put(out, data.size(), 4);
  return std::string(as_text(out));
}

// ---- ordinary archives stay quiet ------------------------------------------------------------

TEST(InspectZip, OrdinaryArchivesAreQuiet) {
  const std::string packed = with_zlib("some text, some text, some text", -15);
  const Archive cases[] = {
      {.members = {{.name = "a", .data = "hello"},
                   {.name = "d/", .data = ""},
                   {.name = "d/__init__.py", .data = ""}}},
      {.members = {{.name = "a.npy",
                    .data = "hello",
                    .flags = 8,
                    .local_crc = 0,
                    .local_size = 0,
                    .descriptor = descriptor("hello")}}},
      {.members = {{.name = "a", .data = "hello", .local_extra = std::string("FB\x04\0ZZZZ", 8)}}},
      {.members = {{.name = "a",
                    .data = packed,
                    .method = 8,
                    .size = 31,
                    .crc = codec::crc32(as_bytes("some text, some text, some text"))}}},
      {.members = {{.name = "a", .data = "hello"}}, .comment = "made by a build tool"},
      {},
  };
  for (const Archive& archive : cases) {
    RecordingInspection inspection = zip(archive);
    open_all(inspection);
    EXPECT_EQ(stated(inspection), "");
  }
}

// ---- structure: each technique is stated, and the payload is handed on ------------------------

struct Technique {
  const char* name;
  const char* rule;
  Archive archive;
  const char* payload_name;
};

std::vector<Technique> techniques() {
  const std::string packed = with_zlib("PAYLOAD", -15);
  const std::uint32_t crc = codec::crc32(as_bytes("PAYLOAD"));
  const Archive inner{.members = {{.name = "inner", .data = "PAYLOAD"}}};
  return {
      {"GHSA_769v_p64c_89pr_odd_member_extension",
       "",
       {.members = {{.name = "x/data.odd", .data = "PAYLOAD"}}},
       "x/data.odd"},
      {"GHSA_7q5r_7gvp_wc82_local_name_differs",
       "archive-views-disagree",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .local_name = "readme.md"}}},
       "data.pkl"},
      {"GHSA_w8jq_xcqf_f792_flag_1_encrypted",
       "archive-flags-hide-member",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .flags = 1}}},
       "data.pkl"},
      {"GHSA_w8jq_xcqf_f792_flag_20_patched",
       "archive-flags-hide-member",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .flags = 0x20}}},
       "data.pkl"},
      {"GHSA_w8jq_xcqf_f792_flag_40_strong",
       "archive-flags-hide-member",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .flags = 0x40}}},
       "data.pkl"},
      {"flag_and_deflate",
       "archive-flags-hide-member",
       {.members =
            {{.name = "data.pkl", .data = packed, .method = 8, .size = 7, .flags = 1, .crc = crc}}},
       "data.pkl"},
      {"flag_and_wrong_crc",
       "archive-encrypted-member",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .flags = 1, .crc = 1}}},
       "data.pkl"},
      {"flag_in_one_header_only",
       "archive-views-disagree",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .local_flags = 1}}},
       "data.pkl"},
      {"GHSA_mjqp_26hc_grxg_wrong_crc_stored",
       "archive-wrong-crc",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD", .crc = 1}}},
       "data.pkl"},
      {"GHSA_mjqp_26hc_grxg_wrong_crc_deflated",
       "archive-wrong-crc",
       {.members = {{.name = "data.pkl", .data = packed, .method = 8, .size = 7, .crc = 1}}},
       "data.pkl"},
      {"ModelScan_215_219_encrypted_neighbour",
       "archive-encrypted-member",
       {.members =
            {{.name = "locked", .data = "0123456789abcdef", .method = 8, .size = 99, .flags = 1},
             {.name = "data.pkl", .data = "PAYLOAD"}}},
       "data.pkl"},
      {"ModelScan_354_bad_member_before",
       "archive-views-disagree",
       {.members = {{.name = "bad", .data = "x", .header_offset = 0xFFFFFF, .in_file = false},
                    {.name = "data.pkl", .data = "PAYLOAD"}}},
       "data.pkl"},
      {"ModelScan_263_method_differs",
       "archive-views-disagree",
       {.members = {{.name = "data.pkl",
                     .data = packed,
                     .method = 0,
                     .local_method = 8,
                     .local_crc = crc}}},
       "data.pkl (by its local header)"},
      {"ModelScan_262_npz_in_keras",
       "",
       {.members = {{.name = "model.weights.npz", .data = "PAYLOAD"}}},
       "model.weights.npz"},
      {"hidden_between",
       "archive-hidden-member",
       {.members = {{.name = "a", .data = "x"},
                    {.name = "hidden", .data = "PAYLOAD", .in_directory = false},
                    {.name = "b", .data = "x"}}},
       "hidden"},
      {"duplicate",
       "archive-duplicate-member",
       {.members = {{.name = "a", .data = "x"}, {.name = "a", .data = "PAYLOAD"}}},
       "a"},
      {"second_directory",
       "archive-ambiguous-directory",
       {.members = {{.name = "data.pkl", .data = "PAYLOAD"}},
        .suffix = std::string("PK\x05\x06") + std::string(18, '\0')},
       "data.pkl"},
      {"gap",
       "archive-hidden-data",
       {.members = {{.name = "a", .data = "x"},
                    {.name = "b", .data = "x", .gap_before = "PAYLOAD"}}},
       "(bytes at 32)"},
      {"suffix",
       "archive-hidden-data",
       {.members = {{.name = "a", .data = "x"}}, .suffix = "PAYLOAD"},
       "(bytes at 101)"},
      {"prefix",
       "archive-hidden-data",
       {.prefix = "PAYLOAD", .members = {{.name = "a", .data = "x"}}},
       "(bytes at 0)"},
      {"overlap",
       "archive-overlapping-members",
       {.members =
            {{.name = "data.pkl", .data = "PAYLOAD"},
             {.name = "data.pkl2", .data = "PAYLOAD", .header_offset = 0, .in_file = false}}},
       "data.pkl"},
      {"nul_name",
       "archive-odd-name",
       {.members = {{.name = std::string("a.txt\0.pkl", 10), .data = "PAYLOAD"}}},
       nullptr},
      {"traversal",
       "archive-path-traversal",
       {.members = {{.name = "../../etc/cron.d/x", .data = "PAYLOAD"}}},
       "../../etc/cron.d/x"},
      {"traversal_backslash",
       "archive-path-traversal",
       {.members = {{.name = "a\\..\\..\\x", .data = "PAYLOAD"}}},
       "a\\..\\..\\x"},
      {"absolute",
       "archive-path-traversal",
       {.members = {{.name = "/etc/x", .data = "PAYLOAD"}}},
       "/etc/x"},
      {"drive",
       "archive-path-traversal",
       {.members = {{.name = "C:\\x", .data = "PAYLOAD"}}},
       "C:\\x"},
      {"symlink",
       "archive-link-escapes",
       {.members = {{.name = "l", .data = "../../etc/passwd", .external = 0120777U << 16}}},
       "l"},
      {"stored_size",
       "archive-views-disagree",
       {.members = {{.name = "a", .data = "x", .size = 60}}},
       nullptr},
      {"stored_inner",
       "",
       {.members = {{.name = "inner.zip",
                     .data = std::string(as_text(codec::testing::build(inner)))}}},
       "inner.zip"},
  };
}

TEST(InspectZip, EveryTechniqueIsStatedAndItsPayloadExamined) {
  for (const Technique& t : techniques()) {
    SCOPED_TRACE(t.name);
    RecordingInspection inspection = zip(t.archive);
    const auto contents = open_all(inspection);
    if (*t.rule != '\0') {
      EXPECT_TRUE(inspection.has(t.rule)) << stated(inspection);
    } else {
      EXPECT_EQ(stated(inspection), "");
    }
    if (t.payload_name == nullptr) continue;
    std::string names;
    for (const auto& [name, content] : contents) names += name + "; ";
    ASSERT_TRUE(contents.contains(t.payload_name)) << names;
    if (std::string_view(t.name) != "stored_inner" && std::string_view(t.name) != "symlink") {
      EXPECT_EQ(contents.at(t.payload_name), "PAYLOAD");
    }
  }
}

TEST(InspectZip, TrulyEncryptedMembersAreIncomplete) {
  RecordingInspection inspection = zip(
      {.members = {
           {.name = "locked", .data = "0123456789abcdef", .method = 8, .size = 99, .flags = 1}}});
  ASSERT_EQ(inspection.incompletes.size(), 1U) << stated(inspection);
  EXPECT_EQ(inspection.incompletes[0].code, "encrypted");
}

TEST(InspectZip, TruncatedArchiveStillHandsOnItsMembers) {
  RecordingInspection inspection = zip(
      {.members = {{.name = "a", .data = "PAYLOAD", .in_directory = false}}, .end_record = false});
  EXPECT_EQ(open_all(inspection)["a"], "PAYLOAD");
  ASSERT_FALSE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.incompletes[0].code, "truncated");
  EXPECT_FALSE(inspection.has("archive-hidden-member"));
}

TEST(InspectZip, CorruptDeflateKeepsItsHead) {
  std::string packed = with_zlib(std::string(5000, 'a') + "PAYLOAD" + std::string(5000, 'b'), -15);
  packed.resize(packed.size() - 4);
  RecordingInspection inspection =
      zip({.members = {{.name = "a", .data = packed, .method = 8, .size = 10007}}});
  EXPECT_NE(open_all(inspection)["a"].find("PAYLOAD"), std::string::npos);
  EXPECT_FALSE(inspection.incompletes.empty());
}

TEST(InspectZip, UnknownMethodIsIncompleteWhenOpened) {
  RecordingInspection inspection = zip({.members = {{.name = "a", .data = "x", .method = 9}}});
  ASSERT_EQ(inspection.members.size(), 1U);
  const auto opened = inspection.members[0].open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupported);
}

TEST(InspectZip, MembersOpenAfterTheInspectorIsGone) {
  std::vector<MemberDraft> members;
  Budget* budget = nullptr;
  RecordingInspection inspection(codec::testing::build(
      {.members = {{.name = "a", .data = with_zlib("PAYLOAD", -15), .method = 8, .size = 7}}}));
  inspect_zip(inspection);
  budget = &inspection.budget();
  members = std::move(inspection.members);
  ASSERT_EQ(members.size(), 1U);
  ASSERT_NE(budget, nullptr);
  EXPECT_EQ((*members[0].open())->size(), 7U);
}

// ---- PyTorch ---------------------------------------------------------------------------------

std::string storage_pickle(char key) {
  // PROTO 2, ('storage', torch.FloatStorage, key, 'cpu', 1), BINPERSID, STOP.
  using std::string_literals::operator""s;
  return "\x80\x02(X\x07\0\0\0storage"s + "ctorch\nFloatStorage\n"s + "X\x01\0\0\0"s + key +
         "X\x03\0\0\0cpuK\x01tQ."s;
}

TEST(InspectZip, TorchStoragesNamedByThePickleAreData) {
  const std::string numbers("\1\2\3\4", 4);
  RecordingInspection inspection =
      zip({.members = {{.name = "m/data.pkl", .data = storage_pickle('0')},
                       {.name = "m/byteorder", .data = "little"},
                       {.name = "m/data/0", .data = numbers},
                       {.name = "m/data/1", .data = "PAYLOAD"},
                       {.name = "m/code/a.py", .data = "x = 1\n"}}},
          "model.pt");
  EXPECT_EQ(stated(inspection), "");
  const auto contents = open_all(inspection);
  EXPECT_FALSE(contents.contains("m/data/0"));
  EXPECT_EQ(contents.at("m/data/1"), "PAYLOAD");  // no pickle names it
  ASSERT_EQ(inspection.data_ranges.size(), 1U);
  const auto code = std::find_if(inspection.members.begin(), inspection.members.end(),
                                 [](const MemberDraft& m) { return m.name == "m/code/a.py"; });
  ASSERT_NE(code, inspection.members.end());
  EXPECT_EQ(code->role, "torchscript");
}

TEST(InspectZip, TorchStorageThatIsAProgramIsStated) {
  std::string elf(
      "\x7F"
      "ELF\x02\x01\x01",
      7);
  elf.resize(64, '\0');
  RecordingInspection inspection =
      zip({.members = {{.name = "m/data.pkl", .data = storage_pickle('0')},
                       {.name = "m/version", .data = "3\n"},
                       {.name = "m/data/0", .data = elf}}},
          "model.pt");
  EXPECT_TRUE(inspection.has("torch-storage-is-something-else")) << stated(inspection);
  EXPECT_TRUE(open_all(inspection).contains("m/data/0"));
}

TEST(InspectZip, TorchStorageWithAWrongChecksumIsStatedInFull) {
  const Archive archive{.members = {{.name = "m/data.pkl", .data = storage_pickle('0')},
                                    {.name = "m/version", .data = "3\n"},
                                    {.name = "m/data/0", .data = "1234", .crc = 5}}};
  EXPECT_TRUE(zip(archive, "model.pt").has("archive-wrong-crc"));
  RecordingInspection fast(codec::testing::build(archive), "model.pt");
  fast.full_ = false;
  inspect_zip(fast);
  EXPECT_FALSE(fast.has("archive-wrong-crc"));
}

// ---- tar -------------------------------------------------------------------------------------

RecordingInspection tar(const std::string& text, std::string name = "model.tar") {
  RecordingInspection inspection(to_bytes(text), std::move(name));
  inspect_tar(inspection);
  return inspection;
}

TEST(InspectTar, OrdinaryArchiveIsQuiet) {
  RecordingInspection inspection =
      tar(tar_member({.name = "./a", .data = "PAYLOAD"}) + tar_member({.name = "d/", .type = '5'}) +
          tar_member({.name = "d/l", .type = '2', .link = "../a"}) + tar_end());
  EXPECT_EQ(stated(inspection), "");
  EXPECT_EQ(open_all(inspection)["./a"], "PAYLOAD");
}

TEST(InspectTar, EveryTechniqueIsStated) {
  const std::string plain = tar_member({.name = "a", .data = "x"});
  const std::string payload = tar_member({.name = "p", .data = "PAYLOAD"});
  const struct {
    const char* name;
    const char* rule;
    std::string text;
  } cases[] = {
      {"traversal", "archive-path-traversal", tar_member({.name = "../x", .data = "y"})},
      {"absolute", "archive-path-traversal", tar_member({.name = "/x", .data = "y"})},
      {"symlink", "archive-link-escapes", tar_member({.name = "l", .type = '2', .link = "../x"})},
      {"symlink absolute", "archive-link-escapes",
       tar_member({.name = "l", .type = '2', .link = "/etc"})},
      {"hard link", "archive-link-escapes",
       tar_member({.name = "d/l", .type = '1', .link = "../x"})},
      {"device", "archive-special-file", tar_member({.name = "d", .type = '3'})},
      {"behind the end", "archive-hidden-member", plain + tar_end() + payload},
      {"behind a broken header", "archive-hidden-member", plain + std::string(512, 'x') + payload},
      {"trailing", "archive-trailing-data", plain + tar_end() + std::string(512, 'x')},
      {"CVE_2025_62518_pax_size", "archive-views-disagree",
       tar_member({.name = "x", .data = pax_record("size", "512"), .type = 'x'}) +
           tar_member({.name = "a", .data = "", .size_field = "00000000000"}) + plain},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    RecordingInspection inspection = tar(c.text + tar_end());
    EXPECT_TRUE(inspection.has(c.rule)) << stated(inspection);
  }
}

TEST(InspectTar, BrokenTarIsIncomplete) {
  const std::string plain = tar_member({.name = "a", .data = "hello"});
  EXPECT_FALSE(tar(plain.substr(0, 514)).incompletes.empty());
  EXPECT_FALSE(tar(plain + std::string(512, 'x') + tar_end()).incompletes.empty());
}

// ---- streams and opaque containers -----------------------------------------------------------

TEST(InspectStream, ContentIsHandedOn) {
  RecordingInspection inspection(to_bytes(with_zlib("PAYLOAD", 31)), "weights.pkl.gz");
  inspect_gzip(inspection);
  EXPECT_EQ(stated(inspection), "");
  EXPECT_EQ(open_all(inspection)["weights.pkl"], "PAYLOAD");
}

TEST(InspectStream, NullifAI_brokenStreamKeepsThePayload) {
  std::string packed = with_zlib("PAYLOAD" + std::string(100'000, 'x'), 15);
  packed.resize(packed.size() - 5);
  RecordingInspection inspection(to_bytes(packed), "m.joblib");
  inspect_zlib(inspection);
  EXPECT_TRUE(open_all(inspection)["m.joblib"].starts_with("PAYLOAD"));
  ASSERT_FALSE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.incompletes[0].code, "truncated");
}

TEST(InspectStream, TrailingBytesAreStatedAndExamined) {
  RecordingInspection inspection(to_bytes(with_zlib("x", 15) + "PAYLOAD"), "m.z");
  inspect_zlib(inspection);
  EXPECT_TRUE(inspection.has("archive-trailing-data"));
  bool found = false;
  for (const auto& [name, content] : open_all(inspection)) found = found || content == "PAYLOAD";
  EXPECT_TRUE(found);
}

TEST(InspectStream, BombIsAFindingAndIncomplete) {
  RecordingInspection inspection(to_bytes(with_zlib(std::string(80U << 20, '\0'), 15)), "m.z");
  inspect_zlib(inspection);
  EXPECT_TRUE(inspection.has("archive-decompression-bomb"));
  ASSERT_FALSE(inspection.incompletes.empty());
  EXPECT_EQ(inspection.incompletes[0].code, "limit");
}

TEST(InspectOpaque, NullifAI_sevenZipUnderAModelName) {
  for (const auto& [name, severity] : std::map<std::string, Severity>{
           {"model.pth", Severity::kHigh}, {"data.7z", Severity::kMedium}}) {
    RecordingInspection inspection(to_bytes("7z\xBC\xAF\x27\x1C and more"), name);
    inspect_opaque(inspection);
    ASSERT_EQ(inspection.stated.size(), 1U);
    EXPECT_EQ(inspection.stated[0].severity(), severity);
    EXPECT_FALSE(inspection.incompletes.empty());
  }
}

TEST(MemberNames, LeavesFolder) {
  for (const char* name : {"/a", "\\a", "C:/a", "../a", "a/../../b", "a\\..\\..\\b", ".."})
    EXPECT_TRUE(leaves_folder(name)) << name;
  for (const char* name : {"a", "a/b", "./a", "a/../b", "..a/b", "a..", "c:d", ""})
    EXPECT_FALSE(leaves_folder(name)) << name;
  EXPECT_FALSE(link_leaves_folder("a/b/l", "../x", false));
  EXPECT_TRUE(link_leaves_folder("a/l", "../../x", false));
  EXPECT_TRUE(link_leaves_folder("a/l", "../x", true));
}

TEST(InspectStream, JoblibFilesWithALengthInFront) {
  for (const std::size_t header : {21U, 22U}) {
    std::string file = "ZF0x11";
    file.resize(header, ' ');
    file += with_zlib("the inner pickle!", 15);
    RecordingInspection inspection(to_bytes(file), "model.pkl.z");
    inspect_zlib(inspection);
    const auto contents = open_all(inspection);
    ASSERT_EQ(contents.size(), 1U) << stated(inspection);
    EXPECT_EQ(contents.begin()->first, "model.pkl");
    EXPECT_EQ(contents.begin()->second, "the inner pickle!");
    EXPECT_EQ(stated(inspection), "");
    EXPECT_EQ(codec::joblib_prefix(as_bytes(file)), header);
  }
  for (const std::string_view other :
       {"ZF", "ZF0x11 and what follows is a text", "ZF0x                 xx", "x"})
    EXPECT_EQ(codec::joblib_prefix(as_bytes(other)), 0U) << other;
}

}  // namespace
}  // namespace saiph::detect
