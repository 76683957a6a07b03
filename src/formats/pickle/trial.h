// Trials: does a stream begin here? For identification, for streams behind streams, and for the
// search of hidden ones in bytes that belong to none.
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_source.h"
#include "base/limits.h"
#include "formats/pickle/machine.h"

namespace saiph::formats {

/// What a trial saw.
struct PickleTrialResult {
  PickleOutcome outcome;
  bool names_plausible = true;  ///< every imported name is a dotted identifier
  bool names_ordinary = true;   ///< ... of ASCII letters and not a single one
  bool did_something() const { return names_plausible && outcome.imports != 0; }
  bool called() const { return names_plausible && outcome.imports != 0 && outcome.calls != 0; }
};

/// Interprets silently from `offset`, at most `most` bytes.
PickleTrialResult try_pickle(const ByteSource& source, Budget& budget, std::uint64_t offset,
                             std::uint64_t most);

/// A searcher with a budget of its own: all trials together cost at most a few times the bytes
/// searched.
class PickleTrial {
 public:
  /// True when a stream that matters (or, right behind another stream, any stream) begins at
  /// `offset`.
  bool accepts(const ByteSource& source, Budget& budget, std::uint64_t offset, bool follows);
  /// The first offset in [from, to) at which one begins.
  std::optional<std::uint64_t> search(const ByteSource& source, Budget& budget, std::uint64_t from,
                                      std::uint64_t to);
  /// True when candidates were too many to try.
  bool gave_up() const { return gave_up_; }

 private:
  std::uint64_t spent_ = 0;
  bool gave_up_ = false;
};

}  // namespace saiph::formats
