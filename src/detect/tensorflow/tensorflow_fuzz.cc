// Any bytes through the probes, the parser of every kind and the detector.
#include <cstddef>
#include <cstdint>

#include "detect/contract/recording_inspection_for_test.h"
#include "detect/tensorflow/inspect_tensorflow.h"
#include "formats/tensorflow/tensorflow_graph.h"
#include "formats/tensorflow/text_graph.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  using formats::FormatId;
  const ByteView bytes(data, size);
  const ViewSource source(bytes);
  (void)formats::probe_saved_model(source, bytes);
  (void)formats::probe_meta_graph(source, bytes);
  (void)formats::probe_graph_def(source, bytes);
  (void)formats::probe_keras_metadata(source, bytes);
  (void)formats::probe_fingerprint(source, bytes);
  const auto shared = std::make_shared<const MemorySource>(Bytes(bytes.begin(), bytes.end()));
  for (const FormatId type : {FormatId::kTfSavedModel, FormatId::kTfMetaGraph,
                              FormatId::kTfGraphDef, FormatId::kTfKerasMetadata}) {
    detect::RecordingInspection inspection(shared, "model.pb");
    inspection.types_ = {type};
    detect::inspect_tensorflow(inspection);
  }
  (void)formats::probe_tensorflow_text(bytes);
  detect::RecordingInspection text(shared, "model.pbtxt");
  detect::inspect_tensorflow_text(text);
  detect::RecordingInspection records(shared, "rows.tfrecord");
  detect::inspect_records(records);
  return 0;
}
