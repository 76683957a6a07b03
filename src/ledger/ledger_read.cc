// The reading half of the ledger: entries, proofs and tiles of what was committed.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/byte_reader.h"
#include "ledger/ledger.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

namespace {

Error wrong_hashes() {
  return {ErrorCode::kUnavailable,
          "the ledger's file of hashes is wrong; `saiph ledger reindex` makes it anew"};
}

}  // namespace

std::shared_ptr<const Head> Ledger::head() const {
  const std::lock_guard lock(state_mutex_);
  return head_;
}

Result<Bytes> Ledger::entry(std::uint64_t index) const {
  Bytes out;
  SAIPH_CHECK(entries(index, index + 1, [&](std::uint64_t, ByteView bytes) -> Status {
    out.assign(bytes.begin(), bytes.end());
    return {};
  }));
  return out;
}

Status Ledger::entries(std::uint64_t begin, std::uint64_t end,
                       const std::function<Status(std::uint64_t, ByteView)>& take) const {
  std::uint64_t index = begin;
  while (index < end) {
    std::uint64_t first = 0;
    std::uint64_t offset = 0;
    std::uint64_t at = 0;
    std::uint64_t stop = 0;
    std::uint64_t bytes = 0;
    {
      const std::lock_guard lock(state_mutex_);
      if (end > head_->size) {
        return Error(ErrorCode::kNotFound,
                     fmt::format("no entry {}: the ledger has {}", end - 1, head_->size));
      }
      const auto it = std::upper_bound(
          segments_.begin(), segments_.end(), index,
          [](std::uint64_t wanted, const SegmentMap& map) { return wanted < map.end; });
      first = it->first;
      std::tie(offset, at) = it->mark_of(index);
      stop = std::min(end, it->end);
      bytes = it->bytes;
    }
    SAIPH_TRY(const auto file, folder_.open(segment_name(first), OpenMode::kRead));
    // One entry needs little; a run of them is read through.
    const std::size_t window = stop - index < kMarkDistance ? (128U << 10) : (1U << 20);
    SourceReader reader(*file, offset, window);
    while (index < stop) {
      ByteView head;
      std::uint32_t tag = 0;
      std::uint32_t length = 0;
      const std::uint64_t place = reader.offset();
      if (!reader.take(kRecordHeaderBytes, head)) return reader.failure("record");
      ByteCursor fields(head);
      const bool read = fields.u32le(tag) && fields.u32le(length);
      const std::uint32_t type = (tag >> 16U) & 0xFFU;
      const bool commit = type == static_cast<std::uint32_t>(RecordType::kCommit);
      const bool entry = type == static_cast<std::uint32_t>(RecordType::kEntry);
      if (!read || (!commit && (!entry || length > kMaxEntryBytes)) ||
          place + kRecordHeaderBytes + length > bytes) {
        return Error(ErrorCode::kMalformed,
                     fmt::format("byte {} of {} is no record", place, segment_name(first)), place);
      }
      if (commit || at < index) {
        if (!reader.skip(length)) return reader.failure("record");
        if (!commit) ++at;
        continue;
      }
      ByteView payload;
      if (!reader.take(length, payload)) return reader.failure("record");
      SAIPH_TRY(const Digest leaf, node({0, index}));
      if (crypto::leaf_hash(payload) != leaf) {
        return Error(ErrorCode::kMalformed,
                     fmt::format("entry {} is not what was written (byte {} of {}); `saiph ledger "
                                 "verify` names what is wrong",
                                 index, place, segment_name(first)));
      }
      SAIPH_CHECK(take(index, payload));
      ++at;
      ++index;
    }
  }
  return {};
}

Result<Digest> Ledger::node(crypto::TreeNode wanted) const {
  const std::uint64_t number = stored_node_number(wanted);
  if (has_overlay_ && number >= overlay_begin_) {
    const std::uint64_t offset = (number - overlay_begin_) * kHashBytes;
    if (offset + kHashBytes > overlay_.size()) return wrong_hashes();
    Digest hash;
    const ByteView bytes = ByteView(overlay_).subspan(static_cast<std::size_t>(offset), kHashBytes);
    std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
    return hash;
  }
  if (!hashes_) return wrong_hashes();
  return hashes_->node(wanted);
}

crypto::NodeReader Ledger::node_reader() const {
  return [this](crypto::TreeNode wanted) { return node(wanted); };
}

Result<Inclusion> Ledger::inclusion(std::uint64_t index) const {
  Inclusion out;
  out.head = head();
  if (index >= out.head->size) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("no entry {}: the ledger has {}", index, out.head->size));
  }
  SAIPH_TRY(out.leaf, node({0, index}));
  SAIPH_TRY(out.path, crypto::inclusion_proof(index, out.head->size, node_reader()));
  if (!crypto::verify_inclusion(out.leaf, index, out.head->size, out.path, out.head->root)) {
    return wrong_hashes();
  }
  return out;
}

Result<std::vector<Digest>> Ledger::consistency(std::uint64_t first, std::uint64_t second) const {
  const std::uint64_t size = head()->size;
  if (second > size) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the ledger has {} entries, not {}", size, second));
  }
  SAIPH_TRY(auto proof, crypto::consistency_proof(first, second, node_reader()));
  SAIPH_TRY(const Digest first_root, root_at(first));
  SAIPH_TRY(const Digest second_root, root_at(second));
  if (!crypto::verify_consistency(first, second, first_root, second_root, proof)) {
    return wrong_hashes();
  }
  return proof;
}

Result<Digest> Ledger::root_at(std::uint64_t size) const {
  const auto present = head();
  if (size > present->size) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the ledger has {} entries, not {}", present->size, size));
  }
  if (size == present->size) return present->root;
  SAIPH_TRY(const Digest root, crypto::stored_root(size, node_reader()));
  // What the file of hashes says must lead to what was signed.
  SAIPH_TRY(const auto proof, crypto::consistency_proof(size, present->size, node_reader()));
  if (!crypto::verify_consistency(size, present->size, root, present->root, proof)) {
    return wrong_hashes();
  }
  return root;
}

Result<Bytes> Ledger::tile(const TileId& tile) const {
  if (tile.level > kMaxTileLevel || tile.width == 0 ||
      tile.width > tile_width(tile.level, tile.index, head()->size)) {
    return Error(ErrorCode::kNotFound, "no such tile: " + tile_path(tile));
  }
  Bytes out;
  const std::uint64_t begin = tile.index * kTileWidth;
  if (tile.entries) {
    SAIPH_CHECK(entries(begin, begin + tile.width, [&](std::uint64_t, ByteView bytes) {
      return append_to_bundle(out, bytes);
    }));
    return out;
  }
  for (std::uint32_t i = 0; i < tile.width; ++i) {
    SAIPH_TRY(const Digest hash, node({tile.level * kTileHeight, begin + i}));
    out.insert(out.end(), hash.bytes.begin(), hash.bytes.end());
  }
  return out;
}

}  // namespace saiph::ledger
