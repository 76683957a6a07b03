#include "crypto/merkle.h"

#include <algorithm>
#include <bit>
#include <string>

#include "crypto/sha256.h"

namespace saiph::crypto {

namespace {

constexpr std::array<std::uint8_t, 1> kLeafPrefix = {0x00};
constexpr std::array<std::uint8_t, 1> kNodePrefix = {0x01};

// One context a thread: making one costs as much as hashing a node.
Sha256& hasher() {
  thread_local Sha256 instance;
  return instance;
}

/// The largest power of two below n; n is at least 2.
std::uint64_t split_point(std::uint64_t n) {
  return std::bit_floor(n - 1);
}

Result<std::vector<Digest>> read_ranges(std::span<const LeafRange> ranges, const NodeReader& read) {
  std::vector<Digest> proof;
  proof.reserve(ranges.size());
  std::vector<Digest> parts;
  for (const LeafRange& range : ranges) {
    parts.clear();
    for (const TreeNode& node : range_nodes(range)) {
      SAIPH_TRY(const Digest hash, read(node));
      parts.push_back(hash);
    }
    proof.push_back(fold_range(parts));
  }
  return proof;
}

}  // namespace

Digest leaf_hash(ByteView entry) {
  Sha256& hash = hasher();
  hash.update(kLeafPrefix);
  hash.update(entry);
  return hash.finish();
}

Digest node_hash(const Digest& left, const Digest& right) {
  Sha256& hash = hasher();
  hash.update(kNodePrefix);
  hash.update(left.bytes);
  hash.update(right.bytes);
  return hash.finish();
}

const Digest& empty_root() {
  static const Digest root = Sha256().finish();
  return root;
}

Digest tree_root(std::span<const Digest> leaves) {
  CompactRange range;
  for (const Digest& leaf : leaves) range.append(leaf);
  return range.root();
}

Result<CompactRange> CompactRange::from(std::uint64_t size, std::span<const Digest> hashes) {
  if (size > kMaxTreeSize || static_cast<std::size_t>(std::popcount(size)) != hashes.size()) {
    return Error(ErrorCode::kMalformed, "a tree of " + std::to_string(size) +
                                            " leaves has no edge of " +
                                            std::to_string(hashes.size()) + " hashes");
  }
  CompactRange range;
  range.size_ = size;
  range.hashes_.assign(hashes.begin(), hashes.end());
  return range;
}

Digest CompactRange::root() const {
  return fold_range(hashes_);
}

Result<std::vector<LeafRange>> inclusion_nodes(std::uint64_t index, std::uint64_t size) {
  if (index >= size || size > kMaxTreeSize) {
    return Error(ErrorCode::kInvalidArgument,
                 "no leaf " + std::to_string(index) + " in a tree of " + std::to_string(size));
  }
  // Downwards from the root; at each step the half without the leaf is a hash of the proof.
  std::vector<LeafRange> ranges;
  LeafRange here{0, size};
  while (here.end - here.begin > 1) {
    const std::uint64_t middle = here.begin + split_point(here.end - here.begin);
    if (index < middle) {
      ranges.push_back({middle, here.end});
      here.end = middle;
    } else {
      ranges.push_back({here.begin, middle});
      here.begin = middle;
    }
  }
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

Result<std::vector<LeafRange>> consistency_nodes(std::uint64_t first, std::uint64_t second) {
  if (first > second || second > kMaxTreeSize) {
    return Error(ErrorCode::kInvalidArgument, "a tree of " + std::to_string(second) +
                                                  " does not begin with one of " +
                                                  std::to_string(first));
  }
  std::vector<LeafRange> ranges;
  if (first == 0 || first == second) return ranges;
  // SUBPROOF of RFC 9162, 2.1.4.1, as a walk down the side where `first` ends.
  LeafRange here{0, second};
  while (here.end != first) {
    const std::uint64_t middle = here.begin + split_point(here.end - here.begin);
    if (first <= middle) {
      ranges.push_back({middle, here.end});
      here.end = middle;
    } else {
      ranges.push_back({here.begin, middle});
      here.begin = middle;
    }
  }
  // The verifier knows the subtree when it is the whole first tree.
  if (here.begin != 0) ranges.push_back(here);
  std::reverse(ranges.begin(), ranges.end());
  return ranges;
}

std::vector<TreeNode> range_nodes(LeafRange range) {
  std::vector<TreeNode> nodes;
  for (std::uint64_t at = range.begin; at < range.end;) {
    const std::uint64_t leaves = std::bit_floor(range.end - at);
    const auto level = static_cast<std::uint32_t>(std::countr_zero(leaves));
    nodes.push_back({level, at >> level});
    at += leaves;
  }
  return nodes;
}

Digest fold_range(std::span<const Digest> hashes) {
  if (hashes.empty()) return empty_root();
  Digest root = hashes.back();
  for (std::size_t i = hashes.size() - 1; i-- > 0;) root = node_hash(hashes[i], root);
  return root;
}

Result<std::vector<Digest>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                            const NodeReader& read) {
  SAIPH_TRY(const std::vector<LeafRange> ranges, inclusion_nodes(index, size));
  return read_ranges(ranges, read);
}

Result<std::vector<Digest>> consistency_proof(std::uint64_t first, std::uint64_t second,
                                              const NodeReader& read) {
  SAIPH_TRY(const std::vector<LeafRange> ranges, consistency_nodes(first, second));
  return read_ranges(ranges, read);
}

Result<Digest> stored_root(std::uint64_t size, const NodeReader& read) {
  if (size > kMaxTreeSize) return Error(ErrorCode::kInvalidArgument, "a tree is not so large");
  const LeafRange whole{0, size};
  SAIPH_TRY(const std::vector<Digest> root, read_ranges({&whole, 1}, read));
  return root.front();
}

std::optional<Digest> root_from_inclusion(const Digest& leaf, std::uint64_t index,
                                          std::uint64_t size, std::span<const Digest> proof) {
  if (index >= size || size > kMaxTreeSize) return std::nullopt;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest root = leaf;
  for (const Digest& sibling : proof) {
    if (last == 0) return std::nullopt;
    if ((node & 1U) != 0 || node == last) {
      root = node_hash(sibling, root);
      // At the right edge a subtree without a right sibling moves up unchanged.
      while ((node & 1U) == 0 && node != 0) {
        node >>= 1U;
        last >>= 1U;
      }
    } else {
      root = node_hash(root, sibling);
    }
    node >>= 1U;
    last >>= 1U;
  }
  if (last != 0) return std::nullopt;
  return root;
}

bool verify_inclusion(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root) {
  return root_from_inclusion(leaf, index, size, proof) == root;
}

bool verify_consistency(std::uint64_t first, std::uint64_t second, const Digest& first_root,
                        const Digest& second_root, std::span<const Digest> proof) {
  if (first > second || second > kMaxTreeSize) return false;
  if (first == 0) return proof.empty() && first_root == empty_root();
  if (first == second) return proof.empty() && first_root == second_root;
  std::uint64_t node = first - 1;
  std::uint64_t last = second - 1;
  while ((node & 1U) != 0) {
    node >>= 1U;
    last >>= 1U;
  }
  // A first tree of a power of two leaves is the node the proof starts from.
  Digest old_hash = first_root;
  std::size_t next = 0;
  if (!std::has_single_bit(first)) {
    if (proof.empty()) return false;
    old_hash = proof[next++];
  }
  Digest new_hash = old_hash;
  for (; next < proof.size(); ++next) {
    const Digest& sibling = proof[next];
    if (last == 0) return false;
    if ((node & 1U) != 0 || node == last) {
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
      while ((node & 1U) == 0 && node != 0) {
        node >>= 1U;
        last >>= 1U;
      }
    } else {
      new_hash = node_hash(new_hash, sibling);
    }
    node >>= 1U;
    last >>= 1U;
  }
  return last == 0 && old_hash == first_root && new_hash == second_root;
}

}  // namespace saiph::crypto
