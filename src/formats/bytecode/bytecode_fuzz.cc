#include <cstddef>
#include <cstdint>

#include "formats/bytecode/bytecode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  saiph::Budget budget(saiph::Limits::strict());
  const auto parsed = saiph::formats::read_bytecode({data, size}, budget);
  if (!parsed) return 0;
  if (parsed->codes.empty()) __builtin_trap();
  for (const auto& code : parsed->codes) {
    for (const saiph::formats::PythonVersion version : {207U, 308U, 311U, 312U}) {
      (void)saiph::formats::references_of(code, version);
    }
  }
  return 0;
}
