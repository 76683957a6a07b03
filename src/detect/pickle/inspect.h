// The detector of pickle artefacts.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// States what the streams of the artefact import, call and rebuild when they are loaded. Nested
/// streams become members with the role "as:pickle"; raw arrays become data ranges.
void inspect_pickle(Inspection& inspection);

/// For artefacts of no known format: searches them for streams that a loader could seek to.
void inspect_unknown_for_pickles(Inspection& inspection);

}  // namespace saiph::detect
