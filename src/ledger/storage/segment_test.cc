#include "ledger/storage/segment.h"

#include <gtest/gtest.h>

#include "crypto/merkle.h"
#include "ledger/storage/crc32c.h"
#include "ledger/storage/hash_store.h"
#include "ledger/storage/unstable_folder_for_test.h"

namespace saiph::ledger {
namespace {

TEST(Crc32c, IsCastagnolis) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c({}), 0U);
  // RFC 3720, B.4: 32 bytes of zeros, of ones.
  EXPECT_EQ(crc32c(Bytes(32, 0)), 0x8A9136AAU);
  EXPECT_EQ(crc32c(Bytes(32, 0xFF)), 0x62A8AB43U);
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283U);
}

TEST(Segment, NamesAreExact) {
  EXPECT_EQ(segment_name(0), "segments/00000000000000000000.seg");
  EXPECT_EQ(parse_segment_name("00000000000000001234.seg"), 1234U);
  for (const char* name : {"", "1.seg", "00000000000000001234.seg.new", "0000000000000000123x.seg",
                           "99999999999999999999.seg", "09223372036854775808.seg"}) {
    EXPECT_FALSE(parse_segment_name(name)) << name;
  }
}

TEST(Segment, HeadersAndCommitsAreReadBack) {
  SegmentHeader header;
  header.first = 77;
  header.origin.bytes[3] = 9;
  Bytes bytes = encode_segment_header(header);
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  EXPECT_EQ(*parse_segment_header(bytes), header);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1U;
    EXPECT_FALSE(parse_segment_header(changed)) << i;
  }
  Commit commit;
  commit.old_size = 4;
  commit.new_size = 7;
  commit.checkpoint = "note\n";
  commit.edge.resize(3);
  commit.leaves.resize(3);
  const Bytes payload = encode_commit(commit);
  EXPECT_EQ(*parse_commit(payload), commit);
  for (std::size_t length = 0; length < payload.size(); ++length) {
    EXPECT_FALSE(parse_commit(ByteView(payload).first(length))) << length;
  }
}

TEST(Segment, ReadingGoesOnBehindWhatIsNoRecord) {
  Bytes bytes(kSegmentHeaderBytes);
  append_record(bytes, RecordType::kEntry, as_bytes("first"));
  const std::size_t junk = bytes.size();
  bytes.insert(bytes.end(), 700, 'S');
  const std::size_t second = bytes.size();
  append_record(bytes, RecordType::kEntry, as_bytes("second"));
  bytes.resize(bytes.size() + 5000);
  const ViewSource source(bytes);
  RecordReader reader(source);
  Record record;
  ASSERT_EQ(*reader.next(record), ReadOutcome::kRecord);
  EXPECT_EQ(as_text(record.payload), "first");
  ASSERT_EQ(*reader.next(record), ReadOutcome::kBroken);
  EXPECT_EQ(reader.offset(), junk);
  ASSERT_TRUE(*reader.find_next());
  EXPECT_EQ(reader.offset(), second);
  ASSERT_EQ(*reader.next(record), ReadOutcome::kRecord);
  EXPECT_EQ(as_text(record.payload), "second");
  EXPECT_EQ(*reader.next(record), ReadOutcome::kEnd);
  EXPECT_FALSE(*reader.find_next());
}

TEST(HashStore, EveryNodeStandsWhereArithmeticSays) {
  UnstableFolder folder;
  auto file = folder.open("hashes", OpenMode::kWrite);
  ASSERT_TRUE(file);
  HashStore store(std::move(*file));
  crypto::CompactRange edge;
  std::vector<std::pair<crypto::TreeNode, Digest>> nodes;
  for (std::uint64_t i = 0; i < 300; ++i) {
    NodeCollector collected;
    Digest leaf;
    leaf.bytes[0] = static_cast<std::uint8_t>(i);
    leaf.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    edge.append(leaf, [&](crypto::TreeNode node, const Digest& hash) {
      collected(node, hash);
      nodes.emplace_back(node, hash);
    });
    ASSERT_TRUE(store.write(i, collected.bytes()));
    EXPECT_EQ(store.leaves(), i + 1);
  }
  EXPECT_EQ(stored_node_count(300), nodes.size());
  for (const auto& [node, hash] : nodes) EXPECT_EQ(*store.node(node), hash);
  EXPECT_FALSE(store.node({0, 300}));
}

}  // namespace
}  // namespace saiph::ledger
