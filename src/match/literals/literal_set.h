// LiteralSet: which of many fixed strings stand in a stream of bytes, and where.
//
// A shuffle prefilter (the "Teddy" idea published with Hyperscan: eight buckets, one bit each,
// looked up by the two nibbles of four neighbouring bytes) names candidates; a hash of three folded
// bytes and then a full comparison decide. Two equal kernels: SSSE3 (part of the x86-64-v2
// baseline) and AVX2, chosen at run time. docs/decisions/0002-literal-matcher.md has the figures
// against vectorscan.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace saiph::match {

struct Literal {
  std::string_view text;   ///< 3 to 64 bytes; must outlive the set
  bool fold_case = false;  ///< ASCII letters match in either case
};

/// Where the prefilter looks for a literal: the first byte of its window within the text, and which
/// of the eight buckets it shares.
struct LiteralPlace {
  std::uint8_t anchor = 0;
  std::uint8_t bucket = 0;
};

/// Good places for these literals: each is moved in turn to where it adds the fewest false
/// candidates, `passes` times over. Cost grows with the square of the number of literals (200: some
/// 50 ms a pass), so a constant set stores the answer.
std::vector<LiteralPlace> place_literals(std::span<const Literal> literals, int passes);
/// The estimated share of positions that the prefilter hands on to verification.
double candidate_rate(std::span<const Literal> literals, std::span<const LiteralPlace> places);

struct LiteralMatch {
  std::uint32_t literal = 0;  ///< index in the span the set was built from
  std::uint64_t offset = 0;   ///< of the first byte of the match
  auto operator<=>(const LiteralMatch&) const = default;
};

/// Immutable once built; any thread may search.
class LiteralSet {
 public:
  static constexpr std::size_t kMinLength = 3;
  static constexpr std::size_t kMaxLength = 64;
  static constexpr std::size_t kWindow = 4;   ///< bytes the prefilter looks at
  static constexpr std::size_t kBuckets = 8;  ///< one bit each in a vector's byte
  enum class Kernel : std::uint8_t { kBest, kSsse3, kAvx2 };

  /// Builds the tables, about 0.2 us a literal, when `places` (from place_literals) has one place
  /// for each literal; otherwise finds places first, in one pass. Literals outside 3..64 bytes
  /// never match
  /// (`usable()` is then false). `kernel` is for tests; kAvx2 needs a CPU that has it.
  explicit LiteralSet(std::span<const Literal> literals, std::span<const LiteralPlace> places = {},
                      Kernel kernel = Kernel::kBest);

  bool usable() const { return usable_; }
  /// Length of the longest literal.
  std::size_t longest() const { return longest_; }
  std::size_t length_of(std::uint32_t literal) const { return entries_[literal].text.size(); }

  /// Appends every match (overlapping ones too) that lies wholly inside `bytes`; offsets count from
  /// `base`. Order: nearly by offset, not exactly. Linear time; 3 to 10 GB/s where matches are
  /// rare.
  void search(ByteView bytes, std::uint64_t base, std::vector<LiteralMatch>& out) const;

  /// True when this CPU can run the AVX2 kernel.
  static bool has_avx2();
  /// One bit for each low and each high nibble that may stand at `at`; all bits after the end.
  static std::pair<std::uint16_t, std::uint16_t> nibbles_at(ByteView text, std::size_t at,
                                                            bool fold_case);

 private:
  static constexpr std::size_t kHashBits = 12;

  struct Entry {
    std::string_view text;
    std::string folded;  ///< lower case, only when fold_case
    bool fold_case = false;
    std::uint8_t anchor = 0;  ///< where in the text the prefilter's window starts
    std::uint32_t next = 0;   ///< chain of the hash slot, 1-based
  };
  /// For each byte of the window: bucket bits by low and by high nibble.
  struct Masks {
    alignas(16) std::array<std::array<std::uint8_t, 16>, kWindow> low{};
    alignas(16) std::array<std::array<std::uint8_t, 16>, kWindow> high{};
  };

  void fill_masks(std::size_t index, std::uint8_t bucket);
  void verify(ByteView bytes, std::size_t at, std::uint64_t base,
              std::vector<LiteralMatch>& out) const;
  std::size_t scan_ssse3(ByteView bytes, std::uint64_t base, std::vector<LiteralMatch>& out) const;
  std::size_t scan_avx2(ByteView bytes, std::uint64_t base, std::vector<LiteralMatch>& out) const;

  std::vector<Entry> entries_;
  Masks masks_;
  std::array<std::uint64_t, (std::size_t{1} << kHashBits) / 64> present_{};
  std::array<std::uint16_t, std::size_t{1} << kHashBits> heads_{};
  std::size_t longest_ = 0;
  bool usable_ = true;
  bool avx2_ = false;
};

/// Feeds a stream to a set chunk by chunk; matches across chunk borders are found once. One thread
/// at a time; the set must outlive the stream.
class LiteralStream {
 public:
  explicit LiteralStream(const LiteralSet& set, std::uint64_t offset = 0)
      : set_(&set), offset_(offset) {}

  /// Appends the matches that end in `chunk`. Bytes fed before are remembered only as far as the
  /// longest literal needs.
  void feed(ByteView chunk, std::vector<LiteralMatch>& out);
  /// The next chunk does not follow on the last one: it stands at `offset`.
  void jump(std::uint64_t offset);
  std::uint64_t offset() const { return offset_; }

 private:
  const LiteralSet* set_;
  std::uint64_t offset_;
  Bytes carry_;
  Bytes border_;
  std::vector<LiteralMatch> found_;
};

}  // namespace saiph::match
