// Any bytes through the probe, the parser and the detector.
#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/onnx/inspect_onnx.h"
#include "formats/onnx/onnx_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const ByteView bytes(data, size);
  const ViewSource source(bytes);
  (void)formats::probe_onnx(source, bytes);
  detect::RecordingInspection inspection(Bytes(bytes.begin(), bytes.end()));
  inspection.files["w.bin"] = Bytes(16);
  detect::inspect_onnx(inspection);
  return 0;
}
