// Safetensors: statements about the header.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// For FormatId::kSafetensors. Cost: the header. Tensor data is declared as data; gaps and trailing
/// bytes become members. One thread at a time per inspection.
void inspect_safetensors(Inspection& inspection);

}  // namespace saiph::detect
