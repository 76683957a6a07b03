// Decompression of one block whose decompressed size a container claims (Parquet pages).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

/// The numbers are those of parquet.thrift, CompressionCodec.
enum class PageCodec : std::uint8_t {
  kNone = 0,
  kSnappy = 1,
  kGzip = 2,
  kLzo = 3,
  kBrotli = 4,
  kLz4Hadoop = 5,
  kZstd = 6,
  kLz4Raw = 7,
  kUnknown = 255  ///< any other number
};

/// The codec of a number in a file.
PageCodec page_codec(std::int64_t number);

std::string_view page_codec_name(PageCodec codec);

/// Fills `out` with exactly `claimed` bytes. Charges them to the budget first, so a claim over the
/// limits costs nothing. Errors: kLimit (budget, or claimed over `most`), kUnsupported (LZO,
/// Brotli, unknown), kMalformed (broken data, or more or fewer bytes than claimed). `out` keeps its
/// memory between calls. One thread at a time.
Status unpack_page(PageCodec codec, ByteView packed, std::uint64_t claimed, std::uint64_t most,
                   Budget& budget, Bytes& out);

}  // namespace saiph::codec
