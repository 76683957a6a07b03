// Piece: a decoded stretch of a text and where its bytes come from. Private to this folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "match/canonical/offset_map.h"

namespace saiph::match {

struct Piece {
  std::string text;
  OffsetMap map;  ///< onto the text that was decoded

  void clear() {
    text.clear();
    map.clear();
  }
  void put(char c, std::size_t at, std::size_t length) {
    text += c;
    map.append(1, at, length);
  }
  /// As one unit.
  void put(std::string_view made, std::size_t at, std::size_t length) {
    text += made;
    map.append(made.size(), at, length);
  }
  /// Bytes of the source as they are.
  void keep(std::string_view source, std::size_t begin, std::size_t end) {
    text.append(source, begin, end - begin);
    map.append_same(end - begin, begin);
  }
};

}  // namespace saiph::match
