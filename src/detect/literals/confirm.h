// Confirmation of programs inside other data.
#pragma once

#include <optional>

#include "detect/literals/patterns.h"
#include "detect/text/secrets/confirm.h"

namespace saiph::detect {

/// Whether the header of a program stands where its magic was found. Pure; any thread; cost bounded
/// by the context.
std::optional<Confirmed> confirm_executable(Check check, const Around& around);

}  // namespace saiph::detect
