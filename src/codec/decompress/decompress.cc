#include "codec/decompress/decompress.h"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "base/file.h"
#include "codec/decompress/decoders.h"

namespace saiph::codec {

namespace {

using State = StreamDecoder::State;
using std::string_view_literals::operator""sv;

constexpr std::size_t kChunk = 256U << 10;
// Whole-buffer decoding holds both sides in memory; the same bound as a spool's memory part.
constexpr std::uint64_t kWholeMember = 4U << 20;

bool starts(ByteView bytes, std::string_view magic) {
  return bytes.size() >= magic.size() && as_text(bytes.first(magic.size())) == magic;
}

// Skippable frames of zstd and LZ4 share their magic numbers: 0x184D2A50 to 0x184D2A5F.
bool is_skippable(ByteView b) {
  return b.size() >= 4 && (b[0] & 0xF0) == 0x50 && b[1] == 0x2A && b[2] == 0x4D && b[3] == 0x18;
}

// Whether the bytes after a complete stream start another one that readers of this codec continue
// with.
bool continues(Codec codec, ByteView next) {
  switch (codec) {
    case Codec::kGzip:
      return starts(next, "\x1f\x8b");
    case Codec::kBzip2:
      return starts(next, "BZh");
    case Codec::kXz:
      return starts(next,
                    "\xFD"
                    "7zXZ\0"sv);
    case Codec::kZstd:
      return starts(next, "\x28\xB5\x2F\xFD") || is_skippable(next);
    case Codec::kLz4:
      return starts(next, "\x04\x22\x4D\x18") || is_skippable(next);
    case Codec::kZlib:
    case Codec::kDeflate:
    case Codec::kLzma:
    case Codec::kZipLzma:
      return false;
  }
  return false;
}

// Skips zero padding that gzip (as written to tapes) and xz (stream padding) allow after a stream.
// Stops at a medium error, which the next refill reports.
bool skip_padding(Codec codec, SourceReader& reader, Budget& budget) {
  if (codec != Codec::kGzip && codec != Codec::kXz) return true;
  while (reader.refill(1) && !reader.buffered().empty()) {
    const ByteView view = reader.buffered();
    const auto zeros = static_cast<std::size_t>(
        std::find_if(view.begin(), view.end(), [](std::uint8_t b) { return b != 0; }) -
        view.begin());
    reader.consume_buffered(zeros);
    if (!budget.take_work(zeros / 64 + 1)) return false;
    if (zeros < view.size()) break;
  }
  return true;
}

}  // namespace

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::kGzip:
      return "gzip";
    case Codec::kZlib:
      return "zlib";
    case Codec::kDeflate:
      return "deflate";
    case Codec::kBzip2:
      return "bzip2";
    case Codec::kXz:
      return "xz";
    case Codec::kLzma:
    case Codec::kZipLzma:
      return "lzma";
    case Codec::kZstd:
      return "zstd";
    case Codec::kLz4:
      return "lz4";
  }
  return "unknown";
}

Result<Decompressed> decompress(Codec codec, const ByteSource& source, Budget& budget) {
  Decompressed result;
  Spool spool;
  SourceReader reader(source, 0, kChunk);
  const auto decoder = make_decoder(codec);
  // Small members are many: their window need not cost more than they do.
  Bytes out(static_cast<std::size_t>(
      std::clamp<std::uint64_t>(std::min<std::uint64_t>(source.size(), kChunk) * 8, 4096, kChunk)));
  std::uint64_t total = 0;
  const std::uint64_t ratio = std::max<std::uint64_t>(budget.limits().inflation_ratio, 1);

  while (!result.error) {
    if (!reader.refill(1)) {
      result.error = reader.failure(std::string(codec_name(codec)) + " stream");
      break;
    }
    const ByteView in = reader.buffered();
    const bool last = in.size() == reader.remaining();
    std::size_t used = 0;
    std::size_t produced = 0;
    const State state = decoder->step(in, used, out, produced, last);
    reader.consume_buffered(used);
    if (!budget.take_work((used + produced) / 256 + 1)) {
      result.error = Error(ErrorCode::kLimit, budget.reason(), reader.offset());
    }
    if (produced != 0) {
      total += produced;
      if (!budget.take_inflated(produced)) {
        result.error = Error(ErrorCode::kLimit, budget.reason(), reader.offset());
      } else {
        SAIPH_CHECK(spool.append(ByteView(out).first(produced)));
        const auto allowed = checked_mul(std::max<std::uint64_t>(reader.offset(), 1), ratio);
        if (total > kRatioFloorBytes && allowed && total > *allowed) {
          result.over_ratio = true;
          result.error =
              Error(ErrorCode::kLimit, "decompression ratio over " + std::to_string(ratio) + ":1",
                    reader.offset());
        }
      }
    }
    if (state == State::kFailed) {
      if (!result.error) {
        result.error = Error(
            decoder->failure_code(),
            "broken " + std::string(codec_name(codec)) + " stream: " + decoder->failure_text(),
            reader.offset());
      }
      break;
    }
    if (state == State::kEnd) {
      ++result.streams;
      result.consumed = reader.offset();
      if (result.error) break;
      if (!skip_padding(codec, reader, budget) ||
          !reader.refill(std::min<std::uint64_t>(6, reader.remaining()))) {
        result.error = budget.exhausted()
                           ? Error(ErrorCode::kLimit, budget.reason(), reader.offset())
                           : reader.failure(codec_name(codec));
        break;
      }
      if (reader.at_end()) result.consumed = reader.offset();
      if (!continues(codec, reader.buffered())) break;
      if (!decoder->restart()) {
        result.error = Error(ErrorCode::kUnavailable, "no memory for the decoder", reader.offset());
      }
      continue;
    }
    if (used == 0 && produced == 0 && !result.error) {
      if (in.empty() || last) {
        // A raw LZMA stream in a ZIP may end without a marker: the container knows its size.
        if (codec == Codec::kZipLzma && reader.at_end() && total != 0) {
          ++result.streams;
          break;
        }
        result.error =
            Error(ErrorCode::kMalformed, "truncated " + std::string(codec_name(codec)) + " stream",
                  reader.offset());
      } else if (!reader.refill(std::min<std::uint64_t>(in.size() + 1, reader.remaining())) ||
                 reader.buffered().size() == in.size()) {
        // The decoder wants more than a whole window at once: no codec here does, on sound data.
        result.error = Error(ErrorCode::kMalformed, "decoder makes no progress", reader.offset());
      }
    }
  }
  if (result.error || result.streams == 0)
    result.consumed = std::max(result.consumed, reader.offset());
  SAIPH_TRY(result.output, spool.finish());
  return result;
}

Result<Decompressed> inflate_member(const ByteSource& source, std::uint64_t claimed,
                                    Budget& budget) {
  if (source.size() <= kWholeMember && claimed <= kWholeMember && claimed / 1100 <= source.size()) {
    Bytes copy;
    ByteView in;
    if (const auto all = source.contiguous()) {
      in = *all;
    } else {
      SAIPH_TRY(copy, read_all(source, kWholeMember));
      in = copy;
    }
    struct Free {
      void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
    };
    static thread_local const std::unique_ptr<libdeflate_decompressor, Free> decoder(
        libdeflate_alloc_decompressor());
    Bytes out(static_cast<std::size_t>(claimed));
    std::size_t used = 0;
    if (decoder != nullptr &&
        libdeflate_deflate_decompress_ex(decoder.get(), in.data(), in.size(), out.data(),
                                         out.size(), &used, nullptr) == LIBDEFLATE_SUCCESS) {
      if (budget.take_inflated(claimed)) {
        return Decompressed{std::make_shared<const MemorySource>(std::move(out)), used, 1,
                            std::nullopt};
      }
      return Decompressed{std::make_shared<const MemorySource>(Bytes()), 0, 0,
                          Error(ErrorCode::kLimit, budget.reason(), 0)};
    }
  }
  return decompress(Codec::kDeflate, source, budget);
}

bool decodes_plausibly(Codec codec, ByteView head) {
  const auto decoder = make_decoder(codec);
  std::array<std::uint8_t, 8192> out{};
  // Twice: one codec reads its header in a step of its own.
  for (int i = 0; i < 2; ++i) {
    std::size_t used = 0;
    std::size_t produced = 0;
    const State state = decoder->step(head, used, out, produced, false);
    if (state == State::kFailed) return false;
    if (produced != 0) return true;
    head = head.subspan(used);
  }
  return false;
}

std::optional<Codec> codec_behind_skippable(const ByteSource& source) {
  std::uint64_t offset = 0;
  for (int i = 0; i < 16; ++i) {
    Bytes header(8);
    const auto got = source.read_at(offset, header);
    if (!got || *got < 4) return std::nullopt;
    if (i != 0 && starts(header, "\x28\xB5\x2F\xFD")) return Codec::kZstd;
    if (i != 0 && starts(header, "\x04\x22\x4D\x18")) return Codec::kLz4;
    ByteReader reader(header);
    std::uint32_t length = 0;
    if (!is_skippable(header) || *got < 8 || !reader.skip(4) || !reader.u32le(length))
      return std::nullopt;
    offset += 8 + std::uint64_t{length};
  }
  return std::nullopt;
}

bool looks_like_lzma(ByteView head) {
  ByteReader reader(head);
  std::uint8_t properties = 0;
  std::uint32_t dictionary = 0;
  std::uint64_t size = 0;
  std::uint8_t first = 0;
  if (!reader.u8(properties) || !reader.u32le(dictionary) || !reader.u64le(size) ||
      !reader.u8(first))
    return false;
  // Writers choose dictionaries of 2^n or 2^n + 2^(n-1) bytes; the range coder starts with a zero.
  const std::uint32_t low = dictionary & (~dictionary + 1);
  const bool sane = dictionary >= 4096 && (dictionary == low || dictionary == low * 3);
  const bool known = size == UINT64_MAX || (size != 0 && size < (std::uint64_t{1} << 38));
  return properties < 225 && (sane || dictionary == UINT32_MAX) && known && first == 0 &&
         decodes_plausibly(Codec::kLzma, head);
}

bool looks_like_zlib(ByteView head) {
  if (head.size() < 2 || (head[0] & 0x0F) != 8 || (head[0] >> 4) > 7) return false;
  if (((head[0] << 8) | head[1]) % 31 != 0 || (head[1] & 0x20) != 0) return false;
  return decodes_plausibly(Codec::kZlib, head);
}

std::size_t joblib_prefix(ByteView head) {
  constexpr std::size_t kPrefix = 21;
  const std::string_view text = as_text(head);
  if (text.size() <= kPrefix + 1 || !text.starts_with("ZF0x")) return 0;
  const std::size_t end = text.find_first_not_of("0123456789abcdefABCDEFL", 4);
  if (end == 4 || text.find_first_not_of(' ', end) < kPrefix) return 0;
  return text[kPrefix] == ' ' ? kPrefix + 1 : kPrefix;
}

}  // namespace saiph::codec
