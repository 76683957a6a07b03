// TorchScript programs: the restricted Python in the code/ folder of a torch archive.
#pragma once

#include <string_view>

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// Judges every call by its namespace: the framework's own are expected, file access and loading
/// are findings, unknown namespaces are stated. One thread at a time, linear.
void inspect_torchscript_source(std::string_view source, Inspection& inspection);

}  // namespace saiph::detect
