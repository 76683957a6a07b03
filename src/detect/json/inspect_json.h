// JSON documents of any purpose: is there only one way to read them.
#pragma once

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// For FormatId::kJson. One streaming pass: duplicate keys are findings, anything that is not one
/// JSON value in UTF-8 (NaN and Infinity as Python writes them are taken) is incomplete.
/// One thread at a time per inspection.
void inspect_json(Inspection& inspection);

}  // namespace saiph::detect
