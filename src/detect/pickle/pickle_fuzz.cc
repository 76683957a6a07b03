// The whole path: probe, interpreter, walk, policy. Also that identification never takes a file
// that the inspector then calls no pickle without saying that it is incomplete.
#include "detect/contract/recording_inspection_for_test.h"
#include "detect/pickle/inspect.h"
#include "formats/pickle/walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using saiph::detect::RecordingInspection;
  const saiph::Bytes bytes(data, data + size);
  const saiph::ViewSource source(bytes);
  (void)saiph::formats::probe_pickle(
      saiph::ByteView(bytes).first(std::min<std::size_t>(size, 8192)), source);
  RecordingInspection inspection(bytes);
  saiph::detect::inspect_pickle(inspection);
  for (const auto& member : inspection.members) {
    const auto opened = member.open();
    if (opened && (*opened)->size() > size) __builtin_trap();
  }
  for (const auto& [offset, length] : inspection.data_ranges) {
    if (offset > size || length > size - offset) __builtin_trap();
  }
  RecordingInspection unknown(bytes);
  saiph::detect::inspect_unknown_for_pickles(unknown);
  saiph::Budget budget(saiph::Limits::strict());
  (void)saiph::formats::collect_persistent_ids(source, budget);
  return 0;
}
