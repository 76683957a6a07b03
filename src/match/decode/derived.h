// Derived: one reading of a text while it is put together from decoded pieces. Private to this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "match/canonical/offset_map.h"
#include "match/canonical/view.h"
#include "match/decode/piece.h"

namespace saiph::match {

/// What all readings of one text may still cost.
struct Allowance {
  std::size_t bytes = 0;  ///< of derived texts
  std::size_t inflations = 0;
  std::size_t inflated_bytes = 0;  ///< of one stream
  bool bytes_short = false;        ///< something was left out
  bool inflations_short = false;
  std::uint64_t work = 0;  ///< bytes looked at
};

/// Pieces come in the order of the source. Readings that rewrite a text in place (`context` > 0)
/// keep what stands between pieces that are near each other, and that many bytes around them, so
/// that a phrase of which one word is written oddly is found as a whole; others hold the pieces
/// only.
class Derived {
 public:
  Derived(Reading reading, int parameter, std::optional<Reading> inner, std::size_t context)
      : reading_(reading), parameter_(parameter), inner_(inner), context_(context) {}

  bool is(Reading reading, int parameter, std::optional<Reading> inner) const {
    return reading_ == reading && parameter_ == parameter && inner_ == inner;
  }
  Reading reading() const { return reading_; }
  int parameter() const { return parameter_; }
  /// What was found within the decoded bytes: gzip, zlib.
  std::optional<Reading> inner() const { return inner_; }

  /// [begin, end) of `source` reads as `piece`. Nothing happens when a piece before reached
  /// further. `strong` pieces count: a reading with few of them may be dropped.
  void replace(std::string_view source, std::size_t begin, std::size_t end, const Piece& piece,
               bool strong, Allowance& allowance);
  /// No more pieces: the context after the last one.
  void finish(std::string_view source, Allowance& allowance);

  const std::string& text() const { return text_; }
  std::string take_text() { return std::move(text_); }
  /// Onto the source.
  const OffsetMap& map() const { return map_; }
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return cursor_; }
  std::size_t strong() const { return strong_; }

 private:
  void keep(std::string_view source, std::size_t begin, std::size_t end);

  Reading reading_;
  int parameter_;
  std::optional<Reading> inner_;
  std::size_t context_;
  std::string text_;
  OffsetMap map_;
  std::size_t begin_ = 0;
  std::size_t cursor_ = 0;
  std::size_t strong_ = 0;
  bool started_ = false;
};

}  // namespace saiph::match
