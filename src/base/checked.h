// Checked arithmetic for every size and offset that derives from input.
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <utility>

namespace saiph {

/// a + b, or nothing on overflow. Any thread, constant cost (as are the others here).
template <std::integral T>
constexpr std::optional<T> checked_add(T a, T b) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

/// a - b, or nothing on overflow (for unsigned: when b > a).
template <std::integral T>
constexpr std::optional<T> checked_sub(T a, T b) {
  T difference{};
  if (__builtin_sub_overflow(a, b, &difference)) return std::nullopt;
  return difference;
}

/// a * b, or nothing on overflow.
template <std::integral T>
constexpr std::optional<T> checked_mul(T a, T b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// The same number in another integer type, or nothing when it does not fit.
template <std::integral To, std::integral From>
constexpr std::optional<To> checked_cast(From value) {
  if (!std::in_range<To>(value)) return std::nullopt;
  return static_cast<To>(value);
}

/// True when [offset, offset + length) lies inside [0, size), with no arithmetic that can wrap.
constexpr bool range_inside(std::unsigned_integral auto offset, std::unsigned_integral auto length,
                            std::unsigned_integral auto size) {
  return offset <= size && length <= size - offset;
}

}  // namespace saiph
