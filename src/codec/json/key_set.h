// JsonKeySets: which keys the open objects of one document have held, for finding duplicates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace saiph::codec {

/// A stack of key sets, one for each open object. Keys are held as 64-bit hashes with a per-process
/// random seed: equal keys are always found, unequal ones collide with odds of 2^-64 a pair. Small
/// sets are searched linearly, larger ones are open-addressing tables. One thread at a time.
class JsonKeySets {
 public:
  enum class Added : std::uint8_t { kNew, kDuplicate, kFull };

  /// At most `max_keys` keys and `max_bytes` of tables over all open objects.
  JsonKeySets(std::uint64_t max_keys, std::uint64_t max_bytes)
      : max_keys_(max_keys), max_bytes_(max_bytes) {}

  void open();
  /// Forgets the innermost object; there must be one.
  void close();
  /// Adds a key to the innermost object. Amortised constant cost plus the hash of the key.
  Added add(std::string_view key);

 private:
  struct Set {
    std::size_t first = 0;  ///< into small_, while the set is small
    std::uint64_t count = 0;
    bool is_table = false;
    std::vector<std::uint64_t> table;  ///< 0: free; the allocation is kept for the next object
  };

  bool grow(Set& set, std::size_t slots);

  std::uint64_t max_keys_;
  std::uint64_t max_bytes_;
  std::uint64_t keys_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> small_;
  std::vector<Set> sets_;
  std::size_t depth_ = 0;
};

}  // namespace saiph::codec
