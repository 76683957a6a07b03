#include "codec/page/page.h"

#define ZLIB_CONST  // zlib then takes its input as const
#include <lz4.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <climits>

#include "base/byte_reader.h"

namespace saiph::codec {

namespace {

Error broken(PageCodec codec) {
  return {ErrorCode::kMalformed,
          "broken " + std::string(page_codec_name(codec)) + " data in a page"};
}

// The C interfaces of the libraries take char and void pointers.
const char* chars(ByteView bytes) {
  return as_text(bytes).data();
}
char* chars(MutableByteView bytes) {
  return reinterpret_cast<char*>(bytes.data());  // raw: libraries of C write chars
}

bool inflate_whole(ByteView packed, MutableByteView out) {
  z_stream stream{};
  constexpr int kGzipOrZlib = 15 + 32;
  if (inflateInit2(&stream, kGzipOrZlib) != Z_OK) return false;
  stream.next_in = packed.data();
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  int state = Z_OK;
  // Several gzip members may follow one another.
  while ((state = inflate(&stream, Z_NO_FLUSH)) == Z_STREAM_END && stream.avail_in != 0 &&
         stream.avail_out != 0) {
    if (inflateReset(&stream) != Z_OK) break;
  }
  const bool whole = state == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  return whole;
}

bool lz4_block(ByteView packed, MutableByteView out) {
  const int got = LZ4_decompress_safe(chars(packed), chars(out), static_cast<int>(packed.size()),
                                      static_cast<int>(out.size()));
  return got >= 0 && static_cast<std::size_t>(got) == out.size();
}

/// Hadoop's framing: for each block its plain and its packed size, big-endian. Some writers of the
/// deprecated codec left it out.
bool lz4_hadoop(ByteView packed, MutableByteView out) {
  ByteReader reader(packed);
  std::size_t done = 0;
  while (!reader.at_end()) {
    std::uint32_t plain = 0;
    std::uint32_t size = 0;
    ByteView block;
    if (!reader.u32be(plain) || !reader.u32be(size) || !reader.take(size, block) ||
        plain > out.size() - done || !lz4_block(block, out.subspan(done, plain)))
      return lz4_block(packed, out);
    done += plain;
  }
  return done == out.size();
}

}  // namespace

PageCodec page_codec(std::int64_t number) {
  constexpr auto kLast = static_cast<std::int64_t>(PageCodec::kLz4Raw);
  return number < 0 || number > kLast ? PageCodec::kUnknown : static_cast<PageCodec>(number);
}

std::string_view page_codec_name(PageCodec codec) {
  switch (codec) {
    case PageCodec::kNone:
      return "uncompressed";
    case PageCodec::kSnappy:
      return "snappy";
    case PageCodec::kGzip:
      return "gzip";
    case PageCodec::kLzo:
      return "lzo";
    case PageCodec::kBrotli:
      return "brotli";
    case PageCodec::kLz4Hadoop:
      return "lz4";
    case PageCodec::kZstd:
      return "zstd";
    case PageCodec::kLz4Raw:
      return "lz4-raw";
    case PageCodec::kUnknown:
      break;
  }
  return "unknown codec";
}

Status unpack_page(PageCodec codec, ByteView packed, std::uint64_t claimed, std::uint64_t most,
                   Budget& budget, Bytes& out) {
  if (claimed > most || claimed > INT_MAX || packed.size() > INT_MAX)
    return Error(ErrorCode::kLimit, "a page of " + std::to_string(claimed) +
                                        " bytes is over the limit of " + std::to_string(most));
  if (!budget.take_inflated(claimed)) return Error(ErrorCode::kLimit, budget.reason());
  out.resize(static_cast<std::size_t>(claimed));
  bool good = false;
  switch (codec) {
    case PageCodec::kNone:
      good = packed.size() == claimed;
      if (good) std::copy(packed.begin(), packed.end(), out.begin());
      break;
    case PageCodec::kSnappy: {
      std::size_t length = 0;
      good = snappy::GetUncompressedLength(chars(packed), packed.size(), &length) &&
             length == claimed &&
             snappy::RawUncompress(chars(packed), packed.size(), chars(MutableByteView(out)));
      break;
    }
    case PageCodec::kGzip:
      good = inflate_whole(packed, out);
      break;
    case PageCodec::kZstd: {
      const std::size_t got = ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size());
      good = ZSTD_isError(got) == 0 && got == claimed;
      break;
    }
    case PageCodec::kLz4Raw:
      good = lz4_block(packed, out);
      break;
    case PageCodec::kLz4Hadoop:
      good = lz4_hadoop(packed, out);
      break;
    case PageCodec::kLzo:
    case PageCodec::kBrotli:
    case PageCodec::kUnknown:
    default:
      return Error(ErrorCode::kUnsupported,
                   "pages packed with " + std::string(page_codec_name(codec)) + " are not read");
  }
  if (!good) {
    out.clear();
    return broken(codec);
  }
  return {};
}

}  // namespace saiph::codec
