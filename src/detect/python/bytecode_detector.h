// Detector of compiled Python.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// A .pyc file, or a marshalled code object of a Keras Lambda layer (role "as:python-bytecode").
/// A Lambda that names only the framework's mathematics is low; one that reaches processes, code,
/// files or the network is critical. At most 8 MiB are read. Linear time.
void inspect_python_bytecode(Inspection& inspection);

}  // namespace saiph::detect
