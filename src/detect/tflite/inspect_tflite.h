// What a TensorFlow Lite model needs to run, and whether its references hold.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// States findings about custom and Flex operators (those that reach outside by TensorFlow's own
/// rules), references outside their tables, buffers outside the file, constants that do not fit
/// their shape, carried payloads. Incomplete: malformed structure, limits.
/// Cost: O(structure), plus the options of Flex operators. One thread at a time.
void inspect_tflite(Inspection& inspection);

}  // namespace saiph::detect
