#include "codec/tar/tar_writer.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "codec/tar/tar.h"

namespace saiph::codec {
namespace {

ViewSource source_of(const std::string& text) {
  return ViewSource(as_bytes(text));
}

TEST(TarWriter, OurReaderReadsThemBackWithoutAnIssue) {
  std::string archive;
  TarWriter writer([&](std::string_view piece) {
    EXPECT_LE(piece.size(), 64U << 10);
    archive += piece;
    return Status();
  });
  const std::string long_name = "content/" + std::string(300, 'n');
  const std::string large(200'000, 'x');
  const std::string exact(512, 'e');
  const std::string empty;
  ASSERT_TRUE(writer.file("README.md", source_of("hello"), 1'700'000'000));
  ASSERT_TRUE(writer.file(long_name, source_of(large), 0));
  ASSERT_TRUE(writer.file("exact", source_of(exact), 0));
  ASSERT_TRUE(writer.file("empty", source_of(empty), 0));
  ASSERT_TRUE(writer.finish());
  EXPECT_EQ(archive.size() % 512, 0U);

  const ViewSource bytes(as_bytes(archive));
  Budget budget(Limits::strict());
  const auto read = read_tar(bytes, budget);
  ASSERT_TRUE(read.has_value()) << read.error().describe();
  ASSERT_EQ(read->entries.size(), 4U);
  EXPECT_TRUE(read->discrepancies.empty());
  EXPECT_EQ(read->name(read->entries[0]), "README.md");
  EXPECT_EQ(read->name(read->entries[1]), long_name);
  EXPECT_EQ(read->entries[1].size, large.size());
  EXPECT_EQ(read->entries[2].size, 512U);
  EXPECT_EQ(read->entries[3].size, 0U);
}

TEST(TarWriter, RefusesNamesThatLeaveTheFolder) {
  const std::string nul("a\0b", 3);
  for (const std::string& name :
       {std::string(), std::string("/etc/passwd"), std::string("../a"), std::string("a/../b"),
        std::string("a/.."), nul, std::string(5000, 'a')}) {
    TarWriter writer([](std::string_view) { return Status(); });
    const auto status = writer.file(name, source_of("x"), 0);
    ASSERT_FALSE(status.has_value()) << name;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(TarWriter, HandsErrorsOn) {
  TarWriter writer([](std::string_view) {
    return Status(Error(ErrorCode::kUnavailable, "the client is gone"));
  });
  const auto status = writer.file("a", source_of("x"), 0);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace saiph::codec
