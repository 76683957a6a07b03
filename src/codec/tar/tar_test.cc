#include "codec/tar/tar.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "codec/tar/tar_test_builder.h"

namespace saiph::codec {
namespace {

using testing::pax_record;
using testing::tar_end;
using testing::tar_member;
using testing::to_bytes;

TarArchive read(const std::string& text, Limits limits = Limits::strict()) {
  Budget budget(limits);
  const Bytes bytes = to_bytes(text);
  auto archive = read_tar(ViewSource(bytes), budget);
  EXPECT_TRUE(archive);
  return archive ? std::move(*archive) : TarArchive{};
}

bool has(const TarArchive& archive, TarIssue issue) {
  return std::any_of(archive.discrepancies.begin(), archive.discrepancies.end(),
                     [&](const TarDiscrepancy& d) { return d.issue == issue; });
}

TEST(Tar, PlainMembers) {
  const TarArchive archive =
      read(tar_member({.name = "a", .data = "hello"}) + tar_member({.name = "d/", .type = '5'}) +
           tar_member({.name = "l", .type = '2', .link = "a"}) + tar_end());
  ASSERT_EQ(archive.entries.size(), 3U);
  EXPECT_TRUE(archive.discrepancies.empty());
  EXPECT_EQ(archive.name(archive.entries[0]), "a");
  EXPECT_EQ(archive.entries[0].size, 5U);
  EXPECT_EQ(archive.entries[0].data_offset, 512U);
  EXPECT_EQ(archive.entries[1].kind, TarKind::kDirectory);
  EXPECT_EQ(archive.entries[2].kind, TarKind::kSymbolicLink);
  EXPECT_EQ(archive.link(archive.entries[2]), "a");
}

TEST(Tar, V7WithoutMagicIsRead) {
  const std::string text = tar_member({.name = "sys_info", .data = "x", .magic = ""}) + tar_end();
  EXPECT_TRUE(is_tar_header(to_bytes(text)));
  EXPECT_EQ(read(text).entries.size(), 1U);
}

TEST(Tar, LongNamesOfBothKinds) {
  const std::string name(300, 'n');
  const TarArchive archive =
      read(tar_member({.name = "././@LongLink", .data = name + std::string(1, '\0'), .type = 'L'}) +
           tar_member({.name = "short", .data = "a"}) +
           tar_member({.name = "x", .data = pax_record("path", name + "2"), .type = 'x'}) +
           tar_member({.name = "short", .data = "b"}) + tar_end());
  ASSERT_EQ(archive.entries.size(), 2U);
  EXPECT_EQ(archive.name(archive.entries[0]), name);
  EXPECT_EQ(archive.name(archive.entries[1]), name + "2");
}

TEST(Tar, Base256Size) {
  std::string size(12, '\0');
  size[0] = static_cast<char>(0x80);
  size[11] = 5;
  const TarArchive archive =
      read(tar_member({.name = "a", .data = "hello", .size_field = size}) + tar_end());
  EXPECT_EQ(archive.entries.at(0).size, 5U);
  size[0] = static_cast<char>(0xFF);
  EXPECT_TRUE(has(read(tar_member({.name = "a", .data = "hello", .size_field = size}) + tar_end()),
                  TarIssue::kBadNumber));
}

TEST(Tar, EachDisagreementIsNamed) {
  const std::string plain = tar_member({.name = "a", .data = "hello"});
  const struct {
    const char* name;
    TarIssue issue;
    std::string text;
  } cases[] = {
      {"bad header", TarIssue::kBadHeader,
       plain + tar_member({.name = "b", .data = "x", .bad_checksum = true}) + plain + tar_end()},
      {"truncated", TarIssue::kTruncated, plain.substr(0, 514)},
      {"pax size", TarIssue::kSizeDiffers,
       tar_member({.name = "x", .data = pax_record("size", "512"), .type = 'x'}) +
           tar_member({.name = "a", .data = "", .size_field = "00000000000"}) + plain + tar_end()},
      {"link data", TarIssue::kLinkWithData,
       tar_member({.name = "a", .data = "hello", .type = '1', .link = "b"}) + tar_end()},
      {"pax record", TarIssue::kBadExtended,
       tar_member({.name = "x", .data = "99 path=a\n", .type = 'x'}) + plain + tar_end()},
      {"after end", TarIssue::kDataAfterEnd, plain + tar_end() + std::string(512, 'x')},
      {"no end", TarIssue::kNoEnd, plain},
      {"sparse", TarIssue::kSparse,
       tar_member({.name = "a", .data = "hello", .type = 'S'}) + tar_end()},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(has(read(c.text), c.issue));
  }
}

TEST(Tar, MembersBehindTheEndAndBehindBrokenHeadersAreEntries) {
  const std::string plain = tar_member({.name = "a", .data = "hello"});
  const std::string hidden = tar_member({.name = "hidden", .data = "x"});
  for (const std::string& text :
       {plain + tar_end() + hidden, plain + std::string(512, 'x') + hidden + tar_end()}) {
    const TarArchive archive = read(text);
    ASSERT_EQ(archive.entries.size(), 2U);
    EXPECT_EQ(archive.name(archive.entries[1]), "hidden");
    EXPECT_TRUE(archive.entries[1].after_end);
  }
}

TEST(Tar, NotATar) {
  Budget budget(Limits::strict());
  const Bytes text(1024, 'x');
  EXPECT_FALSE(read_tar(ViewSource(text), budget));
  EXPECT_FALSE(is_tar_header(text));
  EXPECT_FALSE(is_tar_header(Bytes(1024, 0)));
}

TEST(Tar, MemberLimitIsSaid) {
  Limits limits;
  limits.members = 1;
  const std::string plain = tar_member({.name = "a", .data = "hello"});
  EXPECT_TRUE(has(read(plain + plain + tar_end(), limits), TarIssue::kLimit));
}

}  // namespace
}  // namespace saiph::codec
