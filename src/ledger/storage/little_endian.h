// Writing integers as storage holds them. Reading is ByteReader's.
#pragma once

#include <concepts>

#include "base/bytes.h"

namespace saiph::ledger {

/// Appends `value`, least significant byte first. Any thread, constant cost.
template <std::unsigned_integral T>
void append_le(Bytes& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

/// Overwrites the bytes at `offset`, which exist. Any thread, constant cost.
template <std::unsigned_integral T>
void put_le(Bytes& out, std::size_t offset, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

}  // namespace saiph::ledger
