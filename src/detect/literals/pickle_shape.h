// Does a pickle that could run something start here? A walk over opcode lengths, nothing more: the
// pickle engine reads what this finds.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace saiph::detect {

struct PickleShape {
  std::uint64_t length = 0;  ///< bytes walked
  bool stopped = false;      ///< ended with STOP; else at a broken opcode or at the end of the view
  bool cut = false;          ///< ended at the end of the view
  std::uint32_t names = 0;   ///< GLOBAL, INST or STACK_GLOBAL with names that can be names
  std::uint32_t calls = 0;   ///< REDUCE, INST, OBJ, NEWOBJ, NEWOBJ_EX, BUILD
  /// It imports something and calls something: worth handing to the pickle engine.
  bool plausible() const { return names != 0 && calls != 0; }
};

/// Walks from the first byte of `bytes`. Any thread; linear; no allocation.
PickleShape walk_pickle(ByteView bytes);

}  // namespace saiph::detect
