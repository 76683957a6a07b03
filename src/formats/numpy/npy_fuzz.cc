#include "formats/numpy/npy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ViewSource source(saiph::ByteView(data, size));
  saiph::Budget budget(saiph::Limits::strict());
  const auto outcome = saiph::formats::parse_npy(source, 0, budget);
  if (outcome.kind == saiph::formats::NpyOutcome::Kind::kParsed &&
      outcome.header.data_offset + outcome.header.data_bytes > size) {
    __builtin_trap();
  }
  return 0;
}
