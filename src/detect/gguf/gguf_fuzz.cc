#include "detect/contract/recording_inspection_for_test.h"
#include "detect/gguf/inspect_gguf.h"

// Both families: the magic number decides inside the parsers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const auto run = [&](void (*inspect)(detect::Inspection&)) {
    detect::RecordingInspection inspection(Bytes(data, data + size), "m-00001-of-00002.gguf");
    inspect(inspection);
    for (const auto& member : inspection.members) {
      if (!member.open()) __builtin_trap();
    }
    for (const auto& [offset, length] : inspection.data_ranges) {
      if (offset > size || length > size - offset) __builtin_trap();
    }
  };
  run(&detect::inspect_gguf);
  run(&detect::inspect_ggml);
  return 0;
}
