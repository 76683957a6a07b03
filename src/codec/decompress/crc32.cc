#include "codec/decompress/crc32.h"

#include <libdeflate.h>

#include <algorithm>

namespace saiph::codec {

std::uint32_t crc32(ByteView bytes, std::uint32_t seed) {
  return libdeflate_crc32(seed, bytes.data(), bytes.size());
}

Result<std::uint32_t> crc32_of(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                               Budget& budget) {
  constexpr std::size_t kWindow = 256U << 10;
  const std::uint64_t begin = std::min(offset, source.size());
  const std::uint64_t end = begin + std::min(length, source.size() - begin);
  std::uint32_t value = 0;
  if (const auto all = source.contiguous()) {
    for (std::uint64_t at = begin; at < end; at += kWindow) {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, end - at));
      if (!budget.take_work(n / 1024 + 1)) return Error(ErrorCode::kLimit, budget.reason(), at);
      value = crc32(all->subspan(static_cast<std::size_t>(at), n), value);
    }
    return value;
  }
  Bytes window(static_cast<std::size_t>(std::min<std::uint64_t>(kWindow, end - begin)));
  for (std::uint64_t at = begin; at < end;) {
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), end - at));
    if (!budget.take_work(n / 1024 + 1)) return Error(ErrorCode::kLimit, budget.reason(), at);
    SAIPH_TRY(const std::size_t got, source.read_at(at, MutableByteView(window).first(n)));
    if (got == 0) return Error(ErrorCode::kUnavailable, "short read", at);
    value = crc32(ByteView(window).first(got), value);
    at += got;
  }
  return value;
}

}  // namespace saiph::codec
