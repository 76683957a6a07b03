// The explicit table of all detectors: which function inspects which format.
#pragma once

#include <span>

#include "detect/contract/inspection.h"

namespace saiph::detect {

struct Detector {
  formats::FormatId format;
  InspectFunction inspect;
};

/// All rows, in the order in which they run. Several rows may serve one format.
std::span<const Detector> detectors();

}  // namespace saiph::detect
