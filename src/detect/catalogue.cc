#include "detect/catalogue.h"

#include <array>

#include "detect/onnx/inspect_onnx.h"

namespace saiph::detect {

namespace {

using formats::FormatId;

// One row per (format, inspector). Each detector folder owns its rows; keep them sorted by folder.
constexpr std::array kDetectors = std::to_array<Detector>({
    {FormatId::kOnnx, &inspect_onnx},
});

}  // namespace

std::span<const Detector> detectors() { return kDetectors; }

}  // namespace saiph::detect
