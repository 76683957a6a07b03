#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/python/bytecode_detector.h"
#include "detect/python/python_detector.h"

// The first byte chooses the detector; the rest is the artefact.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const saiph::ByteView rest = saiph::ByteView(data, size).subspan(1);
  saiph::detect::RecordingInspection inspection(saiph::Bytes(rest.begin(), rest.end()), "artefact");
  switch (data[0] % 4) {
    case 0:
      saiph::detect::inspect_python(inspection);
      break;
    case 1:
      inspection.role_ = "torchscript";
      saiph::detect::inspect_python(inspection);
      break;
    case 2:
      inspection.role_ = "as:python-bytecode";
      saiph::detect::inspect_python_bytecode(inspection);
      break;
    default:
      saiph::detect::inspect_python_bytecode(inspection);
      break;
  }
  return 0;
}
