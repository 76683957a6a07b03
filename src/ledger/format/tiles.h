// C2SP tlog-tiles: where the hashes and entries of a log stand, as static files.
//
// A tile of level L holds up to 256 hashes of nodes of level 8L; tile N of a level starts at node
// 256N. Entry bundles are cut like tiles of level 0 and hold the entries themselves.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/merkle.h"

namespace saiph::ledger {

inline constexpr std::uint32_t kTileHeight = 8;
inline constexpr std::uint32_t kTileWidth = 256;
/// Levels that a tree of kMaxTreeSize can have are 0 to 7; paths may name up to 63.
inline constexpr std::uint32_t kMaxTileLevel = 63;
inline constexpr std::size_t kHashBytes = 32;
/// A full bundle of the longest entries.
inline constexpr std::size_t kMaxBundleBytes = std::size_t{256} * (2 + 0xFFFF);

struct TileId {
  bool entries = false;  ///< an entry bundle; level is then 0
  std::uint32_t level = 0;
  std::uint64_t index = 0;           ///< N
  std::uint32_t width = kTileWidth;  ///< 1 to 256; less than 256: a partial tile
  auto operator<=>(const TileId&) const = default;
};

/// "tile/0/x001/x234/067", "tile/entries/000.p/17". Any thread.
std::string tile_path(const TileId& tile);

/// The tile of exactly such a path. Errors: kMalformed for every other text (leading zeros, groups
/// missing an x, width 0 or over 255, an index over 2^63 - 1, another prefix). Any thread.
Result<TileId> parse_tile_path(std::string_view path);

/// Hashes (or entries) that tile `index` of `level` has in a tree of `size` leaves: 0 to 256.
std::uint32_t tile_width(std::uint32_t level, std::uint64_t index, std::uint64_t size);

/// Every tile and bundle that a log must write when it grows from old_size to new_size: full ones
/// that were not full, and the partial ones of new_size. In order of level, bundles first.
/// Any thread; linear in their number.
std::vector<TileId> new_tiles(std::uint64_t old_size, std::uint64_t new_size);

/// Where a node's hash comes from: `count` (a power of two up to 128) consecutive hashes from
/// `first` of the tile; the node is tree_root of them (for 1, the hash itself).
struct NodePlace {
  std::uint32_t level = 0;
  std::uint64_t index = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 1;
  bool operator==(const NodePlace&) const = default;
};
NodePlace place_of(crypto::TreeNode node);

/// The node's hash from its tile's bytes, which may be longer than needed (a full tile for a
/// partial one). Errors: kMalformed when they are too short or no multiple of 32. Any thread.
Result<Digest> node_from_tile(ByteView tile, const NodePlace& place);

/// A tile's hashes. Errors: kMalformed unless it is exactly `width` hashes. Any thread.
Result<std::vector<Digest>> parse_tile(ByteView tile, std::uint32_t width);

/// Appends one entry to a bundle: 16-bit big-endian length and the bytes.
/// Errors: kLimit for more than 65,535 bytes. Any thread.
Status append_to_bundle(Bytes& bundle, ByteView entry);

/// The entries of a bundle, as views into it. Errors: kMalformed unless it holds exactly `width`
/// (1 to 256) of them. Any thread; linear.
Result<std::vector<ByteView>> parse_bundle(ByteView bundle, std::uint32_t width);

}  // namespace saiph::ledger
