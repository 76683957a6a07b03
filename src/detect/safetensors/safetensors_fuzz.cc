#include "detect/contract/recording_inspection_for_test.h"
#include "detect/safetensors/inspect_safetensors.h"

// The first byte chooses whether the length prefix is taken from the input or made to fit.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  if (size == 0) return 0;
  Bytes file;
  const ByteView rest(data + 1, size - 1);
  if (data[0] % 2 == 1) {
    std::uint64_t length = std::min<std::uint64_t>(rest.size(), data[0] * 4U);
    for (int i = 0; i < 8; ++i, length >>= 8U) file.push_back(static_cast<std::uint8_t>(length));
  }
  file.insert(file.end(), rest.begin(), rest.end());
  detect::RecordingInspection inspection(std::move(file));
  detect::inspect_safetensors(inspection);
  if (!inspection.is_consistent()) __builtin_trap();
  return 0;
}
