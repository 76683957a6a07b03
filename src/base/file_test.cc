#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace saiph {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "saiph-file-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(root_); }
  fs::path root_;
};

TEST_F(FileTest, ReadsByPosition) {
  std::ofstream(root_ / "f") << "0123456789";
  const auto file = FileSource::open(root_ / "f").value();
  EXPECT_EQ(file->size(), 10U);
  EXPECT_EQ(as_text(read_range(*file, 3, 4, 100).value()), "3456");
  Bytes out(5);
  EXPECT_EQ(file->read_at(8, out).value(), 2U);
  EXPECT_EQ(file->read_at(10, out).value(), 0U);
}

TEST_F(FileTest, FileThatShrinksIsAnErrorNotAShortRead) {
  std::ofstream(root_ / "f") << std::string(1000, 'x');
  const auto file = FileSource::open(root_ / "f").value();
  fs::resize_file(root_ / "f", 10);
  Bytes out(100);
  const auto got = file->read_at(500, out);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), ErrorCode::kUnavailable);
}

TEST_F(FileTest, FifoAndFolderAndMissing) {
  ASSERT_EQ(::mkfifo((root_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(FileSource::open(root_ / "fifo").error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(FileSource::open(root_).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(FileSource::open(root_ / "absent").error().code(), ErrorCode::kNotFound);
}

TEST_F(FileTest, SpoolInMemoryAndOnDiskGiveTheSameBytes) {
  for (const std::size_t limit : {std::size_t{1} << 20, std::size_t{100}}) {
    Spool spool(limit);
    Bytes expected;
    for (int i = 0; i < 50; ++i) {
      const Bytes part(7, static_cast<std::uint8_t>(i));
      ASSERT_TRUE(spool.append(part));
      expected.insert(expected.end(), part.begin(), part.end());
    }
    EXPECT_EQ(spool.size(), expected.size());
    const auto source = spool.finish().value();
    EXPECT_EQ(read_all(*source, 10'000).value(), expected);
    EXPECT_EQ(source->contiguous().has_value(), limit > 1000);
  }
}

}  // namespace
}  // namespace saiph
