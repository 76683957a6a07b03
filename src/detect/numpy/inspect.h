// The detector of .npy arrays.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Checks header and extents of every array in the artefact; the data of object arrays becomes a
/// member with the role "as:pickle", other data a data range.
void inspect_npy(Inspection& inspection);

}  // namespace saiph::detect
