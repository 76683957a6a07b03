#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/notebook/notebook_detector.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ByteView rest(data, size);
  saiph::detect::RecordingInspection inspection(saiph::Bytes(rest.begin(), rest.end()), "artefact");
  saiph::detect::inspect_notebook(inspection);
  return 0;
}
