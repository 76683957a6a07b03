// Which entries were changed, removed, moved, duplicated or inserted: the leaves that were signed,
// compared with those that are there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace saiph::ledger {

/// An entry as it stands in the copy.
struct FoundLeaf {
  Digest leaf;
  bool readable = true;  ///< false: something stands here that is no record
  std::string place;     ///< "byte 4711 of segments/...seg"
};

/// A stretch of the log where signed and found differ.
struct Region {
  std::uint64_t begin = 0;  ///< index of expected.front()
  std::vector<Digest> expected;
  std::vector<FoundLeaf> found;
};

enum class Manipulation : std::uint8_t {
  kChanged,     ///< another entry stands at the index
  kRemoved,     ///< the index's entry is not there
  kMoved,       ///< the index's entry stands elsewhere
  kDuplicated,  ///< an entry of the log stands there a second time
  kInserted,    ///< an entry that was never signed into the log stands there
};

struct Difference {
  Manipulation kind = Manipulation::kChanged;
  std::uint64_t index = 0;  ///< expected one; for duplicated and inserted: the next one behind it
  std::string place;        ///< of what was found; empty for removed
};

/// Indices of damaged stretches whose entries were not met yet. One thread at a time.
class Vacancies {
 public:
  void add(const Digest& leaf, std::uint64_t index) { indices_.emplace(leaf, index); }
  /// The first added index that this leaf may fill; it is filled then.
  std::optional<std::uint64_t> take(const Digest& leaf);

 private:
  std::multimap<Digest, std::uint64_t> indices_;
};

/// Compares all regions at once (an entry may have moved from one to another). `is_signed` tells
/// which of some hashes are leaves of the log outside the regions; asked once at most. The answer
/// is in the order of the log. Errors: those of `is_signed`. Cost: n log n in the regions' entries.
Result<std::vector<Difference>> diagnose(
    const std::vector<Region>& regions,
    const std::function<Result<std::set<Digest>>(const std::set<Digest>&)>& is_signed);

}  // namespace saiph::ledger
