// Detectors of Python: source files, bytecode and TorchScript programs.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// A Python source file (FormatId::kPython), or a member of the code/ folder of a torch archive
/// (role "torchscript"). At most 8 MiB are read; longer is incomplete.
void inspect_python(Inspection& inspection);

}  // namespace saiph::detect
