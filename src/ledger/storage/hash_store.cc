#include "ledger/storage/hash_store.h"

#include <algorithm>
#include <bit>

namespace saiph::ledger {

std::uint64_t stored_node_count(std::uint64_t size) {
  // Sum of size >> k over all k.
  return 2 * size - static_cast<std::uint64_t>(std::popcount(size));
}

std::uint64_t stored_node_number(crypto::TreeNode node) {
  // The node completes together with its last leaf, `level` places behind it.
  const std::uint64_t last_leaf = ((node.index + 1) << node.level) - 1;
  return stored_node_count(last_leaf) + node.level;
}

std::uint64_t HashStore::leaves() const {
  const std::uint64_t nodes = file_->size() / kHashBytes;
  std::uint64_t low = 0;
  std::uint64_t high = nodes + 1;  // stored_node_count(high) >= high > nodes
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    (stored_node_count(middle) <= nodes ? low : high) = middle;
  }
  return low;
}

Status HashStore::write(std::uint64_t old_size, ByteView nodes) {
  return file_->write_at(stored_node_count(old_size) * kHashBytes, nodes);
}

Result<bool> HashStore::repair(std::uint64_t old_size, ByteView nodes) {
  Bytes present(nodes.size());
  SAIPH_TRY(const std::size_t got,
            file_->read_at(stored_node_count(old_size) * kHashBytes, present));
  if (got == nodes.size() && std::equal(nodes.begin(), nodes.end(), present.begin())) return false;
  SAIPH_CHECK(write(old_size, nodes));
  return true;
}

Result<Digest> HashStore::node(crypto::TreeNode node) const {
  Digest hash;
  SAIPH_TRY(const std::size_t got,
            file_->read_at(stored_node_number(node) * kHashBytes, hash.bytes));
  if (got != hash.bytes.size()) {
    return Error(ErrorCode::kUnavailable,
                 "the ledger's file of hashes is too short; `saiph ledger reindex` makes it anew");
  }
  return hash;
}

}  // namespace saiph::ledger
