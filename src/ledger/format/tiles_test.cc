#include "ledger/format/tiles.h"

#include <gtest/gtest.h>

#include <set>

#include "ledger/format/example_for_test.h"

namespace saiph::ledger {
namespace {

TEST(Tiles, Paths) {
  const std::pair<TileId, const char*> rows[] = {
      {{false, 0, 0, 256}, "tile/0/000"},
      {{false, 0, 67, 256}, "tile/0/067"},
      {{false, 1, 1'234'067, 256}, "tile/1/x001/x234/067"},
      {{false, 63, 999, 1}, "tile/63/999.p/1"},
      {{true, 0, 1000, 255}, "tile/entries/x001/000.p/255"},
      {{true, 0, 0x7FFFFFFFFFFFFFFF, 256}, "tile/entries/x009/x223/x372/x036/x854/x775/807"},
  };
  for (const auto& [tile, path] : rows) {
    EXPECT_EQ(tile_path(tile), path);
    const auto read = parse_tile_path(path);
    ASSERT_TRUE(read) << path;
    EXPECT_EQ(*read, tile) << path;
  }
}

TEST(Tiles, OtherPathsAreRefused) {
  for (const std::string_view path : {
           "",
           "tile",
           "tile/",
           "tile/0",
           "tile/0/",
           "/tile/0/000",
           "tile/0/000/",
           "tile//000",
           "tile/00/000",
           "tile/64/000",
           "tile/-1/000",
           "tile/+1/000",
           "tile/a/000",
           "tile/0/0",
           "tile/0/00",
           "tile/0/0000",
           "tile/0/x000/001",
           "tile/0/001/002",
           "tile/0/x001",
           "tile/0/x001/",
           "tile/0/x001/x002",
           "tile/0/X001/002",
           "tile/0/00a",
           "tile/0/000.p",
           "tile/0/000.p/",
           "tile/0/000.p/0",
           "tile/0/000.p/256",
           "tile/0/000.p/01",
           "tile/0/000.p/1/2",
           "tile/0/000.p/1.p/1",
           "tile/entries",
           "tile/entries/000.q/1",
           "tile/data/000",
           "tile/0/../000",
           "tile/0/x009/x223/x372/x036/x854/x775/808",
           "tile/0/x018/x446/x744/x073/x709/x551/616",
           "tile/0/x001/x000/x000/x000/x000/x000/x000/x000/x000/000",
       }) {
    EXPECT_FALSE(parse_tile_path(path)) << path;
  }
}

// The specification's example: a tree of 70,000.
TEST(Tiles, WidthsOfTheSpecificationsExample) {
  EXPECT_EQ(tile_width(0, 272, 70'000), 256U);
  EXPECT_EQ(tile_width(0, 273, 70'000), 112U);
  EXPECT_EQ(tile_width(0, 274, 70'000), 0U);
  EXPECT_EQ(tile_width(1, 0, 70'000), 256U);
  EXPECT_EQ(tile_width(1, 1, 70'000), 17U);
  EXPECT_EQ(tile_width(2, 0, 70'000), 1U);
  EXPECT_EQ(tile_width(3, 0, 70'000), 0U);
  EXPECT_EQ(tile_width(0, 0, 256), 256U);
  EXPECT_EQ(tile_width(0, 1, 256), 0U);
  EXPECT_EQ(tile_width(1, 0, 256), 1U);
  EXPECT_EQ(tile_width(7, 0, crypto::kMaxTreeSize), 127U);
  EXPECT_EQ(tile_width(8, 0, ~std::uint64_t{0}), 0U);
  EXPECT_EQ(tile_width(0, ~std::uint64_t{0}, 1), 0U);
  const auto tiles = new_tiles(0, 70'000);
  EXPECT_EQ(tiles.size(), 274U + 274U + 2U + 1U);
}

TEST(Tiles, NewTilesAreThoseThatChanged) {
  for (const std::uint64_t old_size : {0U, 1U, 255U, 256U, 257U, 65'535U, 65'536U, 70'000U}) {
    for (const std::uint64_t size : {0U, 1U, 2U, 255U, 256U, 512U, 65'536U, 65'537U, 70'001U}) {
      std::set<TileId> expected;
      if (size > old_size) {
        for (std::uint32_t level = 0; level < 8; ++level) {
          for (std::uint64_t index = 0; tile_width(level, index, size) > 0; ++index) {
            const std::uint32_t width = tile_width(level, index, size);
            if (width == tile_width(level, index, old_size)) continue;
            expected.insert({false, level, index, width});
            if (level == 0) expected.insert({true, 0, index, width});
          }
        }
      }
      const auto tiles = new_tiles(old_size, size);
      EXPECT_EQ(std::set<TileId>(tiles.begin(), tiles.end()), expected) << old_size << " " << size;
      EXPECT_EQ(tiles.size(), expected.size());
    }
  }
}

// Everything a proof needs is found in the tiles of the tree's size and nowhere else.
TEST(Tiles, ProofsFromTiles) {
  crypto::CompactRange range;
  std::vector<std::vector<Digest>> levels;
  const std::uint64_t size = 66'100;
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < size; ++i) {
    leaves.push_back(crypto::leaf_hash(as_bytes(std::to_string(i))));
    range.append(leaves.back(), [&](crypto::TreeNode node, const Digest& hash) {
      if (levels.size() <= node.level) levels.resize(node.level + 1);
      levels[node.level].push_back(hash);
    });
  }
  for (const std::uint64_t tree : {std::uint64_t{1}, std::uint64_t{255}, std::uint64_t{256},
                                   std::uint64_t{300}, std::uint64_t{65'536}, size}) {
    const crypto::NodeReader read = [&](crypto::TreeNode node) -> Result<Digest> {
      const NodePlace place = place_of(node);
      const std::uint32_t width = tile_width(place.level, place.index, tree);
      if (place.first + place.count > width) {
        return Error(ErrorCode::kNotFound, "a node outside the tree");
      }
      Bytes tile;
      for (std::uint32_t i = 0; i < width; ++i) {
        const Digest& hash = levels.at(place.level * kTileHeight).at(place.index * 256 + i);
        tile.insert(tile.end(), hash.bytes.begin(), hash.bytes.end());
      }
      return node_from_tile(tile, place);
    };
    const auto root = crypto::stored_root(tree, read);
    ASSERT_TRUE(root) << root.error().describe();
    EXPECT_EQ(*root, crypto::tree_root(std::span(leaves).first(tree)));
    for (std::uint64_t index = 0; index < tree; index += 1 + tree / 60) {
      const auto proof = crypto::inclusion_proof(index, tree, read);
      ASSERT_TRUE(proof) << proof.error().describe();
      EXPECT_TRUE(crypto::verify_inclusion(leaves[index], index, tree, *proof, *root));
      const auto older = crypto::consistency_proof(index + 1, tree, read);
      ASSERT_TRUE(older) << older.error().describe();
      EXPECT_TRUE(crypto::verify_consistency(
          index + 1, tree, crypto::tree_root(std::span(leaves).first(index + 1)), *root, *older));
    }
  }
}

TEST(Tiles, NodesFromShortTilesAreErrors) {
  const Bytes tile(32 * 3);
  EXPECT_TRUE(node_from_tile(tile, {0, 0, 2, 1}));
  EXPECT_FALSE(node_from_tile(tile, {0, 0, 3, 1}));
  EXPECT_FALSE(node_from_tile(tile, {0, 0, 2, 2}));
  EXPECT_FALSE(node_from_tile(tile, {0, 0, 0, 0}));
  EXPECT_FALSE(node_from_tile(tile, {0, 0, 0, 512}));
  EXPECT_FALSE(node_from_tile(ByteView(tile).first(95), {0, 0, 0, 1}));
  EXPECT_FALSE(parse_tile(tile, 2));
  EXPECT_FALSE(parse_tile(tile, 0));
  EXPECT_EQ(parse_tile(tile, 3).value().size(), 3U);
}

TEST(Tiles, Bundles) {
  Bytes bundle;
  const Bytes longest(0xFFFF, 7);
  ASSERT_TRUE(append_to_bundle(bundle, as_bytes("one")));
  ASSERT_TRUE(append_to_bundle(bundle, {}));
  ASSERT_TRUE(append_to_bundle(bundle, longest));
  EXPECT_FALSE(append_to_bundle(bundle, Bytes(0x10000)));
  const auto entries = parse_bundle(bundle, 3);
  ASSERT_TRUE(entries);
  EXPECT_EQ(as_text(entries->at(0)), "one");
  EXPECT_TRUE(entries->at(1).empty());
  EXPECT_EQ(entries->at(2).size(), longest.size());
  EXPECT_FALSE(parse_bundle(bundle, 2));
  EXPECT_FALSE(parse_bundle(bundle, 4));
  EXPECT_FALSE(parse_bundle(bundle, 0));
  EXPECT_FALSE(parse_bundle(bundle, 257));
  EXPECT_FALSE(parse_bundle(ByteView(bundle).first(bundle.size() - 1), 3));
}

TEST(EntryProofFile, RoundTripAndVerified) {
  const ExampleLog log(300);
  const VerifierKey key = log.key();
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{300}}) {
    for (std::uint64_t index = 0; index < size; index += 1 + size / 9) {
      const std::string text = log.proof(index, size);
      const EntryProof proof = parse_entry_proof(text).value();
      EXPECT_EQ(encode_entry_proof(proof).value(), text);
      const auto opened = verify_entry_proof(proof, *proof.extra, kExampleOrigin, {&key, 1});
      ASSERT_TRUE(opened) << opened.error().describe();
      EXPECT_EQ(opened->checkpoint, log.checkpoint(size));
      EXPECT_FALSE(verify_entry_proof(proof, as_bytes("another"), kExampleOrigin, {&key, 1}));
      EXPECT_FALSE(verify_entry_proof(proof, *proof.extra, "another", {&key, 1}));
      EntryProof moved = proof;
      moved.index += 1;
      EXPECT_FALSE(verify_entry_proof(moved, *proof.extra, kExampleOrigin, {&key, 1}));
    }
  }
}

TEST(EntryProofFile, WhatIsNoProofIsRefused) {
  const ExampleLog log(7);
  const std::string text = log.proof(2, 7);
  const std::string note = log.signed_checkpoint(7);
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  EXPECT_TRUE(parse_entry_proof(head + "index 0\n\n" + note));
  EXPECT_TRUE(parse_entry_proof(head + "extra \nindex 0\n\n" + note).value().extra->empty());
  for (const std::string& bad : std::initializer_list<std::string>{
           std::string(),
           head,
           head + "index 0\n",
           head + "index 0\n\n",
           head + "index 0\n" + note,
           head + "\nindex 0\n\n" + note,
           head + "index 00\n\n" + note,
           head + "index\n\n" + note,
           head + "index -1\n\n" + note,
           head + "index 9223372036854775808\n\n" + note,
           head + "extra A\nindex 0\n\n" + note,
           head + "index 0\nextra AA==\n\n" + note,
           head + "extra AA==\nextra AA==\nindex 0\n\n" + note,
           head + "index 0\nAAAA\n\n" + note,
           head + "index 0\n\n" + note + "x",
           "c2sp.org/tlog-proof@v2\nindex 0\n\n" + note,
           head + "index 0\r\n\n" + note,
           " " + text,
       }) {
    EXPECT_FALSE(parse_entry_proof(bad)) << bad;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_entry_proof(text.substr(0, i)).has_value() &&
                 text.substr(0, i).ends_with("=\n") == false)
        << i;
  }
  std::string longest = head + "index 0\n";
  for (int i = 0; i < 64; ++i) longest += "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  EXPECT_FALSE(parse_entry_proof(longest + "\n" + note));
}

}  // namespace
}  // namespace saiph::ledger
