#include "codec/zip/zip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "base/byte_source.h"
#include "codec/zip/zip_test_builder.h"

namespace saiph::codec {
namespace {

using testing::Archive;
using testing::build;
using testing::Member;

ZipArchive read(const Bytes& bytes) {
  Budget budget(Limits::strict());
  auto result = read_zip(ViewSource(bytes), budget);
  EXPECT_TRUE(result) << result.error().describe();
  return result ? std::move(*result) : ZipArchive{};
}

bool has(const ZipArchive& archive, ZipIssue issue) {
  return std::any_of(archive.discrepancies.begin(), archive.discrepancies.end(),
                     [&](const ZipDiscrepancy& d) { return d.issue == issue; });
}

std::string payload(const Bytes& bytes, const ZipEntry& entry) {
  Budget budget(Limits::strict());
  const auto opened = open_zip_payload(std::make_shared<const MemorySource>(bytes),
                                       entry.data_offset, entry.facts, budget);
  if (!opened) return "error: " + opened.error().describe();
  const auto all = read_all(*opened->output, 1U << 20);
  return all ? std::string(as_text(*all)) : "unreadable";
}

std::string deflated(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 64, '\0');
  Bytes in(text.begin(), text.end());
  stream.next_in = in.data();
  stream.avail_in = static_cast<unsigned>(in.size());
  Bytes buffer(out.size());
  stream.next_out = buffer.data();
  stream.avail_out = static_cast<unsigned>(buffer.size());
  deflate(&stream, Z_FINISH);
  out.assign(as_text(ByteView(buffer).first(stream.total_out)));
  deflateEnd(&stream);
  return out;
}

TEST(Zip, PlainArchiveHasNoDiscrepancy) {
  const Bytes bytes =
      build({.members = {{.name = "a", .data = "hello"}, {.name = "b/c", .data = "world"}}});
  const ZipArchive archive = read(bytes);
  ASSERT_EQ(archive.entries.size(), 2U);
  EXPECT_TRUE(archive.discrepancies.empty());
  EXPECT_TRUE(archive.gaps.empty());
  EXPECT_EQ(archive.name(archive.entries[1]), "b/c");
  EXPECT_EQ(payload(bytes, archive.entries[0]), "hello");
}

TEST(Zip, EmptyArchive) {
  const ZipArchive archive = read(build({}));
  EXPECT_TRUE(archive.entries.empty());
  EXPECT_TRUE(archive.discrepancies.empty());
}

TEST(Zip, DeflatedMember) {
  const std::string text(1000, 'x');
  const Bytes bytes = build({.members = {{.name = "a",
                                          .data = deflated(text),
                                          .method = 8,
                                          .size = 1000,
                                          .crc = crc32(as_bytes(text))}}});
  const ZipArchive archive = read(bytes);
  ASSERT_EQ(archive.entries.size(), 1U);
  EXPECT_TRUE(archive.discrepancies.empty());
  EXPECT_EQ(payload(bytes, archive.entries[0]), text);
}

TEST(Zip, DeflatedMemberWithAWrongClaimIsReadWhole) {
  const std::string text(1000, 'x');
  const Bytes bytes =
      build({.members = {{.name = "a", .data = deflated(text), .method = 8, .size = 10}}});
  const ZipArchive archive = read(bytes);
  Budget budget(Limits::strict());
  const auto opened =
      open_zip_payload(std::make_shared<const MemorySource>(bytes),
                       archive.entries.at(0).data_offset, archive.entries[0].facts, budget);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->error.has_value());
  EXPECT_EQ(opened->output->size(), 1000U);
}

struct IssueCase {
  const char* name;
  ZipIssue issue;
  Archive archive;
};

std::string descriptor(std::string_view data) {
  Bytes out;
  testing::put(out, "PK\x07\x08");
  testing::put(out, crc32(as_bytes(data)), 4);
  testing::put(out, data.size(), 4);
  testing::put(out, data.size(), 4);
  return std::string(as_text(out));
}

std::vector<IssueCase> issue_cases() {
  const Archive inner{.members = {{.name = "x", .data = "y"}}};
  const Bytes inner_bytes = build(inner);
  return {
      {"GHSA_7q5r_7gvp_wc82_local_name",
       ZipIssue::kNameDiffers,
       {.members = {{.name = "data.pkl", .data = "p", .local_name = "other.txt"}}}},
      {"method",
       ZipIssue::kMethodDiffers,
       {.members = {{.name = "a", .data = "p", .local_method = 8}}}},
      {"GHSA_w8jq_xcqf_f792_flag",
       ZipIssue::kFlagsDiffer,
       {.members = {{.name = "a", .data = "p", .local_flags = 1}}}},
      {"crc", ZipIssue::kCrcDiffers, {.members = {{.name = "a", .data = "p", .local_crc = 7}}}},
      {"size", ZipIssue::kSizeDiffers, {.members = {{.name = "a", .data = "pq", .local_size = 1}}}},
      {"stored_sizes",
       ZipIssue::kStoredSizes,
       {.members = {{.name = "a", .data = "pq", .size = 5}}}},
      {"missing_local",
       ZipIssue::kLocalHeaderMissing,
       {.members = {{.name = "a", .data = "p", .header_offset = 3}}}},
      {"hidden",
       ZipIssue::kNotInDirectory,
       {.members = {{.name = "a", .data = "p"},
                    {.name = "hidden", .data = "q", .in_directory = false},
                    {.name = "b", .data = "r"}}}},
      {"duplicate",
       ZipIssue::kDuplicateName,
       {.members = {{.name = "a", .data = "p"}, {.name = "a", .data = "q"}}}},
      {"overlap",
       ZipIssue::kOverlap,
       {.members = {{.name = "a", .data = "p"}, {.name = "b", .data = "q", .header_offset = 0}}}},
      {"count", ZipIssue::kDirectoryCount, {.members = {{.name = "a", .data = "p"}}, .count = 3}},
      {"prefix",
       ZipIssue::kDirectoryOffset,
       {.prefix = "junk",
        .members = {{.name = "a", .data = "p", .header_offset = 0}},
        .offset_error = -4}},
      {"no_directory",
       ZipIssue::kNoDirectory,
       {.members = {{.name = "a", .data = "p", .in_directory = false}}, .end_record = false}},
      {"nul_name",
       ZipIssue::kNameOddity,
       {.members = {{.name = std::string("a.txt\0.pkl", 10), .data = "p"}}}},
      {"descriptor",
       ZipIssue::kDescriptorDiffers,
       {.members = {{.name = "a", .data = "p", .flags = 8, .descriptor = descriptor("other")}}}},
      {"second_end",
       ZipIssue::kSeveralEndRecords,
       {.members = {{.name = "a", .data = "p"}},
        .suffix = std::string("PK\x05\x06") + std::string(18, '\0')}},
      {"second_archive",
       ZipIssue::kSeveralEndRecords,
       {.members = {{.name = "a", .data = "p"}}, .suffix = std::string(as_text(inner_bytes))}},
  };
}

TEST(Zip, EachDisagreementIsNamed) {
  for (const IssueCase& c : issue_cases()) {
    SCOPED_TRACE(c.name);
    const ZipArchive archive = read(build(c.archive));
    std::string seen;
    for (const auto& d : archive.discrepancies) seen += std::string(zip_issue_name(d.issue)) + " ";
    EXPECT_TRUE(has(archive, c.issue)) << "saw: " << seen;
  }
}

TEST(Zip, HiddenMembersAreEntries) {
  const Bytes bytes =
      build({.members = {{.name = "a", .data = "p"},
                         {.name = "hidden", .data = "payload", .in_directory = false},
                         {.name = "b", .data = "r"}}});
  const ZipArchive archive = read(bytes);
  const auto it = std::find_if(archive.entries.begin(), archive.entries.end(),
                               [](const ZipEntry& e) { return e.origin == ZipOrigin::kLocalOnly; });
  ASSERT_NE(it, archive.entries.end());
  EXPECT_EQ(archive.name(*it), "hidden");
  EXPECT_EQ(payload(bytes, *it), "payload");
}

TEST(Zip, AppendedEndRecordDoesNotHideTheFirstDirectory) {
  const ZipArchive archive =
      read(build({.members = {{.name = "a", .data = "p"}},
                  .suffix = std::string("PK\x05\x06") + std::string(18, '\0')}));
  ASSERT_EQ(archive.entries.size(), 1U);
  EXPECT_EQ(archive.entries[0].origin, ZipOrigin::kOtherDirectory);
}

TEST(Zip, StoredInnerArchiveIsNoDiscrepancy) {
  const Bytes inner = build({.members = {{.name = "x", .data = "y"}}});
  const ZipArchive archive =
      read(build({.members = {{.name = "inner.zip", .data = std::string(as_text(inner))}}}));
  EXPECT_EQ(archive.entries.size(), 1U);
  EXPECT_TRUE(archive.discrepancies.empty());
}

TEST(Zip, DescriptorThatAgreesIsNoDiscrepancy) {
  const ZipArchive archive = read(build({.members = {{.name = "a",
                                                      .data = "hello",
                                                      .flags = 8,
                                                      .local_crc = 0,
                                                      .local_size = 0,
                                                      .descriptor = descriptor("hello")},
                                                     {.name = "b", .data = "x"}}}));
  EXPECT_TRUE(archive.discrepancies.empty());
  EXPECT_TRUE(archive.gaps.empty());
}

TEST(Zip, AlignmentPaddingInExtraIsNoDiscrepancy) {
  const std::string padding = std::string("FB\x0A\0", 4) + std::string(10, 'Z');
  const ZipArchive archive =
      read(build({.members = {{.name = "a", .data = "hello", .local_extra = padding}}}));
  EXPECT_TRUE(archive.discrepancies.empty());
  EXPECT_TRUE(archive.gaps.empty());
}

TEST(Zip, GapsAreListedUnlessZero) {
  const ZipArchive archive =
      read(build({.members = {{.name = "a", .data = "p"},
                              {.name = "b", .data = "q", .gap_before = std::string(8, '\0')},
                              {.name = "c", .data = "r", .gap_before = "secret data"}}}));
  ASSERT_EQ(archive.gaps.size(), 1U);
  EXPECT_EQ(archive.gaps[0].place, ZipGap::Place::kBetween);
  EXPECT_EQ(archive.gaps[0].length, 11U);
}

TEST(Zip, ModelScan_354_OneBadMemberDoesNotStopTheOthers) {
  const ZipArchive archive =
      read(build({.members = {{.name = "bad", .data = "p", .header_offset = 0xFFFFFF},
                              {.name = "good", .data = "q"}}}));
  // The bad one is also found where it really stands.
  ASSERT_EQ(archive.entries.size(), 3U);
  EXPECT_TRUE(std::any_of(archive.entries.begin(), archive.entries.end(), [&](const ZipEntry& e) {
    return archive.name(e) == "good" && e.local_readable;
  }));
}

TEST(Zip, BrokenDirectoryEntryIsPassed) {
  Bytes bytes = build(
      {.members = {
           {.name = "a", .data = "p"}, {.name = "b", .data = "q"}, {.name = "c", .data = "r"}}});
  const std::string_view text = as_text(bytes);
  const std::size_t first = text.find("PK\x01\x02");
  const std::size_t second = text.find("PK\x01\x02", first + 1);
  bytes[second] = 'X';
  const ZipArchive archive = read(bytes);
  EXPECT_TRUE(has(archive, ZipIssue::kBrokenDirectory));
  EXPECT_TRUE(std::any_of(archive.entries.begin(), archive.entries.end(),
                          [&](const ZipEntry& e) { return archive.name(e) == "c"; }));
}

TEST(Zip, NotAZip) {
  Budget budget(Limits::strict());
  const Bytes bytes(100, 'x');
  EXPECT_FALSE(read_zip(ViewSource(bytes), budget));
  EXPECT_FALSE(has_zip_end(ViewSource(bytes)));
}

TEST(Zip, EndRecordIsFoundBehindALongComment) {
  const Bytes bytes =
      build({.members = {{.name = "a", .data = "p"}}, .comment = std::string(60000, 'c')});
  EXPECT_TRUE(has_zip_end(ViewSource(bytes)));
  const ZipArchive archive = read(bytes);
  EXPECT_EQ(archive.entries.size(), 1U);
  EXPECT_TRUE(archive.discrepancies.empty());
}

TEST(Zip, EndRecordIsNotClaimedWithoutWhatBelongsToIt) {
  // The constants of a compiled zip reader: the magic, other constants, zeros.
  const auto with_record = [](std::string_view fields) {
    Bytes bytes(300, 'x');
    testing::put(bytes, "PK\x05\x06");
    testing::put(bytes, fields);
    bytes.resize(400, 0);
    return bytes;
  };
  using std::string_view_literals::operator""sv;
  const std::string_view none[] = {
      "i\xff\xff\0\0c\0\0"sv,                                        // other disks, empty
      "\0\0\0\0\1\0\0\0"sv,                                          // two counts that differ
      "\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0"sv,                      // empty, but it starts behind
      "\0\0\0\0\1\0\1\0\x2f\0\0\0\x10\0\0\0"sv,                      // no directory where it says
      "\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"sv,  // no ZIP64 record
  };
  for (const std::string_view fields : none) {
    EXPECT_FALSE(has_zip_end(ViewSource(with_record(fields)))) << ::testing::PrintToString(fields);
  }
  EXPECT_TRUE(has_zip_end(ViewSource(with_record(std::string(18, '\0')))));
}

TEST(Zip, EndRecordBehindAPrefixIsFound) {
  const std::vector<Member> members = {{.name = "a", .data = "p"}};
  // Offsets that count the prefix, and offsets that do not (a file put in front afterwards).
  EXPECT_TRUE(has_zip_end(ViewSource(build({.prefix = "#!/bin/sh\n", .members = members}))));
  EXPECT_TRUE(has_zip_end(
      ViewSource(build({.prefix = "#!/bin/sh\n", .members = members, .offset_error = -10}))));
  EXPECT_TRUE(has_zip_end(ViewSource(build({.prefix = "MZ", .suffix = "\0\0"}))));
  // Readers by blocks look further back than a comment can be long.
  const std::string far(65536 + 1000, 's');
  EXPECT_TRUE(has_zip_end(ViewSource(build({.prefix = "MZ", .members = members, .suffix = far}))));
}

TEST(Zip, Zip64RecordIsFoundWhateverThePlainOneSays) {
  // Readers prefer the ZIP64 record even where the plain record is whole and wrong.
  for (const bool points : {false, true}) {
    Bytes bytes(100, 'x');
    const std::size_t record = bytes.size();
    testing::put(bytes, "PK\x06\x06");
    testing::put(bytes, 44, 8);
    bytes.resize(record + 56 + (points ? 8 : 0), 0);
    testing::put(bytes, "PK\x06\x07");
    testing::put(bytes, 0, 4);
    testing::put(bytes, points ? record : 5000, 8);
    testing::put(bytes, 1, 4);
    testing::put(bytes, "PK\x05\x06");
    testing::put(bytes, 0, 4);
    testing::put(bytes, 0x00010001, 4);
    testing::put(bytes, 7, 4);
    testing::put(bytes, 7, 4);
    testing::put(bytes, 0, 2);
    EXPECT_TRUE(has_zip_end(ViewSource(bytes))) << points;
    EXPECT_FALSE(has_zip_end(ViewSource(bytes), true)) << points;
  }
}

TEST(Zip, MemberLimitIsSaid) {
  Limits limits;
  limits.members = 1;
  Budget budget(limits);
  const Bytes bytes = build({.members = {{.name = "a", .data = "p"}, {.name = "b", .data = "q"}}});
  const auto archive = read_zip(ViewSource(bytes), budget);
  ASSERT_TRUE(archive);
  EXPECT_TRUE(has(*archive, ZipIssue::kLimit));
  EXPECT_EQ(archive->entries.size(), 1U);
}

}  // namespace
}  // namespace saiph::codec
