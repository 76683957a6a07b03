// Verification of the tlog-tiles layout: entry bundles, hash tiles, one checkpoint.
//
// For each 256 entries there are up to three opinions about the root of their block: the entries'
// own, that of the hash tile of level 0, and the hash in the tile of level 1. The signed checkpoint
// decides which of them is true, and so whether entries or tiles were changed.
#include <fmt/format.h>

#include <algorithm>

#include "base/byte_reader.h"
#include "ledger/examiner.h"
#include "ledger/format/tiles.h"

namespace saiph::ledger {

namespace {

struct Block {
  std::vector<Digest> tile;        ///< leaf hashes by the tile of level 0; empty: no such tile
  std::vector<FoundLeaf> entries;  ///< by the bundle
  std::optional<Digest> above;     ///< by the tile of level 1, for whole blocks
  Digest tile_root;
  Digest entries_root;
};

class TileCheck {
 public:
  explicit TileCheck(Examiner& examiner) : examiner_(examiner) {}
  Result<std::optional<SignedCheckpoint>> run(const std::optional<std::string>& file_note);

 private:
  Result<std::optional<Bytes>> read(const TileId& tile, std::size_t limit);
  /// Answers how many blocks there are: fewer than the size needs when files are not there.
  Result<std::uint64_t> read_blocks(std::uint64_t size);
  bool choose_true_blocks(const Checkpoint& checkpoint);
  Status check_upper_tiles(std::uint64_t size);
  Status accept_entries(std::size_t block, std::uint64_t size, std::uint64_t begin);
  Status name_differences(const std::vector<Region>& regions);

  Examiner& examiner_;
  std::vector<Block> blocks_;
  Vacancies vacancies_;
  std::vector<ReadEntry> unplaced_;  ///< they may belong to a later block
};

std::vector<Digest> leaves_of(const std::vector<FoundLeaf>& entries) {
  std::vector<Digest> leaves;
  leaves.reserve(entries.size());
  for (const FoundLeaf& entry : entries) leaves.push_back(entry.leaf);
  return leaves;
}

/// Reads a bundle as far as it goes (entries may have been taken out of it or put into it): calls
/// `take(offset, entry)`, with nothing for a rest that is no entry.
template <typename Take>
void walk_bundle(ByteView bundle, Take take) {
  ByteReader reader(bundle);
  while (!reader.at_end()) {
    const std::uint64_t offset = reader.offset();
    std::uint16_t length = 0;
    ByteView entry;
    if (!reader.u16be(length) || !reader.take(length, entry)) {
      take(offset, std::optional<ByteView>());
      return;
    }
    take(offset, std::optional<ByteView>(entry));
  }
}

Result<std::optional<Bytes>> TileCheck::read(const TileId& tile, std::size_t limit) {
  auto bytes = read_file(examiner_.folder(), tile_path(tile), limit);
  if (!bytes && tile.width < kTileWidth && bytes.error().code() == ErrorCode::kNotFound) {
    // A partial tile may have been replaced by the full one.
    TileId full = tile;
    full.width = kTileWidth;
    bytes = read_file(examiner_.folder(), tile_path(full), limit);
  }
  if (bytes) return std::optional(std::move(*bytes));
  if (bytes.error().code() == ErrorCode::kNotFound || bytes.error().code() == ErrorCode::kLimit) {
    return std::optional<Bytes>();
  }
  return bytes.error();
}

Result<std::uint64_t> TileCheck::read_blocks(std::uint64_t size) {
  for (std::uint64_t n = 0; n * kTileWidth < size; ++n) {
    Block block;
    const std::uint32_t width = tile_width(0, n, size);
    const TileId tile{false, 0, n, width};
    SAIPH_TRY(const auto hashes, read(tile, kTileWidth * kHashBytes));
    if (hashes) {
      if (auto parsed = parse_tile(*hashes, width)) block.tile = std::move(*parsed);
    }
    const TileId above{false, 1, n / kTileWidth, tile_width(1, n / kTileWidth, size)};
    if (width == kTileWidth && above.width > n % kTileWidth) {
      SAIPH_TRY(const auto upper, read(above, kTileWidth * kHashBytes));
      if (upper) {
        if (auto parsed = parse_tile(*upper, above.width)) {
          block.above = (*parsed)[static_cast<std::size_t>(n % kTileWidth)];
        }
      }
    }
    const TileId bundle{true, 0, n, width};
    SAIPH_TRY(const auto bytes, read(bundle, kMaxBundleBytes));
    // The size is not believed yet: it must not make this go on for ever.
    if (!hashes && !bytes) return n;
    walk_bundle(bytes ? ByteView(*bytes) : ByteView(), [&](std::uint64_t offset, auto entry) {
      const std::string place = fmt::format("byte {} of {}", offset, tile_path(bundle));
      block.entries.push_back(entry ? FoundLeaf{crypto::leaf_hash(*entry), true, place}
                                    : FoundLeaf{{}, false, place});
    });
    block.tile_root = crypto::tree_root(block.tile);
    block.entries_root = crypto::tree_root(leaves_of(block.entries));
    blocks_.push_back(std::move(block));
  }
  return blocks_.size();
}

/// Root of the tree from its blocks' roots, the last one perhaps partial.
Digest root_of_blocks(const std::vector<Digest>& roots, std::uint64_t size,
                      const std::vector<Digest>& last_leaves) {
  crypto::CompactRange whole;
  const auto full = static_cast<std::size_t>(size / kTileWidth);
  for (std::size_t i = 0; i < full; ++i) whole.append(roots[i]);
  // The blocks are leaves of a tree of blocks; its edge, and that of the last block, are the edge.
  std::vector<Digest> edge(whole.hashes().begin(), whole.hashes().end());
  crypto::CompactRange rest;
  for (const Digest& leaf : last_leaves) rest.append(leaf);
  edge.insert(edge.end(), rest.hashes().begin(), rest.hashes().end());
  return crypto::fold_range(edge);
}

/// Makes `tile` of every block the true leaves where that can be known; false when it cannot.
bool TileCheck::choose_true_blocks(const Checkpoint& checkpoint) {
  const bool partial = checkpoint.size % kTileWidth != 0;
  std::vector<Digest> roots;
  for (const Block& block : blocks_) {
    const bool entries_agree = block.above && *block.above == block.entries_root;
    const bool tile_agrees = block.above && *block.above == block.tile_root;
    roots.push_back(entries_agree || tile_agrees || !block.above ||
                            block.entries_root == block.tile_root
                        ? (entries_agree ? block.entries_root : block.tile_root)
                        : *block.above);
  }
  // The last, partial block has no third opinion: both are tried.
  std::vector<std::vector<Digest>> last = {{}};
  if (partial) last = {blocks_.back().tile, leaves_of(blocks_.back().entries)};
  for (const std::vector<Digest>& leaves : last) {
    if (partial && leaves.size() != checkpoint.size % kTileWidth) continue;
    if (root_of_blocks(roots, checkpoint.size, leaves) != checkpoint.root) continue;
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const bool is_last = partial && i + 1 == blocks_.size();
      const Digest root = is_last ? crypto::tree_root(leaves) : roots[i];
      if (blocks_[i].tile_root == root) continue;
      const TileId tile{false, 0, i, tile_width(0, i, checkpoint.size)};
      const bool there = !blocks_[i].tile.empty();
      examiner_.defect(DefectKind::kTileChanged, i * kTileWidth, tile.width, tile_path(tile),
                       there ? "it does not hold the hashes that were signed"
                             : "it is not there or of the wrong length");
      if (blocks_[i].entries_root == root) blocks_[i].tile = leaves_of(blocks_[i].entries);
    }
    return true;
  }
  return false;
}

Status TileCheck::check_upper_tiles(std::uint64_t size) {
  std::vector<Digest> below;
  below.reserve(blocks_.size());
  for (const Block& block : blocks_) below.push_back(crypto::tree_root(block.tile));
  if (size % kTileWidth != 0) below.pop_back();
  for (std::uint32_t level = 1; !below.empty(); ++level) {
    std::vector<Digest> roots;
    for (std::size_t first = 0; first < below.size(); first += kTileWidth) {
      const std::size_t width = std::min<std::size_t>(kTileWidth, below.size() - first);
      const std::vector<Digest> expected(
          below.begin() + static_cast<std::ptrdiff_t>(first),
          below.begin() + static_cast<std::ptrdiff_t>(first + width));
      const TileId tile{false, level, first / kTileWidth, static_cast<std::uint32_t>(width)};
      SAIPH_TRY(const auto bytes, read(tile, kTileWidth * kHashBytes));
      const auto parsed = bytes ? parse_tile(*bytes, tile.width)
                                : Result<std::vector<Digest>>(Error(ErrorCode::kNotFound, ""));
      if (!parsed || *parsed != expected) {
        examiner_.defect(
            DefectKind::kTileChanged, std::nullopt, 1, tile_path(tile),
            bytes ? "it does not hold the hashes of the tiles below" : "it is not there");
      }
      if (width == kTileWidth) roots.push_back(crypto::tree_root(expected));
    }
    below = std::move(roots);
  }
  return {};
}

/// The entries of a block that were signed, examined in order: keys that rotations name are known
/// to what follows them.
Status TileCheck::accept_entries(std::size_t block, std::uint64_t size, std::uint64_t begin) {
  const std::vector<Digest>& leaves = blocks_[block].tile;
  for (std::size_t i = 0; i < leaves.size(); ++i) vacancies_.add(leaves[i], begin + i);
  const TileId bundle{true, 0, block, tile_width(0, block, size)};
  SAIPH_TRY(const auto bytes, read(bundle, kMaxBundleBytes));
  Status status;
  walk_bundle(bytes ? ByteView(*bytes) : ByteView(), [&](std::uint64_t offset, auto entry) {
    if (!status || !entry) return;
    ReadEntry read_entry =
        examiner_.read(*entry, fmt::format("byte {} of {}", offset, tile_path(bundle)));
    if (const auto index = vacancies_.take(read_entry.found.leaf)) {
      status = examiner_.accept(*index, read_entry);
    } else {
      unplaced_.push_back(std::move(read_entry));
    }
  });
  return status;
}

Status TileCheck::name_differences(const std::vector<Region>& regions) {
  const std::uint64_t before = examiner_.report().defect_count;
  SAIPH_CHECK(examiner_.differences(
      regions, [&](const std::set<Digest>& leaves) -> Result<std::set<Digest>> {
        std::set<Digest> found;
        for (const Block& block : blocks_) {
          for (const Digest& leaf : block.tile) {
            if (leaves.contains(leaf)) found.insert(leaf);
          }
        }
        return found;
      }));
  if (!regions.empty() && examiner_.report().defect_count == before) {
    examiner_.defect(DefectKind::kTileChanged, regions.front().begin, 1, "tile/entries",
                     "the entries are those signed, in order, but not in the bundles in which "
                     "they belong");
  }
  for (const ReadEntry& entry : unplaced_) {
    const auto index = vacancies_.take(entry.found.leaf);
    if (index) SAIPH_CHECK(examiner_.accept(*index, entry));
  }
  return {};
}

Result<std::optional<SignedCheckpoint>> TileCheck::run(
    const std::optional<std::string>& file_note) {
  if (!file_note) return std::optional<SignedCheckpoint>();
  // Keys that rotations name are met while reading; the checkpoint of a rotated log is opened with
  // them. Its size is needed before, and is believed only afterwards.
  const auto note = parse_note(*file_note);
  const auto claimed = note ? parse_checkpoint(note->text) : Result<Checkpoint>(note.error());
  if (!claimed) return std::optional<SignedCheckpoint>();
  SAIPH_TRY(const std::uint64_t there, read_blocks(claimed->size));
  if (there * kTileWidth < claimed->size) {
    const std::uint64_t end = there * kTileWidth;
    examiner_.defect(DefectKind::kTailCut, end, claimed->size - end, "checkpoint",
                     fmt::format("it speaks of {} entries; from {} on neither tile nor bundle is "
                                 "there",
                                 claimed->size, end));
    auto opened = examiner_.open(*file_note);
    if (!opened) return std::optional<SignedCheckpoint>();
    ++examiner_.report().checkpoints;
    return std::optional(std::move(*opened));
  }
  std::vector<Region> regions;
  std::uint64_t index = 0;
  const bool known = claimed->size == 0 || choose_true_blocks(*claimed);
  if (!known) {
    examiner_.defect(DefectKind::kEntryChanged, 0, claimed->size, "tile",
                     "neither the entries nor the tiles are those of the checkpoint, so that it "
                     "cannot be told which");
    return std::optional<SignedCheckpoint>();
  }
  crypto::CompactRange edge;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    for (const Digest& leaf : blocks_[i].tile) {
      edge.append(leaf);
      examiner_.watch().saw(edge.size(), edge);
    }
    const bool whole = leaves_of(blocks_[i].entries) == blocks_[i].tile;
    SAIPH_CHECK(accept_entries(i, claimed->size, index));
    if (whole) {
      index += blocks_[i].tile.size();
      continue;
    }
    if (regions.empty() || regions.back().begin + regions.back().expected.size() != index) {
      regions.push_back({index, {}, {}});
    }
    Region& region = regions.back();
    region.expected.insert(region.expected.end(), blocks_[i].tile.begin(), blocks_[i].tile.end());
    region.found.insert(region.found.end(), blocks_[i].entries.begin(), blocks_[i].entries.end());
    index += blocks_[i].tile.size();
  }
  SAIPH_CHECK(check_upper_tiles(claimed->size));
  SAIPH_CHECK(name_differences(regions));
  // Whatever was done to the files: an entry that was not examined is not verified.
  if (examiner_.report().defect_count == 0 && examiner_.report().entries != claimed->size) {
    examiner_.defect(DefectKind::kTileChanged, std::nullopt, 1, "tile/entries",
                     fmt::format("{} entries were signed, {} could be examined", claimed->size,
                                 examiner_.report().entries));
  }
  auto opened = examiner_.open(*file_note);
  if (!opened) return std::optional<SignedCheckpoint>();
  ++examiner_.report().checkpoints;
  return std::optional(std::move(*opened));
}

}  // namespace

Result<std::optional<SignedCheckpoint>> check_tiles(Examiner& examiner,
                                                    const std::optional<std::string>& file_note) {
  return TileCheck(examiner).run(file_note);
}

}  // namespace saiph::ledger
