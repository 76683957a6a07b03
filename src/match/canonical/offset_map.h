// OffsetMap: where the bytes of a derived text come from in the text it was derived from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "domain/text.h"

namespace saiph::match {

/// A list of runs, not one number a byte. A run is a row of equal units: `view_step` bytes of the
/// derived text for every `original_step` bytes of the original (1 and 1 where bytes were kept, 1
/// and 3 for full-width letters, 3 and 4 for base64). Bytes of the original that no unit covers
/// were dropped. Units of one run may stand in reverse order.
///
/// Memory: 16 bytes a run; from one run for every eight bytes on (`kSpareRuns` are free) neighbours
/// are merged into one coarse unit, so a map is never much larger than its text. Texts must be
/// shorter than 2 GiB. Copies are independent; any thread may read one that nobody writes.
class OffsetMap {
 public:
  static constexpr std::size_t kSpareRuns = 256;
  /// View bytes of the coarse units made when there are too many runs.
  static constexpr std::uint32_t kCoarseBytes = 256;

  struct Run {
    std::uint32_t view = 0;          ///< first byte in the derived text
    std::uint32_t original = 0;      ///< first byte of the first unit in the original
    std::uint32_t view_step = 1;     ///< at least 1
    std::int32_t original_step = 1;  ///< negative: the units stand in reverse order
    bool operator==(const Run&) const = default;
  };

  /// Empty: for an empty text. `append` fills it from the front.
  OffsetMap() = default;
  /// The map of a text onto itself.
  static OffsetMap identity(std::size_t bytes);

  /// The next `view_bytes` of the derived text come from [original, original + original_bytes), as
  /// one unit. Nothing when view_bytes is 0. Constant cost.
  void append(std::size_t view_bytes, std::size_t original, std::size_t original_bytes) {
    append_units(1, view_bytes, original, static_cast<std::ptrdiff_t>(original_bytes));
  }
  /// The next `bytes` are those at `original`, byte for byte.
  void append_same(std::size_t bytes, std::size_t original) { append_units(bytes, 1, original, 1); }
  /// `count` units; `original` is the first byte of the first one, unit k stands at
  /// original + k * original_step.
  void append_units(std::size_t count, std::size_t view_step, std::size_t original,
                    std::ptrdiff_t original_step);

  /// The smallest range of the original that holds every byte from which [begin, end) was made,
  /// both cut at `view_bytes()`. An empty range answers an empty span where it would stand.
  /// Logarithmic in the number of runs.
  TextSpan original(std::size_t begin, std::size_t end) const;

  /// The map of a text derived by `*this` from one that `parent` derived from the original: offsets
  /// of the answer are offsets of the original. Where units do not fit into each other the answer
  /// is coarser, never wrong. Linear in the runs of both.
  OffsetMap onto(const OffsetMap& parent) const;

  std::size_t view_bytes() const { return view_bytes_; }
  const std::vector<Run>& runs() const { return runs_; }
  void clear();
  bool operator==(const OffsetMap&) const = default;

 private:
  std::size_t run_of(std::size_t view) const;
  TextSpan unit_of(std::size_t view) const;

  std::vector<Run> runs_;
  std::size_t view_bytes_ = 0;
};

}  // namespace saiph::match
