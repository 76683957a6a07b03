// Keras configurations: every object that loading would build.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// For FormatId::kJson. Returns after one streaming pass when the document is no Keras
/// configuration (an object with "class_name" and "config", or an attribute of a Keras H5 file).
/// Otherwise walks the whole tree; bytecode and pickles in it become members. One thread at a time
/// per inspection. Memory: the document as a tree, within Limits::memory_bytes (beyond: incomplete,
/// "limit").
void inspect_keras(Inspection& inspection);

}  // namespace saiph::detect
