#include "ledger/format/tiles.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/checked.h"
#include "ledger/format/lines.h"

namespace saiph::ledger {

namespace {

constexpr std::uint64_t kMaxIndex = (std::uint64_t{1} << 63) - 1;
/// "tile/63/" and seven groups and a width are 42 characters.
constexpr std::size_t kMaxPath = 64;

Error bad_path() {
  return {ErrorCode::kMalformed, "not the path of a tile"};
}

/// Hashes of a tile level in a tree of `size` leaves.
std::uint64_t level_count(std::uint32_t level, std::uint64_t size) {
  return level >= 64 / kTileHeight ? 0 : size >> (level * kTileHeight);
}

/// "x001/x234/067" as a number; the caller checks that it is the only spelling.
std::optional<std::uint64_t> parse_groups(std::string_view text) {
  std::uint64_t value = 0;
  while (true) {
    const bool more = text.starts_with('x');
    if (more) text.remove_prefix(1);
    if (text.size() < 3) return std::nullopt;
    for (const char c : text.substr(0, 3)) {
      if (c < '0' || c > '9') return std::nullopt;
      const auto tens = checked_mul(value, std::uint64_t{10});
      const auto next = tens ? checked_add(*tens, static_cast<std::uint64_t>(c - '0')) : tens;
      if (!next || *next > kMaxIndex) return std::nullopt;
      value = *next;
    }
    text.remove_prefix(3);
    if (!more) break;
    if (!text.starts_with('/')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return value;
}

}  // namespace

std::string tile_path(const TileId& tile) {
  std::string groups;
  std::uint64_t rest = tile.index;
  for (bool last = true; last || rest > 0; last = false) {
    const auto digits = static_cast<unsigned>(rest % 1000);
    rest /= 1000;
    std::string group = last ? "" : "x";
    group += static_cast<char>('0' + digits / 100);
    group += static_cast<char>('0' + digits / 10 % 10);
    group += static_cast<char>('0' + digits % 10);
    if (!last) group += '/';
    groups.insert(0, group);
  }
  std::string path = "tile/";
  path += tile.entries ? "entries" : std::to_string(tile.level);
  path += '/';
  path += groups;
  if (tile.width < kTileWidth) path += ".p/" + std::to_string(tile.width);
  return path;
}

Result<TileId> parse_tile_path(std::string_view path) {
  constexpr std::string_view kStart = "tile/";
  constexpr std::string_view kPartial = ".p/";
  if (path.size() > kMaxPath || !path.starts_with(kStart)) return bad_path();
  std::string_view rest = path.substr(kStart.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return bad_path();
  TileId tile;
  tile.entries = rest.substr(0, slash) == "entries";
  if (!tile.entries) {
    const auto level = parse_decimal(rest.substr(0, slash), kMaxTileLevel);
    if (!level) return bad_path();
    tile.level = static_cast<std::uint32_t>(*level);
  }
  rest.remove_prefix(slash + 1);
  const std::size_t partial = rest.find(kPartial);
  if (partial != std::string_view::npos) {
    const auto width = parse_decimal(rest.substr(partial + kPartial.size()), kTileWidth - 1);
    if (!width || *width == 0) return bad_path();
    tile.width = static_cast<std::uint32_t>(*width);
    rest = rest.substr(0, partial);
  }
  const auto index = parse_groups(rest);
  if (!index) return bad_path();
  tile.index = *index;
  if (tile_path(tile) != path) return bad_path();
  return tile;
}

std::uint32_t tile_width(std::uint32_t level, std::uint64_t index, std::uint64_t size) {
  const std::uint64_t count = level_count(level, size);
  if (index > count / kTileWidth) return 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(kTileWidth, count - index * kTileWidth));
}

std::vector<TileId> new_tiles(std::uint64_t old_size, std::uint64_t new_size) {
  std::vector<TileId> tiles;
  const auto add_level = [&](std::uint32_t level, bool entries) {
    const std::uint64_t before = level_count(level, old_size);
    const std::uint64_t after = level_count(level, new_size);
    if (after <= before) return false;
    for (std::uint64_t index = before / kTileWidth; index < after / kTileWidth; ++index) {
      tiles.push_back({entries, level, index, kTileWidth});
    }
    if (const auto width = static_cast<std::uint32_t>(after % kTileWidth); width > 0) {
      tiles.push_back({entries, level, after / kTileWidth, width});
    }
    return true;
  };
  if (!add_level(0, true)) return tiles;
  for (std::uint32_t level = 0; add_level(level, false); ++level) continue;
  return tiles;
}

NodePlace place_of(crypto::TreeNode node) {
  const std::uint32_t above = node.level % kTileHeight;
  const std::uint64_t in_tile = kTileWidth >> above;  // nodes of this level that one tile holds
  return {node.level / kTileHeight, node.index / in_tile,
          static_cast<std::uint32_t>(node.index % in_tile) << above, std::uint32_t{1} << above};
}

Result<Digest> node_from_tile(ByteView tile, const NodePlace& place) {
  const auto bad = [] { return Error(ErrorCode::kMalformed, "the tile is too short"); };
  if (place.count == 0 || place.count > kTileWidth || place.first > kTileWidth) return bad();
  ByteCursor cursor(tile);
  ByteView bytes;
  if (tile.size() % kHashBytes != 0 || !cursor.skip(std::uint64_t{place.first} * kHashBytes)) {
    return bad();
  }
  std::array<Digest, kTileWidth> hashes;
  for (std::uint32_t i = 0; i < place.count; ++i) {
    if (!cursor.take(kHashBytes, bytes)) return bad();
    std::ranges::copy(bytes, hashes.at(i).bytes.begin());
  }
  return crypto::tree_root(std::span(hashes).first(place.count));
}

Result<std::vector<Digest>> parse_tile(ByteView tile, std::uint32_t width) {
  if (width == 0 || width > kTileWidth || tile.size() != width * kHashBytes) {
    return Error(ErrorCode::kMalformed, "the tile has another length than its width says");
  }
  std::vector<Digest> hashes(width);
  ByteCursor cursor(tile);
  ByteView bytes;
  for (Digest& hash : hashes) {
    if (!cursor.take(kHashBytes, bytes)) break;
    std::ranges::copy(bytes, hash.bytes.begin());
  }
  return hashes;
}

Status append_to_bundle(Bytes& bundle, ByteView entry) {
  if (entry.size() > 0xFFFF) return Error(ErrorCode::kLimit, "an entry of more than 65,535 bytes");
  bundle.push_back(static_cast<std::uint8_t>(entry.size() >> 8U));
  bundle.push_back(static_cast<std::uint8_t>(entry.size()));
  bundle.insert(bundle.end(), entry.begin(), entry.end());
  return {};
}

Result<std::vector<ByteView>> parse_bundle(ByteView bundle, std::uint32_t width) {
  if (width == 0 || width > kTileWidth) {
    return Error(ErrorCode::kMalformed, "a bundle holds 1 to 256 entries");
  }
  std::vector<ByteView> entries;
  entries.reserve(width);
  ByteReader reader(bundle);
  for (std::uint32_t i = 0; i < width; ++i) {
    std::uint16_t length = 0;
    ByteView entry;
    if (!reader.u16be(length) || !reader.take(length, entry)) return reader.failure("entry bundle");
    entries.push_back(entry);
  }
  if (!reader.at_end()) {
    return Error(ErrorCode::kMalformed, "bytes after the last entry of a bundle", reader.offset());
  }
  return entries;
}

}  // namespace saiph::ledger
