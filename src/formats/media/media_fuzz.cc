// Any bytes as media: the end must lie inside.
#include <cstddef>
#include <cstdint>

#include "formats/media/media.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ViewSource source(saiph::ByteView(data, size));
  saiph::Budget budget(saiph::Limits::strict());
  const auto kind = saiph::formats::media_kind(*source.contiguous(), size);
  if (!kind) return 0;
  const auto end = saiph::formats::media_end(source, *kind, budget);
  if (end && *end > size) __builtin_trap();
  return 0;
}
