// The hashes of all nodes of the tree in one file, so that a proof is some twenty short reads.
//
// Derived: everything in it follows from the segments' commits. The order is that in which nodes
// complete (a leaf, then upwards), as in the "stored hash" order of Go's tlog package, so that a
// batch is one write at the end and a node's place is arithmetic. Tiles are read out of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/merkle.h"
#include "ledger/format/tiles.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

inline constexpr std::string_view kHashFile = "hashes";

/// Nodes that a tree of `size` leaves has completed: below 2 * size. Any thread.
std::uint64_t stored_node_count(std::uint64_t size);
/// A node's number in the order of completion. Any thread.
std::uint64_t stored_node_number(crypto::TreeNode node);

/// Collects what CompactRange::append tells of, in order, for HashStore::write.
class NodeCollector {
 public:
  void operator()(crypto::TreeNode /*node*/, const Digest& hash) {
    bytes_.insert(bytes_.end(), hash.bytes.begin(), hash.bytes.end());
  }
  ByteView bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

 private:
  Bytes bytes_;
};

/// Reads: any thread, also while another writes nodes that were not there before.
class HashStore {
 public:
  explicit HashStore(std::unique_ptr<File> file) : file_(std::move(file)) {}

  /// Leaves that the file's length has room for; says nothing of its content.
  std::uint64_t leaves() const;
  /// Nodes completed by growing from `old_size`, as NodeCollector holds them. Not synced.
  Status write(std::uint64_t old_size, ByteView nodes);
  /// As write, where the file holds something else; answers whether it did.
  Result<bool> repair(std::uint64_t old_size, ByteView nodes);
  Status sync() { return file_->sync(); }

  /// Errors: kUnavailable when the file is too short ("run reindex") or cannot be read.
  Result<Digest> node(crypto::TreeNode node) const;

 private:
  std::unique_ptr<File> file_;
};

}  // namespace saiph::ledger
