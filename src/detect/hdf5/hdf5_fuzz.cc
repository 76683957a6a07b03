#include "detect/contract/recording_inspection_for_test.h"
#include "detect/hdf5/inspect_hdf5.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  Limits limits;
  limits.work_units = 1U << 22;  // a small input that takes longer is a defect worth a report
  detect::RecordingInspection inspection(Bytes(data, data + size), "model.h5", limits);
  detect::inspect_hdf5(inspection);
  if (!inspection.is_consistent()) __builtin_trap();
  return 0;
}
