// Values as short text for reports.
#pragma once

#include <string>

#include "formats/pickle/machine.h"

namespace saiph::detect {

/// "module.name" as the loader resolves it.
std::string render_name(const formats::PickleName& name);
/// A value in Python's notation, at most about 160 bytes, unknown parts as "...".
std::string render_value(const formats::PickleMachine& machine, formats::PickleValue value);

}  // namespace saiph::detect
