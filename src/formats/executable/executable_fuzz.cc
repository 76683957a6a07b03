// Parses any bytes as an executable; the image must end inside the file or be told broken.
#include <cstddef>
#include <cstdint>

#include "formats/executable/executable.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ViewSource source(saiph::ByteView(data, size));
  const auto parsed = saiph::formats::parse_executable(source);
  if (parsed.state == saiph::formats::ParseState::kMalformed && !parsed.error) __builtin_trap();
  return 0;
}
