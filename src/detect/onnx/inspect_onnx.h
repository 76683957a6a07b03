// What an ONNX model asks its runtime to do, and what it carries.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// States findings about external data (paths, ranges, ambiguity), operators (Python, custom,
/// redefined, recursive), tensors (shape against bytes), carried payloads and the file's encoding.
/// Incomplete: malformed or truncated structure, limits, external files that are not there.
/// Weights are not read, except for the first bytes of raw tensors in a full scan.
/// Cost: O(structure). One thread at a time.
void inspect_onnx(Inspection& inspection);

}  // namespace saiph::detect
