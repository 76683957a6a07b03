#include <utility>

#include "codec/zip/zip.h"

namespace saiph::codec {

Result<Decompressed> open_zip_payload(std::shared_ptr<const ByteSource> source,
                                      std::uint64_t data_offset, const ZipFacts& facts,
                                      Budget& budget) {
  const auto raw =
      std::make_shared<const SubSource>(std::move(source), data_offset, facts.compressed);
  Result<Decompressed> result = Decompressed{};
  switch (facts.method) {
    case 0:
      result->output = raw;
      result->consumed = raw->size();
      result->streams = 1;
      break;
    case 8:
      result = inflate_member(*raw, facts.size, budget);
      break;
    case 12:
      result = decompress(Codec::kBzip2, *raw, budget);
      break;
    case 14:
      result = decompress(Codec::kZipLzma, *raw, budget);
      break;
    case 93:
      result = decompress(Codec::kZstd, *raw, budget);
      break;
    case 95:
      result = decompress(Codec::kXz, *raw, budget);
      break;
    default:
      return Error(ErrorCode::kUnsupported,
                   "compression method " + std::to_string(facts.method) + " is not read",
                   data_offset);
  }
  if (!result || result->error) return result;
  if (raw->size() < facts.compressed) {
    result->error = Error(ErrorCode::kMalformed,
                          "truncated member: its data passes the end of the archive", data_offset);
  }
  return result;
}

}  // namespace saiph::codec
