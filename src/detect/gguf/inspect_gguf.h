// GGUF and the GGML families: statements about header, metadata and layout.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// For FormatId::kGguf. Cost: the header. Chat templates become members with the role "as:jinja";
/// tensor data is declared as data. One thread at a time per inspection.
void inspect_gguf(Inspection& inspection);

/// For FormatId::kGgml: the LLaMA layout is walked, any other is incomplete ("unsupported").
void inspect_ggml(Inspection& inspection);

}  // namespace saiph::detect
