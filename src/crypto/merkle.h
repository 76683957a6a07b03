// Merkle trees of RFC 6962 section 2.1 and RFC 9162 section 2.1 over SHA-256: hashing, growing,
// and proofs. Pure; total on any input: wrong sizes and foreign proofs give `false`, never a fault.
//
// A tree is named by its size (number of leaves). A subtree of 2^level leaves that starts at a
// multiple of 2^level is a *node* (level, index); nodes never change once their leaves exist, so
// they are what storage keeps. Every hash of a proof is the hash of a leaf range, which is one node
// or, at the right edge of the tree, a fold of several.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::crypto {

/// Sizes beyond this are refused everywhere (Go's tlog counts in int64 as well).
inline constexpr std::uint64_t kMaxTreeSize = (std::uint64_t{1} << 63) - 1;

/// SHA-256(0x00 || entry). Any thread; about 0.3 microseconds and 1.8 GB/s.
Digest leaf_hash(ByteView entry);
/// SHA-256(0x01 || left || right). Any thread; about 0.2 microseconds.
Digest node_hash(const Digest& left, const Digest& right);
/// SHA-256 of nothing: the root of the tree without leaves.
const Digest& empty_root();

/// The subtree over leaves [index * 2^level, (index + 1) * 2^level).
struct TreeNode {
  std::uint32_t level = 0;  ///< 0: a leaf's hash; at most 62
  std::uint64_t index = 0;
  bool operator==(const TreeNode&) const = default;
};

/// Leaves [begin, end).
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const LeafRange&) const = default;
};

/// The root over leaf hashes (empty_root() for none). Any thread; one node_hash a leaf.
Digest tree_root(std::span<const Digest> leaves);

/// The right edge of a growing tree: one hash for each 1 bit of the size, the largest subtree
/// first. A value of at most 63 hashes; one thread at a time.
class CompactRange {
 public:
  CompactRange() = default;
  /// Continues a tree from its edge, `hashes` as hashes() gave them (the nodes are
  /// range_nodes({0, size})). Errors: kMalformed when their number does not fit the size.
  static Result<CompactRange> from(std::uint64_t size, std::span<const Digest> hashes);

  std::uint64_t size() const { return size_; }
  std::span<const Digest> hashes() const { return hashes_; }
  /// The root of the tree so far. At most 62 node hashes.
  Digest root() const;

  /// Adds a leaf. `completed(TreeNode, const Digest&)` hears of every node that it completes, the
  /// leaf itself first, then upwards: all that storage has to keep. Amortised one node hash.
  /// At kMaxTreeSize nothing is added (no real log gets there).
  template <typename Completed>
  void append(const Digest& leaf, Completed completed) {
    if (size_ >= kMaxTreeSize) return;
    Digest hash = leaf;
    TreeNode node{0, size_};
    completed(node, hash);
    for (std::uint64_t bits = size_; (bits & 1U) != 0; bits >>= 1U) {
      hash = node_hash(hashes_.back(), hash);
      hashes_.pop_back();
      node = {node.level + 1, node.index >> 1U};
      completed(node, hash);
    }
    hashes_.push_back(hash);
    ++size_;
  }
  void append(const Digest& leaf) {
    append(leaf, [](TreeNode, const Digest&) {});
  }

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> hashes_;
};

/// The ranges whose hashes are the inclusion proof (audit path) of leaf `index` in the tree of
/// `size` leaves, from the leaf's sibling upwards (RFC 9162, 2.1.3.1). Errors: kInvalidArgument
/// unless index < size <= kMaxTreeSize. Any thread; logarithmic.
Result<std::vector<LeafRange>> inclusion_nodes(std::uint64_t index, std::uint64_t size);

/// The ranges whose hashes prove that the tree of `first` leaves is the beginning of the tree of
/// `second` (RFC 9162, 2.1.4.1), in proof order. None when first is 0 or equals second.
/// Errors: kInvalidArgument unless first <= second <= kMaxTreeSize. Any thread; logarithmic.
Result<std::vector<LeafRange>> consistency_nodes(std::uint64_t first, std::uint64_t second);

/// The nodes that make up a range as the functions above give it (or {0, size}), left to right,
/// each smaller than the one before. For a range that they do not give the answer has no meaning.
/// Empty for an empty range. Any thread; logarithmic.
std::vector<TreeNode> range_nodes(LeafRange range);

/// The hash of a range from the hashes of its nodes, in the order of range_nodes.
Digest fold_range(std::span<const Digest> hashes);

/// Answers a node's hash from storage (tiles). Asked only for nodes inside the tree.
using NodeReader = std::function<Result<Digest>(TreeNode)>;

/// The proofs themselves and the root, read through `read`: at most some 130 nodes a proof.
/// Errors: of inclusion_nodes or consistency_nodes, and the reader's own.
Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const NodeReader& read);
Result<std::vector<Digest>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                              const NodeReader& read);
Result<Digest> stored_root(std::uint64_t size, const NodeReader& read);

/// The root that an inclusion proof leads to (RFC 9162, 2.1.3.2), or nothing when index, size and
/// the number of hashes do not fit together. Any thread; at most 63 node hashes.
std::optional<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index,
                                          std::uint64_t size, std::span<const Digest> proof);

/// Whether `leaf` (a leaf hash) stands at `index` in the tree (size, root). Any thread.
bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root);

/// Whether the tree (first, first_root) is the beginning of (second, second_root) (RFC 9162,
/// 2.1.4.2). For first == 0 the proof is empty and first_root the empty root; for first == second
/// the proof is empty and the roots are equal. Any thread.
bool verify_consistency(std::uint64_t first, std::uint64_t second, const Digest& first_root,
                        const Digest& second_root, std::span<const Digest> proof);

}  // namespace saiph::crypto
