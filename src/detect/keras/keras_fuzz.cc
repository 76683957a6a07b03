#include "detect/contract/recording_inspection_for_test.h"
#include "detect/keras/inspect_keras.h"

// Once as a document, once as the attribute of an H5 file (walked whatever its top level is).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  for (const char* name : {"config.json", "/@training_config"}) {
    detect::RecordingInspection inspection(Bytes(data, data + size), name);
    detect::inspect_keras(inspection);
    if (!inspection.is_consistent()) __builtin_trap();
  }
  return 0;
}
