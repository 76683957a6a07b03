// Any bytes through the flatbuffer view, the model walk and the detector.
#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/tflite/inspect_tflite.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  detect::RecordingInspection inspection(Bytes(data, data + size));
  detect::inspect_tflite(inspection);
  return 0;
}
