#include "base/byte_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace saiph {

std::size_t plain_ascii_prefix(ByteView bytes, std::uint8_t stop_a, std::uint8_t stop_b) {
  std::size_t at = 0;
#if defined(__SSE2__)
  const __m128i first = _mm_set1_epi8(static_cast<char>(stop_a));
  const __m128i second = _mm_set1_epi8(static_cast<char>(stop_b));
  const __m128i space = _mm_set1_epi8(0x20);
  while (bytes.size() - at >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data() + at));
    // Signed compare: bytes of 0x80 and more are negative and so "less than a space" as well.
    const __m128i stop =
        _mm_or_si128(_mm_cmplt_epi8(block, space),
                     _mm_or_si128(_mm_cmpeq_epi8(block, first), _mm_cmpeq_epi8(block, second)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stop));
    if (mask != 0) return at + static_cast<std::size_t>(__builtin_ctz(mask));
    at += 16;
  }
#endif
  while (at < bytes.size()) {
    const std::uint8_t byte = bytes[at];
    if (byte < 0x20 || byte >= 0x80 || byte == stop_a || byte == stop_b) break;
    ++at;
  }
  return at;
}

std::size_t utf8_sequence_length(ByteView bytes) {
  const auto continues = [&](std::size_t at, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
    return at < bytes.size() && bytes[at] >= low && bytes[at] <= high;
  };
  if (bytes.empty()) return 0;
  const std::uint8_t lead = bytes[0];
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace saiph
