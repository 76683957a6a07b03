#include "detect/catalogue.h"

#include <array>

#include "detect/onnx/inspect_onnx.h"
#include "detect/pickle/inspect.h"
#include "detect/tensorflow/inspect_tensorflow.h"

namespace saiph::detect {

namespace {

using formats::FormatId;

// One row per (format, inspector). Each detector folder owns its rows; keep them sorted by folder.
constexpr std::array kDetectors = std::to_array<Detector>({
    {FormatId::kOnnx, &inspect_onnx},
    {FormatId::kPickle, &inspect_pickle},
    {FormatId::kUnknown, &inspect_unknown_for_pickles},
    {FormatId::kTfSavedModel, &inspect_tensorflow},
    {FormatId::kTfMetaGraph, &inspect_tensorflow},
    {FormatId::kTfGraphDef, &inspect_tensorflow},
    {FormatId::kTfKerasMetadata, &inspect_tensorflow},
    {FormatId::kTfFingerprint, &inspect_fingerprint},
    {FormatId::kTfCheckpoint, &inspect_checkpoint_index},
    {FormatId::kTensorData, &inspect_tensor_data},
});

}  // namespace

std::span<const Detector> detectors() { return kDetectors; }

}  // namespace saiph::detect
