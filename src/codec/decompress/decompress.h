// Streaming decompression of everything that wraps artefacts, behind one interface.
//
// In: a compressed source. Out: the produced bytes as a source of their own (memory up to 4 MiB,
// then an unlinked temporary file), how much input was used, and what went wrong, if anything.
// What was produced before an error is kept: a payload in front of a broken tail is still loaded by
// its victim, so it must still be seen.
//
// Memory: two windows of 256 KiB, plus the codec's own window, of at most kWindowLimit bytes.
// Cost: linear in input and output; every produced byte is charged to the budget.
// Sources: RFC 1950, RFC 1951, RFC 1952, RFC 8878, the .xz file format 1.2.0, the LZ4 frame format
// 1.6.3, APPNOTE.TXT 6.3.10 section 5.8 (LZMA in ZIP).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

enum class Codec : std::uint8_t {
  kGzip,     ///< any number of members, zero padding between and after them
  kZlib,     ///< one stream
  kDeflate,  ///< raw, one stream
  kBzip2,    ///< concatenated streams
  kXz,       ///< concatenated streams with stream padding
  kLzma,     ///< the older .lzma container ("alone")
  kZipLzma,  ///< ZIP method 14: version, length, properties, raw stream
  kZstd,     ///< several frames, skippable frames
  kLz4,      ///< several frames, skippable frames
};

std::string_view codec_name(Codec codec);

/// Windows and dictionaries larger than this are refused as kLimit. 64 MiB is what `xz -9` asks
/// for; pages of it that the data never reaches are never touched.
inline constexpr std::uint64_t kWindowLimit = 72U << 20;

/// Output up to here is never judged by its ratio (Limits::inflation_ratio): zero-filled arrays of
/// real checkpoints compress 1000:1, and 32 MiB can harm nobody.
inline constexpr std::uint64_t kRatioFloorBytes = 32U << 20;

struct Decompressed {
  /// Never null; empty when nothing was produced.
  std::shared_ptr<const ByteSource> output;
  /// Input bytes that belong to the decoded streams, padding included. What follows is trailing.
  std::uint64_t consumed = 0;
  /// Complete streams (members, frames) decoded.
  std::uint64_t streams = 0;
  /// Why decoding stopped early: kMalformed ("truncated ..." when the input ended), kLimit (budget,
  /// ratio, window), kUnsupported (preset dictionary). The offset is in the compressed input.
  std::optional<Error> error;
  /// The error is the ratio limit: a decompression bomb rather than an exhausted budget.
  bool over_ratio = false;
};

/// Errors: only when the output cannot be kept or the input cannot be read (kUnavailable). One
/// thread at a time for one budget.
Result<Decompressed> decompress(Codec codec, const ByteSource& source, Budget& budget);

/// Raw deflate whose output size is claimed by a container. A member of at most 4 MiB on both sides
/// goes through the fast whole-buffer decoder when it yields exactly `claimed` bytes; everything
/// else goes the streaming way, so the claim is never trusted for an allocation or for the output.
Result<Decompressed> inflate_member(const ByteSource& source, std::uint64_t claimed,
                                    Budget& budget);

/// Whether `head`, the first bytes of something, decodes for a while without an error and yields at
/// least one byte. For formats whose magic number is too short to be one. Cost: at most 8 KiB out.
bool decodes_plausibly(Codec codec, ByteView head);

/// The codec of the first frame behind skippable frames (zstd and LZ4 share them) at the start of a
/// source; nothing when it starts otherwise. Any thread; at most 16 small reads.
std::optional<Codec> codec_behind_skippable(const ByteSource& source);

/// True when `head` has the 13-byte header of a .lzma file with sane properties, dictionary and
/// size, and decodes for a while. The format has no magic number.
bool looks_like_lzma(ByteView head);

/// True when `head` has a zlib header (RFC 1950 section 2.2) and decodes for a while.
bool looks_like_zlib(ByteView head);

/// Bytes in front of the zlib stream of a file that joblib wrote before 0.10: "ZF", then the length
/// of the data in hexadecimal ("0x..."), padded with blanks to 19 characters, by Python 2 to 20.
/// 0 when `head` is none.
std::size_t joblib_prefix(ByteView head);

}  // namespace saiph::codec
