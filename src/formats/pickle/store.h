// The interpreter's bounded memories: stack, memo, and the arena of recent tuples.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>

#include "base/lazy_array.h"
#include "formats/pickle/value.h"

namespace saiph::formats {

/// Values without initialisation, so that reserved pages cost nothing until touched. Grows by
/// doubling while small and then to its full capacity at once: no copy of large contents.
class PickleSlots {
 public:
  PickleSlots(std::size_t first, std::size_t most) : most_(most) { resize(first); }
  PickleValue* data() { return slots_.data(); }
  const PickleValue* data() const { return slots_.data(); }
  std::size_t capacity() const { return slots_.size(); }
  std::size_t most() const { return most_; }
  /// False at full capacity.
  bool grow() {
    if (capacity() >= most_) return false;
    constexpr std::size_t kSmall = std::size_t{1} << 16;
    resize(capacity() < kSmall ? std::min(capacity() * 4, most_) : most_);
    return true;
  }

 private:
  void resize(std::size_t capacity) {
    LazyArray<PickleValue> larger(capacity);
    std::copy(slots_.data(), slots_.data() + slots_.size(), larger.data());
    slots_ = std::move(larger);
  }
  LazyArray<PickleValue> slots_;
  std::size_t most_;
};

/// Elements of tuples, newest kept. Sequences grow for ever; what is older than the ring is gone.
class PickleArena {
 public:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 17;
  static constexpr std::size_t kMostOfOne = 4096;

  PickleArena() : slots_(1024, kMost) {}
  /// Copies up to kMostOfOne values in, contiguous; answers their sequence number.
  std::uint64_t append(const PickleValue* values, std::size_t n) {
    n = std::min(n, kMostOfOne);
    if (head_ + n > full_at_) [[unlikely]]
      grow(n);
    std::uint64_t at = head_ & mask_;
    if (at + n > mask_ + 1) {
      head_ += mask_ + 1 - at;
      at = 0;
    }
    const std::uint64_t sequence = head_;
    PickleValue* to = slots_.data() + at;
    // Nearly all tuples are short: calling a copy routine would cost more than the copy.
    if (n <= 8) [[likely]] {
      for (std::size_t i = 0; i < n; ++i) to[i] = values[i];
    } else {
      std::copy(values, values + n, to);
    }
    head_ += n;
    return sequence;
  }
  /// The n values from `sequence`, or nothing when they are gone.
  std::span<const PickleValue> find(std::uint64_t sequence, std::size_t n) const {
    n = std::min(n, kMostOfOne);
    if (sequence + n > head_ || head_ - sequence > mask_ + 1) return {};
    const std::uint64_t at = sequence & mask_;
    if (at + n > mask_ + 1) return {};
    return {slots_.data() + at, n};
  }

 private:
  /// Until the ring has its full size it grows instead of wrapping, so places never move.
  void grow(std::size_t n);

  PickleSlots slots_;
  std::uint64_t mask_ = 1023;  // capacity - 1: capacities are powers of two
  std::uint64_t full_at_ = 1024;
  std::uint64_t head_ = 0;
};

/// The unpickler's memo. Slots beyond the capacity keep what resolves names and forget the rest.
class PickleMemo {
 public:
  static constexpr std::size_t kMost = std::size_t{1} << 22;
  static constexpr std::size_t kMostFar = std::size_t{1} << 16;

  PickleMemo() : slots_(256, kMost) {}
  /// Number of set slots: the index that MEMOIZE uses.
  std::uint64_t count() const { return count_; }
  /// Stores; false when the slot held another value before.
  bool put(std::uint64_t index, PickleValue value) {
    if (index == extent_ && index < slots_.capacity()) [[likely]] {
      slots_.data()[index] = value;
      ++extent_;
      ++count_;
      return true;
    }
    return put_elsewhere(index, value);
  }
  /// kUnset when the slot was never set, kUnknown when it was and is forgotten.
  PickleValue get(std::uint64_t index) const {
    if (index < extent_) [[likely]]
      return slots_.data()[index];
    if (index < kMost) return {};
    const auto it = far_.find(index);
    if (it != far_.end()) return it->second;
    return forgot_ ? PickleValue(PickleKind::kUnknown) : PickleValue();
  }
  /// Forgets everything; keeps the memory.
  void clear() {
    extent_ = count_ = 0;
    far_.clear();
    forgot_ = false;
  }

 private:
  bool put_elsewhere(std::uint64_t index, PickleValue value);

  PickleSlots slots_;
  std::uint64_t extent_ = 0;
  std::uint64_t count_ = 0;
  std::unordered_map<std::uint64_t, PickleValue> far_;
  bool forgot_ = false;
};

}  // namespace saiph::formats
