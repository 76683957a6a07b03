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

/// Inspectors that run on every artefact, whatever its format is. They do not count as having
/// examined it.
std::span<const InspectFunction> general_inspectors();

}  // namespace saiph::detect
