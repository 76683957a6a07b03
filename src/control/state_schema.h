// The tables of state.db. Steps never change once released.
#pragma once

#include <cstdint>
#include <span>

#include "store/migration.h"

namespace saiph::control {

/// "SPHS"
inline constexpr std::int32_t kStateApplicationId = 0x53504853;
std::span<const store::Migration> state_migrations();

}  // namespace saiph::control
