// LazyArray: room for many values that costs memory only where it was written.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace saiph {

namespace detail {

struct LazyMemoryDelete {
  void operator()(void* memory) const;
};
using LazyMemory = std::unique_ptr<void, LazyMemoryDelete>;

/// `bytes` of untouched memory, aligned for any value. Large blocks ask the kernel for huge pages:
/// one page fault for 2 MiB instead of 512 of them. Throws std::bad_alloc.
LazyMemory lazy_memory(std::size_t bytes);

}  // namespace detail

/// A fixed number of values of a plain type, not initialised: reading a value that was never
/// written is undefined, so the owner keeps count of what it wrote. One owner, movable; constant
/// cost to make, one thread at a time. Throws std::bad_alloc when there is no address space.
template <typename T>
class LazyArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>,
                "values come to life by assignment alone");

 public:
  LazyArray() = default;
  explicit LazyArray(std::size_t count)
      : memory_(detail::lazy_memory(count * sizeof(T))), count_(count) {}
  T* data() { return static_cast<T*>(memory_.get()); }
  const T* data() const { return static_cast<const T*>(memory_.get()); }
  std::size_t size() const { return count_; }

 private:
  detail::LazyMemory memory_;
  std::size_t count_ = 0;
};

}  // namespace saiph
