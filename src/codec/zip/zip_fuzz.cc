// Reads an archive in all views and opens every payload under small limits.
#include <cstddef>
#include <cstdint>

#include "codec/zip/zip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Limits limits;
  limits.members = 1000;
  limits.inflated_bytes = 8U << 20;
  saiph::Budget budget(limits);
  const auto source = std::make_shared<const saiph::MemorySource>(saiph::Bytes(data, data + size));
  (void)saiph::codec::has_zip_end(*source);
  const auto archive = saiph::codec::read_zip(*source, budget);
  if (!archive) return 0;
  for (const auto& entry : archive->entries) {
    if (archive->name(entry).size() != entry.name_length) __builtin_trap();
    if (!entry.local_readable) continue;
    const auto opened =
        saiph::codec::open_zip_payload(source, entry.data_offset, entry.facts, budget);
    if (opened && opened->output == nullptr) __builtin_trap();
    if (budget.exhausted()) break;
  }
  return 0;
}
