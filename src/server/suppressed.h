// Suppressions of the state, told to the index.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "server/parts.h"
#include "server/services.h"

namespace saiph::server {

/// Tells the index which suppressions are active at `now`, and open consoles when that changed
/// anything. Answers how many findings changed state. Any thread, one at a time.
Result<std::uint64_t> apply_suppressions(const Services& services, Parts& parts, UnixMillis now);

}  // namespace saiph::server
