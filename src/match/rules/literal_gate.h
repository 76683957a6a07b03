// LiteralGate: names the places where any of some thousand words stands. A bit table over hashed
// groups of four bytes rejects nearly every position; what is left is compared in full.
//
// LiteralSet of match/literals is faster for some hundred literals, but its eight buckets fill up
// with a thousand words of ordinary language: nearly every position would be a candidate.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace saiph::match {

/// Built once, then read by any thread.
class LiteralGate {
 public:
  static constexpr std::size_t kMinLength = 4;
  static constexpr std::size_t kMaxLength = 64;

  /// Adds a literal (ASCII letters match in either case) and answers its number; equal literals
  /// have one number. Outside kMinLength..kMaxLength bytes it never matches.
  std::uint32_t add(std::string_view literal);
  std::size_t size() const { return entries_.size(); }

  struct Place {
    std::uint32_t literal;
    std::size_t offset;
    std::size_t length;
  };
  /// Appends the places whose deciding group ends in [from, to), in the order of those groups; with
  /// neighbouring ranges every place is found once. Linear; about 1 ns a byte.
  void search(std::string_view text, std::size_t from, std::size_t to,
              std::vector<Place>& out) const;

 private:
  static constexpr std::size_t kGroup = 4;
  static constexpr unsigned kFilterBits = 16;
  static constexpr unsigned kHeadBits = 11;

  struct Entry {
    std::string text;
    std::uint32_t group = 0;  ///< the deciding group, bytes with bit 5 set
    std::uint8_t anchor = 0;  ///< where it starts in the text
    std::uint32_t next = 0;   ///< chain, 1-based
  };
  static std::uint32_t hash(std::uint32_t group) { return group * 0x9E3779B1U; }
  void compare(std::string_view text, std::size_t group_begin, std::uint32_t group,
               std::vector<Place>& out) const;

  std::vector<Entry> entries_;
  std::array<std::uint64_t, (std::size_t{1} << kFilterBits) / 64> filter_{};
  std::array<std::uint32_t, std::size_t{1} << kHeadBits> heads_{};
};

}  // namespace saiph::match
