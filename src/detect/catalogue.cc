#include "detect/catalogue.h"

#include <array>

namespace saiph::detect {

namespace {

using formats::FormatId;

// One row per (format, inspector). Each detector folder owns its rows; keep them sorted by folder.
constexpr std::array kDetectors = std::to_array<Detector>({
    {FormatId::kUnknown, nullptr},
});

}  // namespace

std::span<const Detector> detectors() { return kDetectors; }

}  // namespace saiph::detect
