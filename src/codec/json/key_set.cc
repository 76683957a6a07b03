#include "codec/json/key_set.h"

#include <random>
#include <utility>

#include "base/byte_reader.h"

namespace saiph::codec {

namespace {

constexpr std::uint64_t kSmall = 16;
constexpr std::size_t kFirstTable = 64;

__extension__ using Wide = unsigned __int128;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Multiply-and-fold over 8-byte words. The seed is secret to this process, so that no input can be
// made to collide in the tables.
std::uint64_t hash(std::string_view key, std::uint64_t seed) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15U;
  ByteReader reader(as_bytes(key));
  std::uint64_t state = seed ^ mix(key.size() + kOdd, seed | 1);
  std::uint64_t word = 0;
  while (reader.remaining() >= 8) {
    if (!reader.u64le(word)) break;
    state = mix(state ^ word, seed ^ kOdd);
  }
  word = 0;
  std::uint8_t byte = 0;
  while (reader.remaining() != 0 && reader.u8(byte)) word = word << 8 | byte;
  state = mix(state ^ word, kOdd);
  state = mix(state, seed | 1);
  return state == 0 ? 1 : state;  // 0 marks a free slot
}

std::uint64_t process_seed() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  return seed;
}

/// The slot of `value`, or the free slot where it belongs. The table is never full.
std::size_t slot_of(const std::vector<std::uint64_t>& table, std::uint64_t value) {
  const std::size_t mask = table.size() - 1;
  std::size_t at = static_cast<std::size_t>(value >> 20) & mask;
  while (table[at] != 0 && table[at] != value) at = (at + 1) & mask;
  return at;
}

}  // namespace

void JsonKeySets::open() {
  if (depth_ == sets_.size()) sets_.emplace_back();
  Set& set = sets_[depth_++];
  set.first = small_.size();
  set.count = 0;
  set.is_table = false;
}

void JsonKeySets::close() {
  Set& set = sets_[--depth_];
  keys_ -= set.count;
  if (!set.is_table) {
    small_.resize(set.first);
    return;
  }
  bytes_ -= set.table.size() * sizeof(std::uint64_t);
  // Large tables are given back; small ones are kept so that rows of like objects allocate once.
  if (set.table.size() > 4096) {
    set.table = {};
  } else {
    set.table.clear();
  }
}

bool JsonKeySets::grow(Set& set, std::size_t slots) {
  const std::uint64_t more = (slots - set.table.size()) * sizeof(std::uint64_t);
  if (bytes_ + more > max_bytes_) return false;
  bytes_ += more;
  if (set.table.empty()) {
    set.table.assign(slots, 0);
    return true;
  }
  std::vector<std::uint64_t> larger(slots, 0);
  for (const std::uint64_t value : set.table) {
    if (value != 0) larger[slot_of(larger, value)] = value;
  }
  set.table = std::move(larger);
  return true;
}

JsonKeySets::Added JsonKeySets::add(std::string_view key) {
  Set& set = sets_[depth_ - 1];
  const std::uint64_t value = hash(key, process_seed());
  if (!set.is_table) {
    for (std::size_t i = set.first; i < small_.size(); ++i) {
      if (small_[i] == value) return Added::kDuplicate;
    }
    if (keys_ >= max_keys_) return Added::kFull;
    if (set.count < kSmall) {
      small_.push_back(value);
      ++set.count;
      ++keys_;
      return Added::kNew;
    }
    set.table.clear();
    if (!grow(set, kFirstTable)) return Added::kFull;
    set.is_table = true;
    for (std::size_t i = set.first; i < small_.size(); ++i) {
      set.table[slot_of(set.table, small_[i])] = small_[i];
    }
    small_.resize(set.first);
  }
  const std::size_t at = slot_of(set.table, value);
  if (set.table[at] == value) return Added::kDuplicate;
  if (keys_ >= max_keys_) return Added::kFull;
  set.table[at] = value;
  ++set.count;
  ++keys_;
  // At most seven eighths full.
  if (set.count * 8 > set.table.size() * 7 && !grow(set, set.table.size() * 2)) return Added::kFull;
  return Added::kNew;
}

}  // namespace saiph::codec
