// Paths of tiles, tiles and bundles: any bytes give a value or an error; values are written back
// the same. The first byte is a width.
#include <cstdint>
#include <cstdlib>

#include "ledger/format/tiles.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const ByteView bytes(data, size);
  if (const auto tile = ledger::parse_tile_path(as_text(bytes))) {
    if (ledger::tile_path(*tile) != as_text(bytes)) std::abort();
    (void)ledger::tile_width(tile->level, tile->index, ~std::uint64_t{0});
  }
  if (bytes.empty()) return 0;
  const std::uint32_t width = std::uint32_t{bytes[0]} + 1;
  const ByteView rest = bytes.subspan(1);
  if (const auto entries = ledger::parse_bundle(rest, width)) {
    Bytes again;
    for (const ByteView entry : *entries) {
      if (!ledger::append_to_bundle(again, entry)) std::abort();
    }
    if (as_text(again) != as_text(rest) || entries->size() != width) std::abort();
  }
  const auto hashes = ledger::parse_tile(rest, width);
  for (std::uint32_t level = 0; level < 9; ++level) {
    const ledger::NodePlace place = ledger::place_of({level, width});
    const auto node = ledger::node_from_tile(rest, place);
    if (node && hashes && level == 0 && hashes->at(place.first) != *node) std::abort();
  }
  return 0;
}
