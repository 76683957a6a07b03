#include "formats/tensorflow/record_file.h"

#include <array>

#include "base/byte_reader.h"

namespace saiph::formats {

namespace {

/// CRC-32C (Castagnoli), reflected; eight bytes at a time are all that is needed here.
constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}();

std::uint32_t masked_crc(std::uint64_t length) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (unsigned i = 0; i < 8; ++i)
    crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<std::uint32_t>(length >> (8 * i))) & 0xFFU];
  crc = ~crc;
  // TensorFlow masks checksums that are stored beside their data: crc32c.h, kMaskDelta.
  return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

}  // namespace

bool probe_record_file(ByteView head) {
  ByteReader reader(head);
  std::uint64_t length = 0;
  std::uint32_t crc = 0;
  return reader.u64le(length) && reader.u32le(crc) && crc == masked_crc(length);
}

Result<std::uint64_t> walk_records(const ByteSource& source, Budget& budget) {
  SourceReader reader(source, 0, 16U << 10);
  std::uint64_t records = 0;
  while (!reader.at_end()) {
    const std::uint64_t at = reader.offset();
    if (!budget.take_work(16)) return Error(ErrorCode::kLimit, budget.reason(), at);
    std::uint64_t length = 0;
    std::uint32_t crc = 0;
    if (!reader.u64le(length) || !reader.u32le(crc)) return reader.failure("record");
    if (crc != masked_crc(length))
      return Error(ErrorCode::kMalformed, "length of a record does not match its checksum", at);
    if (length > reader.remaining() || !reader.skip(length) || !reader.skip(4)) {
      return Error(ErrorCode::kMalformed, "truncated record", at);
    }
    ++records;
  }
  return records;
}

}  // namespace saiph::formats
