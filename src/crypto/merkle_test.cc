#include "crypto/merkle.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>
#include <string>

namespace saiph::crypto {
namespace {

Digest hex(std::string_view text) {
  return Digest::parse(text).value();
}

/// MTH of RFC 6962, 2.1, as it is written there.
Digest naive_root(std::span<const Bytes> entries) {
  if (entries.empty()) return empty_root();
  if (entries.size() == 1) return leaf_hash(entries[0]);
  const std::size_t k = std::bit_floor(entries.size() - 1);
  return node_hash(naive_root(entries.first(k)), naive_root(entries.subspan(k)));
}

/// PATH of RFC 6962, 2.1.1.
std::vector<Digest> naive_path(std::size_t index, std::span<const Bytes> entries) {
  if (entries.size() == 1) return {};
  const std::size_t k = std::bit_floor(entries.size() - 1);
  std::vector<Digest> path;
  if (index < k) {
    path = naive_path(index, entries.first(k));
    path.push_back(naive_root(entries.subspan(k)));
  } else {
    path = naive_path(index - k, entries.subspan(k));
    path.push_back(naive_root(entries.first(k)));
  }
  return path;
}

/// SUBPROOF of RFC 6962, 2.1.2.
std::vector<Digest> naive_consistency(std::size_t first, std::span<const Bytes> entries,
                                      bool known) {
  if (first == entries.size()) {
    return known ? std::vector<Digest>{} : std::vector<Digest>{naive_root(entries)};
  }
  const std::size_t k = std::bit_floor(entries.size() - 1);
  std::vector<Digest> proof;
  if (first <= k) {
    proof = naive_consistency(first, entries.first(k), known);
    proof.push_back(naive_root(entries.subspan(k)));
  } else {
    proof = naive_consistency(first - k, entries.subspan(k), false);
    proof.push_back(naive_root(entries.first(k)));
  }
  return proof;
}

/// A log in memory: the nodes that append reports.
struct Store {
  CompactRange range;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Digest> nodes;

  void append(ByteView entry) {
    range.append(leaf_hash(entry), [this](TreeNode node, const Digest& hash) {
      EXPECT_TRUE(nodes.emplace(std::pair(node.level, node.index), hash).second);
    });
  }
  NodeReader reader() const {
    return [this](TreeNode node) -> Result<Digest> {
      const auto found = nodes.find({node.level, node.index});
      if (found == nodes.end()) return Error(ErrorCode::kNotFound, "no such node");
      return found->second;
    };
  }
};

std::vector<Bytes> some_entries(std::size_t count) {
  std::vector<Bytes> entries;
  for (std::size_t i = 0; i < count; ++i) {
    entries.emplace_back(i % 70, static_cast<std::uint8_t>(i));
    entries.back().push_back(static_cast<std::uint8_t>(i >> 8U));
  }
  return entries;
}

// The eight leaves that the tests of certificate transparency logs have used since RFC 6962.
const std::vector<Bytes> kLeaves = {
    {},
    {0x00},
    {0x10},
    {0x20, 0x21},
    {0x30, 0x31},
    {0x40, 0x41, 0x42, 0x43},
    {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57},
    {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
     0x6f},
};

TEST(Merkle, KnownAnswers) {
  EXPECT_EQ(empty_root(), hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  const char* roots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  CompactRange range;
  EXPECT_EQ(range.root(), empty_root());
  for (std::size_t i = 0; i < kLeaves.size(); ++i) {
    range.append(leaf_hash(kLeaves[i]));
    EXPECT_EQ(range.root(), hex(roots[i])) << i;
    EXPECT_EQ(naive_root(std::span(kLeaves).first(i + 1)), hex(roots[i])) << i;
  }
}

// Every size, every leaf, every earlier size: our proofs are the RFC's, and they verify.
TEST(Merkle, EqualsTheDefinitionForAllSizesTo130) {
  const std::vector<Bytes> entries = some_entries(130);
  Store store;
  std::vector<Digest> roots = {empty_root()};
  for (std::size_t size = 1; size <= entries.size(); ++size) {
    store.append(entries[size - 1]);
    const auto tree = std::span(entries).first(size);
    const Digest root = naive_root(tree);
    roots.push_back(root);
    ASSERT_EQ(store.range.root(), root) << size;
    ASSERT_EQ(stored_root(size, store.reader()).value(), root) << size;
    std::vector<Digest> leaves;
    for (const Bytes& entry : tree) leaves.push_back(leaf_hash(entry));
    ASSERT_EQ(tree_root(leaves), root);
    const auto resumed = CompactRange::from(size, store.range.hashes());
    ASSERT_TRUE(resumed);
    ASSERT_EQ(resumed->root(), root);
    for (std::size_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, store.reader());
      ASSERT_TRUE(proof) << proof.error().describe();
      ASSERT_EQ(*proof, naive_path(index, tree)) << index << " in " << size;
      ASSERT_TRUE(verify_inclusion(leaves[index], index, size, *proof, root));
    }
    for (std::size_t first = 0; first <= size; ++first) {
      const auto proof = consistency_proof(first, size, store.reader());
      ASSERT_TRUE(proof) << proof.error().describe();
      if (first > 0) {
        ASSERT_EQ(*proof, naive_consistency(first, tree, true)) << first << " to " << size;
      }
      ASSERT_TRUE(verify_consistency(first, size, roots[first], root, *proof));
    }
  }
}

// A proof is good for one leaf, one index, one size and one root only. (Where index and size differ
// but the shape of the path does not, the hashes do.)
TEST(Merkle, NothingElseVerifies) {
  const std::vector<Bytes> entries = some_entries(40);
  Store store;
  std::vector<Digest> roots = {empty_root()};
  for (const Bytes& entry : entries) {
    store.append(entry);
    roots.push_back(store.range.root());
  }
  for (std::uint64_t size = 1; size <= entries.size(); ++size) {
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, store.reader()).value();
      const Digest leaf = leaf_hash(entries[index]);
      for (std::uint64_t other = 0; other <= size; ++other) {
        EXPECT_EQ(verify_inclusion(leaf, other, size, proof, roots[size]), other == index);
      }
      for (std::size_t i = 0; i <= proof.size(); ++i) {
        auto changed = proof;
        if (i < proof.size()) changed[i].bytes[31] ^= 1;
        if (i == proof.size()) changed.push_back(leaf);
        EXPECT_FALSE(verify_inclusion(leaf, index, size, changed, roots[size]));
        changed = proof;
        if (i < proof.size()) {
          changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
          EXPECT_FALSE(verify_inclusion(leaf, index, size, changed, roots[size]));
        }
      }
    }
    for (std::uint64_t first = 0; first <= size; ++first) {
      const auto proof = consistency_proof(first, size, store.reader()).value();
      for (std::uint64_t claimed = 0; claimed <= size; ++claimed) {
        EXPECT_EQ(verify_consistency(first, size, roots[claimed], roots[size], proof),
                  claimed == first)
            << claimed << " " << first << " " << size;
      }
      for (std::size_t i = 0; i < proof.size(); ++i) {
        auto changed = proof;
        changed[i].bytes[0] ^= 0x80;
        EXPECT_FALSE(verify_consistency(first, size, roots[first], roots[size], changed));
        changed = proof;
        changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
        EXPECT_FALSE(verify_consistency(first, size, roots[first], roots[size], changed));
      }
      auto longer = proof;
      longer.push_back(roots[size]);
      EXPECT_FALSE(verify_consistency(first, size, roots[first], roots[size], longer));
    }
  }
}

TEST(Merkle, AnyNumbersAreAnswered) {
  const Digest digest;
  const std::vector<Digest> proof(70);
  constexpr std::uint64_t kHuge = ~std::uint64_t{0};
  for (const std::uint64_t a : {std::uint64_t{0}, std::uint64_t{1}, kMaxTreeSize - 1, kMaxTreeSize,
                                kMaxTreeSize + 1, kHuge - 1, kHuge}) {
    for (const std::uint64_t b : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2},
                                  kMaxTreeSize, kMaxTreeSize + 1, kHuge}) {
      for (std::size_t n = 0; n <= proof.size(); ++n) {
        const auto part = std::span(proof).first(n);
        EXPECT_FALSE(verify_inclusion(digest, a, b, part, empty_root()));
        EXPECT_EQ(verify_consistency(a, b, digest, empty_root(), part), false);
      }
      const auto ranges = inclusion_nodes(a, b);
      EXPECT_EQ(ranges.has_value(), a < b && b <= kMaxTreeSize);
      EXPECT_EQ(consistency_nodes(a, b).has_value(), a <= b && b <= kMaxTreeSize);
    }
  }
  EXPECT_FALSE(CompactRange::from(3, std::span(proof).first(1)));
  EXPECT_FALSE(CompactRange::from(kHuge, std::span(proof).first(64)));
  const auto most = inclusion_nodes(0, kMaxTreeSize).value();
  EXPECT_EQ(most.size(), 63U);
}

// Large trees without their leaves: the coordinates against the verifier, through hashes that are
// computed from a node's place (every node of one level the same tree of equal leaves).
TEST(Merkle, CoordinatesOfLargeTreesVerify) {
  std::vector<Digest> level_hash = {leaf_hash(as_bytes("same"))};
  while (level_hash.size() < 64) {
    level_hash.push_back(node_hash(level_hash.back(), level_hash.back()));
  }
  const NodeReader read = [&](TreeNode node) -> Result<Digest> { return level_hash[node.level]; };
  std::mt19937_64 random(6962);
  for (int round = 0; round < 500; ++round) {
    const std::uint64_t size = 1 + random() % (kMaxTreeSize >> (random() % 62));
    const std::uint64_t index = random() % size;
    const std::uint64_t first = 1 + random() % size;
    const Digest root = stored_root(size, read).value();
    EXPECT_TRUE(verify_inclusion(level_hash[0], index, size,
                                 inclusion_proof(index, size, read).value(), root));
    EXPECT_TRUE(verify_consistency(first, size, stored_root(first, read).value(), root,
                                   consistency_proof(first, size, read).value()));
  }
}

}  // namespace
}  // namespace saiph::crypto
