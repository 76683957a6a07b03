#include "ledger/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ledger/format/checkpoint.h"
#include "ledger/key_rotation.h"
#include "ledger/log_for_test.h"
#include "ledger/storage/crc32c.h"
#include "ledger/storage/little_endian.h"
#include "ledger/storage/unstable_folder_for_test.h"

namespace saiph::ledger {
namespace {

using testing::HasSubstr;

TEST(Ledger, WhatIsAcknowledgedIsThereAfterReopening) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  std::vector<Bytes> entries;
  {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger) << ledger.error().describe();
    for (std::uint64_t i = 0; i < 70; ++i) {
      entries.push_back(envelope_for_test(*signer, i));
      const auto receipt = (*ledger)->append(entries.back());
      ASSERT_TRUE(receipt) << receipt.error().describe();
      EXPECT_EQ(receipt->index, i);
      EXPECT_EQ(receipt->leaf, crypto::leaf_hash(entries.back()));
    }
    EXPECT_EQ((*ledger)->head()->size, 70U);
    ASSERT_TRUE((*ledger)->close());
  }
  const auto reader = Ledger::open_to_read(folder, options);
  ASSERT_TRUE(reader) << reader.error().describe();
  EXPECT_EQ((*reader)->head()->size, 70U);
  for (std::uint64_t i = 0; i < 70; ++i) {
    const auto entry = (*reader)->entry(i);
    ASSERT_TRUE(entry) << entry.error().describe();
    EXPECT_EQ(*entry, entries[i]);
    const auto inclusion = (*reader)->inclusion(i);
    ASSERT_TRUE(inclusion) << inclusion.error().describe();
    EXPECT_TRUE(crypto::verify_inclusion(crypto::leaf_hash(entries[i]), i, 70, inclusion->path,
                                         inclusion->head->root));
  }
  EXPECT_EQ((*reader)->entry(70).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ((*reader)->inclusion(70).error().code(), ErrorCode::kNotFound);
  const auto refused = (*reader)->append(entries[0]);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kDenied);
}

TEST(Ledger, ConsistencyHoldsBetweenAnyTwoSizes) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger);
  std::vector<Digest> roots = {(*ledger)->head()->root};
  for (std::uint64_t i = 0; i < 20; ++i) {
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, i)));
    roots.push_back((*ledger)->head()->root);
  }
  for (std::uint64_t first = 0; first <= 20; ++first) {
    EXPECT_EQ(*(*ledger)->root_at(first), roots[first]);
    for (std::uint64_t second = first; second <= 20; ++second) {
      const auto proof = (*ledger)->consistency(first, second);
      ASSERT_TRUE(proof);
      EXPECT_TRUE(crypto::verify_consistency(first, second, roots[first], roots[second], *proof));
    }
  }
  EXPECT_FALSE((*ledger)->consistency(3, 21));
}

TEST(Ledger, SegmentsRotateAndAreReadAcross) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer, 20'000);
  create_for_test(folder, *signer, options);
  {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    std::atomic<int> acknowledged = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
      ASSERT_TRUE((*ledger)->submit(
          envelope_for_test(*signer, i),
          [&](const Result<Receipt>& receipt) { acknowledged += receipt.has_value() ? 1 : 0; }));
      if (i % 37 != 0) continue;
      ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 1000 + i)));
    }
    ASSERT_TRUE((*ledger)->close());
    EXPECT_EQ(acknowledged, 600);
  }
  EXPECT_GT(folder.list("segments")->size(), 5U);
  for (const bool without_derived : {false, true}) {
    if (without_derived) {
      const auto maps = folder.list("index");
      ASSERT_TRUE(maps);
      for (const std::string& name : *maps) {
        ASSERT_TRUE(folder.remove("index/" + name));
      }
    }
    const auto reader = Ledger::open_to_read(folder, options);
    ASSERT_TRUE(reader) << reader.error().describe();
    EXPECT_EQ((*reader)->recovery().maps_missing != 0, without_derived);
    EXPECT_EQ((*reader)->head()->size, 617U);
    std::uint64_t next = 0;
    ASSERT_TRUE((*reader)->entries(0, 617, [&](std::uint64_t index, ByteView) -> Status {
      EXPECT_EQ(index, next++);
      return {};
    }));
    EXPECT_EQ(next, 617U);
    for (std::uint64_t i = 0; i < 617; i += 13) EXPECT_TRUE((*reader)->entry(i));
  }
  ASSERT_TRUE(folder.remove("hashes"));
  EXPECT_THAT((*Ledger::open_to_read(folder, options))->inclusion(1).error().describe(),
              HasSubstr("reindex"));
  const auto counted = reindex(folder, options);
  ASSERT_TRUE(counted) << counted.error().describe();
  EXPECT_EQ(*counted, 617U);
  EXPECT_TRUE((*Ledger::open_to_read(folder, options))->inclusion(1));
  ASSERT_TRUE(folder.remove("hashes"));
  auto writer = Ledger::open(folder, options, signer);
  ASSERT_TRUE(writer);
  EXPECT_TRUE((*writer)->recovery().reindexed);
  EXPECT_TRUE((*writer)->inclusion(600));
}

TEST(Ledger, TilesAreThoseOfTheTree) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer, 100'000);
  create_for_test(folder, *signer, options);
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger);
  for (std::uint64_t i = 0; i < 520; ++i) {
    ASSERT_TRUE((*ledger)->submit(envelope_for_test(*signer, i), [](const auto&) {}));
  }
  ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 520)));
  for (const TileId& id : new_tiles(0, 521)) {
    const auto tile = (*ledger)->tile(id);
    ASSERT_TRUE(tile) << tile_path(id) << tile.error().describe();
    if (id.entries) {
      const auto bundle = parse_bundle(*tile, id.width);
      ASSERT_TRUE(bundle);
      EXPECT_EQ(crypto::leaf_hash(bundle->front()),
                (*ledger)->inclusion(id.index * kTileWidth)->leaf);
    } else {
      EXPECT_TRUE(parse_tile(*tile, id.width));
    }
  }
  EXPECT_EQ((*ledger)->tile({false, 0, 2, 10}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ((*ledger)->tile({false, 63, 0, 1}).error().code(), ErrorCode::kNotFound);
}

TEST(Ledger, EntriesThatCouldBeMistakenForRecordsAreRefused) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  EXPECT_EQ(Ledger::create(folder, options, *signer).error().code(), ErrorCode::kDenied);
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger);
  for (const Bytes& entry : {Bytes{}, Bytes{'a', 0, 'b'}, Bytes(kMaxEnvelopeBytes + 1, 'x')}) {
    EXPECT_EQ((*ledger)->append(entry).error().code(), ErrorCode::kInvalidArgument);
  }
  const auto other = new_signer_for_test();
  EXPECT_EQ(Ledger::open(folder, options, other).error().code(), ErrorCode::kInvalidArgument);
}

TEST(Ledger, ARotationIsSignedByBothKeysAndThenByTheNext) {
  UnstableFolder folder;
  const auto first = new_signer_for_test();
  const std::shared_ptr<crypto::SoftwareSigner> second = new_signer_for_test();
  LedgerOptions options = options_for_test(*first);
  create_for_test(folder, *first, options);
  options.keys.push_back(verifier_for_test(*second));
  auto ledger = Ledger::open(folder, options, first);
  ASSERT_TRUE(ledger);
  ASSERT_TRUE((*ledger)->append(envelope_for_test(*first, 0)));
  const auto rotation = make_key_rotation(kOriginForTest, *first, *second, "yearly");
  ASSERT_TRUE(rotation) << rotation.error().describe();
  ASSERT_TRUE((*ledger)->rotate_key(*rotation, second));
  const std::vector<VerifierKey> old_key = {options.keys[0]};
  const std::vector<VerifierKey> new_key = {options.keys[1]};
  EXPECT_TRUE(open_checkpoint((*ledger)->head()->checkpoint, kOriginForTest, old_key));
  EXPECT_TRUE(open_checkpoint((*ledger)->head()->checkpoint, kOriginForTest, new_key));
  ASSERT_TRUE((*ledger)->append(envelope_for_test(*second, 1)));
  EXPECT_FALSE(open_checkpoint((*ledger)->head()->checkpoint, kOriginForTest, old_key));
  EXPECT_TRUE(open_checkpoint((*ledger)->head()->checkpoint, kOriginForTest, new_key));
}

TEST(Ledger, OnlyTheKeyThatSignedLastGoesOn) {
  UnstableFolder folder;
  const auto first = new_signer_for_test();
  const auto second = new_signer_for_test();
  const LedgerOptions stale = options_for_test(*first);
  create_for_test(folder, *first, stale);
  LedgerOptions options = stale;
  options.keys.push_back(verifier_for_test(*second));
  EXPECT_EQ(Ledger::open(folder, options, second).error().code(), ErrorCode::kInvalidArgument);
  {
    auto ledger = Ledger::open(folder, options, first);
    ASSERT_TRUE(ledger) << ledger.error().describe();
    const auto rotation = make_key_rotation(kOriginForTest, *first, *second, "");
    ASSERT_TRUE((*ledger)->rotate_key(*rotation, second));
    ASSERT_TRUE((*ledger)->close());
  }
  for (const LedgerOptions& with : {options, stale}) {
    const auto refused = Ledger::open(folder, with, first);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().describe(), HasSubstr("newest checkpoint"));
  }
  auto ledger = Ledger::open(folder, options, second);
  ASSERT_TRUE(ledger) << ledger.error().describe();
  EXPECT_TRUE((*ledger)->append(envelope_for_test(*second, 1)));
}

TEST(Ledger, NothingIsWrittenOverAcknowledgedEntriesThatAreGone) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  Bytes older;
  for (std::uint64_t i = 0; i < 2; ++i) {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, i)));
    ASSERT_TRUE((*ledger)->close());
    if (i == 0) older = *read_file(folder, segment_name(0), 1U << 20);
  }
  const Bytes proof = *read_file(folder, "checkpoint", kMaxNoteBytes);
  ASSERT_TRUE(write_file(folder, segment_name(0), older, Durability::kSynced));
  const std::uint64_t written = folder.bytes_written();
  for (const auto& error :
       {Ledger::open(folder, options, signer).error(), reindex(folder, options).error()}) {
    EXPECT_EQ(error.code(), ErrorCode::kMalformed);
    EXPECT_THAT(error.describe(), HasSubstr("saiph ledger verify"));
  }
  EXPECT_EQ(folder.bytes_written(), written);
  EXPECT_EQ(*read_file(folder, "checkpoint", kMaxNoteBytes), proof);

  // Another tree of the same size, signed by the same key.
  UnstableFolder fork;
  create_for_test(fork, *signer, options);
  {
    auto ledger = Ledger::open(fork, options, signer);
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 7)));
    ASSERT_TRUE((*ledger)->close());
  }
  const Bytes other = *read_file(fork, "checkpoint", kMaxNoteBytes);
  ASSERT_TRUE(write_file(folder, "checkpoint", other, Durability::kSynced));
  EXPECT_EQ(Ledger::open(folder, options, signer).error().code(), ErrorCode::kMalformed);
}

TEST(Ledger, ACheckpointFileThatCannotBeReadIsMadeAnew) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  for (const Bytes& left : {Bytes{}, Bytes(200, 0), Bytes{'l', 'e', 'd', 'g', 'e', 'r'}}) {
    ASSERT_TRUE(write_file(folder, "checkpoint", left, Durability::kSynced));
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger) << ledger.error().describe();
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, 0)));
    ASSERT_TRUE((*ledger)->close());
    const Bytes now = *read_file(folder, "checkpoint", kMaxNoteBytes);
    EXPECT_EQ(as_text(now), (*ledger)->head()->checkpoint);
  }
  ASSERT_TRUE(folder.remove("checkpoint"));
  EXPECT_TRUE(Ledger::open(folder, options, signer));
}

/// A map file as write_map makes it, its checksum right whatever it says.
Bytes map_for_test(const SegmentMap& map) {
  Bytes out;
  const ByteView magic = as_bytes("SAIPHIDX");
  out.insert(out.end(), magic.begin(), magic.end());
  append_le(out, std::uint32_t{1});
  append_le(out, map.first);
  append_le(out, map.end);
  append_le(out, map.bytes);
  append_le(out, static_cast<std::uint32_t>(map.marks.size()));
  for (const std::uint32_t mark : map.marks) append_le(out, mark);
  append_le(out, crc32c(out));
  return out;
}

TEST(Ledger, AMapThatDoesNotFitItsSegmentIsPassedOver) {
  UnstableFolder folder;
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer, 100'000);
  create_for_test(folder, *signer, options);
  {
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    for (std::uint64_t i = 0; i < 400; ++i) {
      ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer, i)));
    }
    ASSERT_TRUE((*ledger)->close());
  }
  const auto state = read_log(folder, options.origin, options.keys);
  ASSERT_TRUE(state);
  ASSERT_GT(state->segments.size(), 1U);
  EXPECT_EQ(state->maps_missing, 0U);
  const SegmentMap& whole = state->segments.front();
  ASSERT_GT(whole.marks.size(), 2U);
  std::vector<SegmentMap> wrong(6, whole);
  wrong[0].marks.resize(1);
  wrong[1].marks.clear();
  wrong[2].marks.push_back(whole.marks.back() + 1);
  std::swap(wrong[3].marks[0], wrong[3].marks[1]);
  wrong[4].marks[0] = 63;
  wrong[5].marks.back() = static_cast<std::uint32_t>(whole.bytes);
  const auto maps = folder.list("index");
  ASSERT_TRUE(maps);
  const std::string name = "index/" + maps->front();
  for (std::size_t i = 0; i <= wrong.size(); ++i) {
    SCOPED_TRACE(i);
    const bool right = i == wrong.size();
    ASSERT_TRUE(
        write_file(folder, name, map_for_test(right ? whole : wrong[i]), Durability::kSynced));
    const auto reader = Ledger::open_to_read(folder, options);
    ASSERT_TRUE(reader) << reader.error().describe();
    EXPECT_EQ((*reader)->recovery().maps_missing, right ? 0U : 1U);
    for (std::uint64_t index = 0; index < 400; index += 9) EXPECT_TRUE((*reader)->entry(index));
  }
}

TEST(Ledger, WhatFailsAfterTheSyncLeavesTheBatchWrittenAndStopsTheLedger) {
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer, 1000);
  const Bytes entry = envelope_for_test(*signer, 0);
  // The power is cut at every write in turn: of the batch, the hashes, the file `checkpoint`, the
  // map and the next segment.
  int written = 0;
  for (std::uint64_t bytes = 1; bytes < 6000; bytes += 40) {
    SCOPED_TRACE(bytes);
    UnstableFolder folder;
    create_for_test(folder, *signer, options);
    auto ledger = Ledger::open(folder, options, signer);
    ASSERT_TRUE(ledger);
    folder.cut_power_after(bytes);
    const auto receipt = (*ledger)->append(entry);
    std::atomic<int> refused = 0;
    // Who is told of a failure may submit again: it is refused, and nobody waits for ever.
    const auto again = (*ledger)->submit(entry, [&](const Result<Receipt>& second) {
      if (second) return;
      ++refused;
      EXPECT_FALSE((*ledger)->submit(entry, [](const auto&) {}));
    });
    const bool closed = (*ledger)->close().has_value();
    if (folder.power_is_cut() && again && refused == 0) {
      EXPECT_EQ((*ledger)->head()->size, 2U);
    }
    EXPECT_EQ((*ledger)->head()->size >= 1, receipt.has_value());
    if (closed || !receipt) continue;
    ++written;
    EXPECT_FALSE((*ledger)->append(entry));
  }
  EXPECT_GT(written, 0);
}

TEST(Ledger, OneWriterAtATimeAndReadersBesideIt) {
  const TemporaryFolder temporary;
  DiskFolder folder(temporary.path() + "/ledger");
  const auto signer = new_signer_for_test();
  const LedgerOptions options = options_for_test(*signer);
  create_for_test(folder, *signer, options);
  auto ledger = Ledger::open(folder, options, signer);
  ASSERT_TRUE(ledger) << ledger.error().describe();
  EXPECT_EQ(Ledger::open(folder, options, signer).error().code(), ErrorCode::kDenied);
  std::vector<std::thread> writers;
  for (std::uint64_t t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 25; ++i) {
        EXPECT_TRUE((*ledger)->append(envelope_for_test(*signer, 100 * t + i)));
      }
    });
  }
  for (int i = 0; i < 10; ++i) {
    const auto reader = Ledger::open_to_read(folder, options);
    ASSERT_TRUE(reader) << reader.error().describe();
    const auto head = (*reader)->head();
    EXPECT_TRUE(head->size == 0 || (*reader)->inclusion(head->size - 1));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ((*ledger)->head()->size, 100U);
  ASSERT_TRUE((*ledger)->close());
  EXPECT_EQ(*read_file(folder, "checkpoint", 10'000), [&] {
    const ByteView note = as_bytes((*ledger)->head()->checkpoint);
    return Bytes(note.begin(), note.end());
  }());
  EXPECT_TRUE(Ledger::open(folder, options, signer));
}

}  // namespace
}  // namespace saiph::ledger
