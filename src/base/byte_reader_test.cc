#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <random>

namespace saiph {
namespace {

/// A source that is not contiguous, so that windows are used, and that can fail or shrink.
class SteppingSource final : public ByteSource {
 public:
  explicit SteppingSource(Bytes bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    ++reads;
    if (offset + out.size() > fail_from)
      return Error(ErrorCode::kUnavailable, "medium failed", offset);
    const std::size_t n = std::min<std::size_t>(
        out.size(), bytes_.size() - std::min<std::size_t>(bytes_.size(), offset));
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
    return n;
  }
  mutable int reads = 0;
  std::uint64_t fail_from = UINT64_MAX;

 private:
  Bytes bytes_;
};

Bytes numbered(std::size_t n) {
  Bytes bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
  return bytes;
}

TEST(ByteReader, FixedWidths) {
  const Bytes bytes = {0x01, 0x02, 0x03, 0x04, 0xFF, 0xFF, 0xFF, 0xFE, 1, 2, 3, 4, 5, 6, 7, 8};
  ByteReader reader{bytes};
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  std::int32_t c = 0;
  std::uint64_t d = 0;
  ASSERT_TRUE(reader.u16le(a) && reader.u16be(b) && reader.i32le(c) && reader.u64be(d));
  EXPECT_EQ(a, 0x0201);
  EXPECT_EQ(b, 0x0304);
  EXPECT_EQ(c, -16777217);
  EXPECT_EQ(d, 0x0102030405060708U);
  EXPECT_TRUE(reader.at_end());
  std::uint8_t e = 0;
  EXPECT_FALSE(reader.u8(e));
  EXPECT_EQ(reader.failure("tail").describe(), "truncated tail at offset 16");
}

TEST(ByteReader, FailureIsStickyAtItsFirstPlace) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader{bytes};
  ByteView view;
  EXPECT_FALSE(reader.take(4, view));
  EXPECT_TRUE(reader.skip(3));
  EXPECT_FALSE(reader.skip(1));
  EXPECT_EQ(reader.failure("x").offset(), 0U);
}

TEST(ByteReader, TakeUntil) {
  ByteReader reader{as_bytes("module\nname\nrest")};
  ByteView view;
  ASSERT_TRUE(reader.take_until('\n', 100, view));
  EXPECT_EQ(as_text(view), "module");
  EXPECT_FALSE(reader.take_until('\n', 3, view));  // delimiter is one further than allowed
  ASSERT_TRUE(reader.take_until('\n', 4, view));
  EXPECT_EQ(as_text(view), "name");
  EXPECT_FALSE(reader.take_until('\n', UINT64_MAX, view));
}

TEST(SourceReader, WindowedReadsEqualMemory) {
  const Bytes bytes = numbered(10'000);
  const SteppingSource source(bytes);
  SourceReader reader(source, 0, 256);
  std::mt19937 random(1);  // NOLINT: a fixed seed is the point
  std::uint64_t position = 0;
  while (position < bytes.size()) {
    const std::uint64_t n = std::min<std::uint64_t>(random() % 200, bytes.size() - position);
    if (random() % 3 == 0) {
      ASSERT_TRUE(reader.skip(n));
    } else {
      ByteView view;
      ASSERT_TRUE(reader.take(n, view));
      ASSERT_TRUE(std::equal(view.begin(), view.end(),
                             bytes.begin() + static_cast<std::ptrdiff_t>(position)));
    }
    position += n;
    ASSERT_EQ(reader.offset(), position);
  }
  EXPECT_TRUE(reader.at_end());
  ASSERT_TRUE(reader.seek(5));
  std::uint8_t byte = 0;
  ASSERT_TRUE(reader.u8(byte));
  EXPECT_EQ(byte, bytes[5]);
}

TEST(SourceReader, SkipReadsNothing) {
  const SteppingSource source(numbered(1'000'000));
  SourceReader reader(source, 0, 256);
  ASSERT_TRUE(reader.skip(999'999));
  EXPECT_EQ(source.reads, 0);
}

TEST(SourceReader, LongerThanTheWindowIsALimitNotTruncation) {
  const SteppingSource source(numbered(1000));
  SourceReader reader(source, 0, 100);
  ByteView view;
  EXPECT_FALSE(reader.take(101, view));
  EXPECT_EQ(reader.failure("name").code(), ErrorCode::kLimit);
  SourceReader other(source, 0, 100);
  EXPECT_FALSE(other.take(1001, view));
  EXPECT_EQ(other.failure("name").code(), ErrorCode::kMalformed);
  SourceReader third(source, 0, 100);
  Bytes copy;
  ASSERT_TRUE(third.copy(1000, 1000, copy));
  EXPECT_EQ(copy, numbered(1000));
}

TEST(SourceReader, MediumFailureIsUnavailable) {
  SteppingSource source(numbered(1000));
  source.fail_from = 300;
  SourceReader reader(source, 0, 200);
  std::uint8_t byte = 0;
  ASSERT_TRUE(reader.u8(byte));
  ASSERT_TRUE(reader.skip(400));
  EXPECT_FALSE(reader.u8(byte));
  EXPECT_EQ(reader.failure("x").code(), ErrorCode::kUnavailable);
}

TEST(SourceReader, TakeUntilAcrossWindows) {
  Bytes bytes(700, 'a');
  bytes[650] = '\n';
  const SteppingSource source(bytes);
  SourceReader reader(source, 0, 1024);
  ByteView view;
  ASSERT_TRUE(reader.take_until('\n', 1000, view));
  EXPECT_EQ(view.size(), 650U);
  EXPECT_FALSE(reader.take_until('\n', 1000, view));
  EXPECT_EQ(reader.failure("line").code(), ErrorCode::kMalformed);
  SourceReader tight(source, 0, 1024);
  EXPECT_FALSE(tight.take_until('\n', 100, view));
  EXPECT_EQ(tight.failure("line").code(), ErrorCode::kLimit);
}

TEST(SourceReader, StartBeyondTheEndFails) {
  const SteppingSource source(numbered(10));
  SourceReader reader(source, 11);
  EXPECT_TRUE(reader.failed());
}

TEST(SubSource, ClipsToItsParent) {
  const Bytes all = numbered(100);
  const auto parent = std::make_shared<const MemorySource>(all);
  const SubSource sub(parent, 90, 50);
  EXPECT_EQ(sub.size(), 10U);
  EXPECT_EQ(read_all(sub, 100).value(), Bytes(all.begin() + 90, all.end()));
  EXPECT_EQ(SubSource(parent, 200, 5).size(), 0U);
  EXPECT_EQ(read_range(sub, 5, 6, 100).error().code(), ErrorCode::kMalformed);
  EXPECT_EQ(read_range(sub, 0, 10, 9).error().code(), ErrorCode::kLimit);
}

}  // namespace
}  // namespace saiph
