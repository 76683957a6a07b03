// Any bytes as JSON Lines and as a table, through the detectors: they end, within their bounds.
#include "detect/contract/recording_inspection_for_test.h"
#include "detect/dataset/cells.h"
#include "detect/dataset/inspect_dataset.h"
#include "detect/literals/search_literals.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const saiph::ByteView bytes(data, size);
  static_cast<void>(saiph::detect::formula_kind(saiph::as_text(bytes)));
  for (const auto inspect : {&saiph::detect::inspect_json_lines, &saiph::detect::inspect_csv,
                             &saiph::detect::inspect_parquet}) {
    saiph::detect::RecordingInspection inspection(saiph::Bytes(bytes.begin(), bytes.end()));
    inspection.types_ = {saiph::formats::FormatId::kJsonLines};
    inspect(inspection);
    for (const auto& member : inspection.members) static_cast<void>(member.open().has_value());
    saiph::detect::search_literals(inspection, {});
    for (const auto& member : inspection.members) static_cast<void>(member.open().has_value());
  }
  return 0;
}
