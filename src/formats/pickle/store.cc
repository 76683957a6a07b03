#include "formats/pickle/store.h"

namespace saiph::formats {

void PickleArena::grow(std::size_t n) {
  while (head_ + n > slots_.capacity() && slots_.grow()) {
  }
  mask_ = slots_.capacity() - 1;
  full_at_ = slots_.capacity() == slots_.most() ? UINT64_MAX : slots_.capacity();
}

bool PickleMemo::put_elsewhere(std::uint64_t index, PickleValue value) {
  if (index < kMost) {
    while (index >= slots_.capacity()) slots_.grow();
    while (extent_ <= index) slots_.data()[extent_++] = {};
    PickleValue& slot = slots_.data()[index];
    const bool fresh = slot.is(PickleKind::kUnset) || slot.same(value);
    if (slot.is(PickleKind::kUnset)) ++count_;
    slot = value;
    return fresh;
  }
  // A hostile stream may name any 32-bit index (or, as text, a larger one). Names are what the
  // policy needs, so they stay longest.
  const bool keeps = value.is(PickleKind::kGlobal) || value.is(PickleKind::kString) ||
                     value.is(PickleKind::kComputed) || value.is(PickleKind::kObject);
  const auto it = far_.find(index);
  if (it != far_.end()) {
    const bool fresh = it->second.same(value);
    it->second = value;
    return fresh;
  }
  ++count_;
  if (keeps && far_.size() < kMostFar) {
    far_.emplace(index, value);
  } else {
    forgot_ = true;
  }
  return true;
}

}  // namespace saiph::formats
