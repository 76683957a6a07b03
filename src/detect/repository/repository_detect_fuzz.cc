#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/repository/repository_detector.h"

// The first byte chooses the detector; the rest is the artefact.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const saiph::ByteView rest = saiph::ByteView(data, size).subspan(1);
  saiph::detect::RecordingInspection inspection(saiph::Bytes(rest.begin(), rest.end()), "artefact");
  switch (data[0] % 3) {
    case 0:
      saiph::detect::inspect_repository_json(inspection);
      break;
    case 1:
      saiph::detect::inspect_yaml(inspection);
      break;
    default:
      saiph::detect::inspect_requirements(inspection);
      break;
  }
  return 0;
}
