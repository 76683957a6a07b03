#include "ledger/storage/crc32c.h"

#include <nmmintrin.h>

#include "base/byte_reader.h"

namespace saiph::ledger {

std::uint32_t crc32c(ByteView bytes, std::uint32_t crc) {
  ByteReader reader(bytes);
  std::uint64_t state = ~crc;
  std::uint64_t word = 0;
  while (reader.remaining() >= sizeof word && reader.u64le(word)) {
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<std::uint32_t>(state);
  std::uint8_t byte = 0;
  while (!reader.at_end() && reader.u8(byte)) narrow = _mm_crc32_u8(narrow, byte);
  return ~narrow;
}

}  // namespace saiph::ledger
