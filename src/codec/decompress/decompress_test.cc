#include "codec/decompress/decompress.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "codec/decompress/crc32.h"

namespace saiph::codec {
namespace {

Bytes bytes_of(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

Bytes with_zlib(const Bytes& in, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&stream, in.size()) + 64);
  Bytes copy = in;
  stream.next_in = copy.data();
  stream.avail_in = static_cast<unsigned>(copy.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<unsigned>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes compress(Codec codec, const Bytes& in) {
  Bytes out(in.size() * 2 + 4096);
  std::size_t used = 0;
  switch (codec) {
    case Codec::kGzip:
      return with_zlib(in, 31);
    case Codec::kZlib:
      return with_zlib(in, 15);
    case Codec::kDeflate:
      return with_zlib(in, -15);
    case Codec::kBzip2: {
      auto size = static_cast<unsigned>(out.size());
      std::string chars(out.size(), '\0');
      std::string source(as_text(in));
      BZ2_bzBuffToBuffCompress(chars.data(), &size, source.data(),
                               static_cast<unsigned>(source.size()), 1, 0, 0);
      return bytes_of(chars.substr(0, size));
    }
    case Codec::kXz:
      EXPECT_EQ(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, in.data(), in.size(),
                                        out.data(), &used, out.size()),
                LZMA_OK);
      break;
    case Codec::kLzma:
    case Codec::kZipLzma: {
      lzma_options_lzma options;
      lzma_lzma_preset(&options, 0);
      lzma_stream stream = LZMA_STREAM_INIT;
      EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
      stream.next_in = in.data();
      stream.avail_in = in.size();
      stream.next_out = out.data();
      stream.avail_out = out.size();
      EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
      used = out.size() - stream.avail_out;
      lzma_end(&stream);
      out.resize(used);
      if (codec == Codec::kZipLzma) {
        // .lzma: 5 bytes of properties, 8 of size. ZIP: version, length of properties, properties.
        Bytes zip = {9, 4, 5, 0};
        zip.insert(zip.end(), out.begin(), out.begin() + 5);
        zip.insert(zip.end(), out.begin() + 13, out.end());
        return zip;
      }
      return out;
    }
    case Codec::kZstd:
      used = ZSTD_compress(out.data(), out.size(), in.data(), in.size(), 1);
      break;
    case Codec::kLz4:
      used = LZ4F_compressFrame(out.data(), out.size(), in.data(), in.size(), nullptr);
      break;
  }
  out.resize(used);
  return out;
}

constexpr Codec kAll[] = {Codec::kGzip, Codec::kZlib,    Codec::kDeflate, Codec::kBzip2, Codec::kXz,
                          Codec::kLzma, Codec::kZipLzma, Codec::kZstd,    Codec::kLz4};

Decompressed run(Codec codec, const Bytes& in, Limits limits = Limits::strict()) {
  Budget budget(limits);
  auto out = decompress(codec, ViewSource(in), budget);
  EXPECT_TRUE(out);
  return out ? std::move(*out) : Decompressed{};
}

Bytes noise(std::size_t n) {
  Bytes out(n);
  std::uint32_t state = 12345;
  for (auto& b : out) {
    state = state * 1664525 + 1013904223;
    b = static_cast<std::uint8_t>((state >> 24) & 0x3F);
  }
  return out;
}

TEST(Decompress, RoundTripsWithTrailingBytes) {
  const Bytes plain = noise(700'000);
  for (const Codec codec : kAll) {
    SCOPED_TRACE(std::string(codec_name(codec)));
    const Bytes packed = compress(codec, plain);
    Decompressed out = run(codec, packed);
    EXPECT_FALSE(out.error) << out.error->describe();
    EXPECT_EQ(out.consumed, packed.size());
    EXPECT_EQ(out.streams, 1U);
    EXPECT_EQ(*read_all(*out.output, 1U << 20), plain);
    EXPECT_TRUE(decodes_plausibly(codec, packed));

    Bytes trailing = packed;
    trailing.insert(trailing.end(), {'t', 'a', 'i', 'l', '!', '!', '!'});
    out = run(codec, trailing);
    EXPECT_EQ(out.output->size(), plain.size());
    EXPECT_EQ(out.consumed, packed.size());
  }
}

TEST(Decompress, TruncatedStreamsKeepWhatTheyGave) {
  const Bytes plain = noise(1'500'000);
  for (const Codec codec : kAll) {
    SCOPED_TRACE(std::string(codec_name(codec)));
    Bytes packed = compress(codec, plain);
    packed.resize(packed.size() - packed.size() / 4);
    const Decompressed out = run(codec, packed);
    if (codec != Codec::kZipLzma) {
      ASSERT_TRUE(out.error);
      EXPECT_EQ(out.error->code(), ErrorCode::kMalformed);
      EXPECT_TRUE(out.error->message().starts_with("truncated")) << out.error->message();
    }
    ASSERT_GT(out.output->size(), 0U);
    const Bytes got = *read_all(*out.output, 1U << 21);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), plain.begin()));
  }
}

TEST(Decompress, ConcatenatedStreamsAreOne) {
  const Bytes plain = noise(10'000);
  for (const Codec codec : {Codec::kGzip, Codec::kBzip2, Codec::kXz, Codec::kZstd, Codec::kLz4}) {
    SCOPED_TRACE(std::string(codec_name(codec)));
    const Bytes one = compress(codec, plain);
    Bytes two = one;
    if (codec == Codec::kZstd || codec == Codec::kLz4) {
      const Bytes skippable = {0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
      two.insert(two.end(), skippable.begin(), skippable.end());
    }
    if (codec == Codec::kGzip || codec == Codec::kXz) two.insert(two.end(), 8, 0);
    two.insert(two.end(), one.begin(), one.end());
    const Decompressed out = run(codec, two);
    EXPECT_FALSE(out.error) << out.error->describe();
    EXPECT_EQ(out.output->size(), 20'000U);
    EXPECT_EQ(out.consumed, two.size());
  }
}

TEST(Decompress, CorruptTailKeepsTheHead) {
  const Bytes plain = noise(400'000);
  Bytes packed = compress(Codec::kGzip, plain);
  packed[packed.size() - 6] ^= 0xFF;  // the CRC
  const Decompressed out = run(Codec::kGzip, packed);
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.output->size(), plain.size());
}

TEST(Decompress, BombsStopAtTheRatio) {
  const Bytes zeros(100U << 20);
  const Decompressed out = run(Codec::kZlib, compress(Codec::kZlib, zeros));
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.error->code(), ErrorCode::kLimit);
  EXPECT_LT(out.output->size(), kRatioFloorBytes + (1U << 20));
}

TEST(Decompress, BombsStopAtTheBudget) {
  Limits limits;
  limits.inflated_bytes = 1U << 20;
  const Bytes zeros(8U << 20);
  const Decompressed out = run(Codec::kGzip, compress(Codec::kGzip, zeros), limits);
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.error->code(), ErrorCode::kLimit);
  EXPECT_LE(out.output->size(), 1U << 20);
}

TEST(Decompress, WindowsOverTheLimitAreRefused) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 0);
  // .lzma header: properties, dictionary of 256 MiB, unknown size.
  Bytes header = {0x5D, 0,    0,    0, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                  0xFF, 0xFF, 0xFF, 0, 1,    2,    3,    4,    5,    6};
  const Decompressed out = run(Codec::kLzma, header);
  ASSERT_TRUE(out.error);
  EXPECT_EQ(out.error->code(), ErrorCode::kLimit);
}

TEST(Decompress, InflateMemberChecksTheClaim) {
  const Bytes plain = noise(5000);
  const Bytes packed = compress(Codec::kDeflate, plain);
  for (const std::uint64_t claimed : {std::uint64_t{5000}, std::uint64_t{100}, std::uint64_t{9000},
                                      std::uint64_t{0}, ~std::uint64_t{0}}) {
    Budget budget(Limits::strict());
    const auto out = inflate_member(ViewSource(packed), claimed, budget);
    ASSERT_TRUE(out);
    EXPECT_EQ(*read_all(*out->output, 1U << 20), plain);
  }
}

TEST(Decompress, TextIsNotPlausible) {
  const Bytes text =
      bytes_of("x^2 + y^2 = z^2 is a text and no compressed stream, whatever its first bytes");
  EXPECT_FALSE(decodes_plausibly(Codec::kZlib, text));
}

TEST(Crc32, KnownValueAndRange) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xCBF43926U);
  const Bytes bytes = bytes_of("..123456789..");
  Budget budget(Limits::strict());
  EXPECT_EQ(*crc32_of(ViewSource(bytes), 2, 9, budget), 0xCBF43926U);
  EXPECT_EQ(*crc32_of(ViewSource(bytes), 99, 9, budget), 0U);
}

}  // namespace
}  // namespace saiph::codec
