// The tables of index.db.
#pragma once

#include <cstdint>
#include <span>

#include "store/migration.h"

namespace saiph::control {

/// "SPHI"
inline constexpr std::int32_t kIndexApplicationId = 0x53504849;
/// A later layout is one more step, which drops the tables and makes them anew with no progress:
/// the ledger has it all.
std::span<const store::Migration> index_layout();

}  // namespace saiph::control
