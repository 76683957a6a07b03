#include "detect/contract/recording_inspection_for_test.h"
#include "detect/gguf/inspect_gguf.h"

// Both families: the magic number decides inside the parsers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const auto run = [&](void (*inspect)(detect::Inspection&)) {
    detect::RecordingInspection inspection(Bytes(data, data + size), "m-00001-of-00002.gguf");
    inspect(inspection);
    if (!inspection.is_consistent()) __builtin_trap();
  };
  run(&detect::inspect_gguf);
  run(&detect::inspect_ggml);
  return 0;
}
