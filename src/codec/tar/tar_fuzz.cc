// Reads a tar archive; every entry must lie inside the input.
#include <cstddef>
#include <cstdint>

#include "base/checked.h"
#include "codec/tar/tar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Limits limits;
  limits.members = 1000;
  saiph::Budget budget(limits);
  const saiph::ViewSource source(saiph::ByteView(data, size));
  const auto archive = saiph::codec::read_tar(source, budget);
  if (!archive) return 0;
  for (const auto& entry : archive->entries) {
    if (!saiph::range_inside(entry.data_offset, entry.size, source.size())) __builtin_trap();
    if (archive->name(entry).size() != entry.name_length) __builtin_trap();
    if (archive->link(entry).size() != entry.link_length) __builtin_trap();
  }
  if (!saiph::range_inside(archive->trailing_offset, archive->trailing_length, source.size()))
    __builtin_trap();
  return 0;
}
