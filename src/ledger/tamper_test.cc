// Every manipulation at random places of exported copies: all are detected and rightly named, and
// nothing is said against copies that were left alone. The one who tampers here knows the format
// (lengths and check values are made right again) but has no key. SAIPH_SLOW=1: 1,000 trials in
// all on a log of 10,000 entries.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <set>

#include "base/byte_reader.h"
#include "ledger/content_store.h"
#include "ledger/export.h"
#include "ledger/format/checkpoint.h"
#include "ledger/key_rotation.h"
#include "ledger/log_for_test.h"
#include "ledger/storage/segment.h"
#include "ledger/verify.h"

namespace saiph::ledger {
namespace {

bool slow() {
  return std::getenv("SAIPH_SLOW") != nullptr;
}

/// One record as the tamperer handles it.
struct Piece {
  RecordType type = RecordType::kEntry;
  Bytes payload;
};
struct Segment {
  std::string name;
  Bytes header;
  std::vector<Piece> pieces;
};

class Tamper : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    temporary_ = new TemporaryFolder();
    signer_ = new_signer_for_test();
    DiskFolder source(temporary_->path() + "/ledger");
    LedgerOptions options = options_for_test(*signer_, slow() ? 2'000'000 : 60'000);
    create_for_test(source, *signer_, options, "signing.key");
    size_ = slow() ? 10'000 : 300;
    std::mt19937_64 random(1);
    {
      auto ledger = Ledger::open(source, options, signer_);
      ASSERT_TRUE(ledger) << ledger.error().describe();
      for (std::uint64_t i = 0; i < size_; ++i) {
        std::string predicate;
        if (i % 50 == 7) {
          const Bytes body(100 + i, static_cast<std::uint8_t>(i));
          const auto digest = put_content(source, MemorySource(body));
          ASSERT_TRUE(digest) << digest.error().describe();
          predicate = fmt::format(R"({{"content":[{{"digest":{{"sha256":"{}"}}}}]}})",
                                  digest->text().substr(7));
        }
        const Bytes entry = envelope_for_test(*signer_, i, predicate);
        if (random() % 6 == 0) {
          ASSERT_TRUE((*ledger)->append(entry));
          if (i == size_ / 2) trusted_ = (*ledger)->head()->checkpoint;
        } else {
          ASSERT_TRUE((*ledger)->submit(entry, [](const auto&) {}));
        }
        if (trusted_.empty() && i > size_ / 2) {
          ASSERT_TRUE((*ledger)->append(envelope_for_test(*signer_, ++i)));
          trusted_ = (*ledger)->head()->checkpoint;
        }
      }
      ASSERT_TRUE((*ledger)->close());
      size_ = (*ledger)->head()->size;
    }
    const auto settings = load_settings(source);
    ASSERT_TRUE(settings);
    for (const ExportLayout layout : {ExportLayout::kSegments, ExportLayout::kTiles}) {
      DiskFolder target(copy(layout));
      const auto exported = export_ledger(source, *settings, target, layout);
      ASSERT_TRUE(exported) << exported.error().describe();
      ASSERT_EQ(exported->entries, size_);
    }
  }
  static void TearDownTestSuite() {
    delete temporary_;
    temporary_ = nullptr;
  }

  static std::string copy(ExportLayout layout) {
    return temporary_->path() + (layout == ExportLayout::kSegments ? "/segments" : "/tiles");
  }
  /// A fresh copy to tamper with.
  static std::string victim(ExportLayout layout) {
    const std::string path = temporary_->path() + "/victim";
    std::filesystem::remove_all(path);
    std::filesystem::copy(copy(layout), path, std::filesystem::copy_options::recursive);
    return path;
  }
  static Result<VerifyReport> check(const std::string& path, bool with_trusted = false) {
    DiskFolder folder(path);
    VerifyOptions options;
    options.key = verifier_for_test(*signer_);
    if (with_trusted) options.trusted_checkpoint = trusted_;
    return verify(folder, options);
  }
  static std::vector<Segment> load(const std::string& path) {
    std::vector<Segment> segments;
    DiskFolder folder(path);
    const auto names = folder.list("segments");
    for (const std::string& name : *names) {
      const auto file = folder.open("segments/" + name, OpenMode::kRead);
      Segment segment{name, *read_range(**file, 0, kSegmentHeaderBytes, 1000), {}};
      RecordReader reader(**file);
      Record record;
      while (*reader.next(record) == ReadOutcome::kRecord) {
        segment.pieces.push_back(
            {record.type, Bytes(record.payload.begin(), record.payload.end())});
      }
      segments.push_back(std::move(segment));
    }
    return segments;
  }
  static void store(const std::string& path, const std::vector<Segment>& segments) {
    DiskFolder folder(path);
    for (const Segment& segment : segments) {
      Bytes bytes = segment.header;
      for (const Piece& piece : segment.pieces) append_record(bytes, piece.type, piece.payload);
      ASSERT_TRUE(write_file(folder, "segments/" + segment.name, bytes, Durability::kLazy));
    }
  }

  static TemporaryFolder* temporary_;
  static std::shared_ptr<crypto::SoftwareSigner> signer_;
  static std::uint64_t size_;
  static std::string trusted_;
};
TemporaryFolder* Tamper::temporary_ = nullptr;
std::shared_ptr<crypto::SoftwareSigner> Tamper::signer_;
std::uint64_t Tamper::size_ = 0;
std::string Tamper::trusted_;

std::string all_of(const VerifyReport& report) {
  std::string out;
  for (const Defect& defect : report.defects) {
    out += fmt::format("{} {} x{} {}: {}\n", defect_name(defect.kind),
                       defect.index ? std::to_string(*defect.index) : "-", defect.count,
                       defect.place, defect.detail);
  }
  return out;
}

bool names(const VerifyReport& report, DefectKind kind, std::optional<std::uint64_t> index = {}) {
  for (const Defect& defect : report.defects) {
    if (defect.kind != kind) continue;
    if (!index || (defect.index && *defect.index <= *index &&
                   *index < *defect.index + std::max<std::uint64_t>(defect.count, 1))) {
      return true;
    }
  }
  return false;
}

/// A random entry of a random segment: which segment, which piece, which index in the log.
struct Spot {
  std::size_t segment = 0;
  std::size_t piece = 0;
  std::uint64_t index = 0;
};

Spot random_entry(const std::vector<Segment>& segments, std::uint64_t size,
                  std::mt19937_64& random) {
  std::uint64_t wanted = random() % size;
  Spot spot{0, 0, wanted};
  for (; spot.segment < segments.size(); ++spot.segment) {
    const auto& pieces = segments[spot.segment].pieces;
    for (spot.piece = 0; spot.piece < pieces.size(); ++spot.piece) {
      if (pieces[spot.piece].type == RecordType::kEntry && wanted-- == 0) return spot;
    }
  }
  return spot;
}

Spot random_commit(const std::vector<Segment>& segments, std::mt19937_64& random) {
  std::vector<Spot> commits;
  for (std::size_t s = 0; s < segments.size(); ++s) {
    for (std::size_t p = 1; p < segments[s].pieces.size(); ++p) {
      if (segments[s].pieces[p].type == RecordType::kCommit) commits.push_back({s, p, 0});
    }
  }
  return commits[random() % commits.size()];
}

TEST_F(Tamper, NothingIsSaidAgainstUntouchedCopies) {
  for (const ExportLayout layout : {ExportLayout::kSegments, ExportLayout::kTiles}) {
    const auto report = check(copy(layout));
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_EQ(report->defect_count, 0U) << all_of(*report);
    EXPECT_EQ(report->entries, size_);
    EXPECT_EQ(report->size, size_);
    EXPECT_GE(report->bodies, 5U);
    EXPECT_EQ(report->freshness, Freshness::kNotEstablished);
    const auto fresh = check(copy(layout), true);
    ASSERT_TRUE(fresh) << fresh.error().describe();
    EXPECT_EQ(fresh->freshness, Freshness::kEstablished) << fresh->freshness_detail;
    EXPECT_EQ(fresh->defect_count, 0U);
  }
}

TEST_F(Tamper, EveryManipulationOfSegmentsIsNamed) {
  const int trials = slow() ? 500 : 50;
  for (int trial = 0; trial < trials; ++trial) {
    std::mt19937_64 random(static_cast<std::uint64_t>(trial) + 1000);
    const std::string path = victim(ExportLayout::kSegments);
    std::vector<Segment> segments = load(path);
    const Spot spot = random_entry(segments, size_, random);
    std::vector<Piece>& pieces = segments[spot.segment].pieces;
    const auto at = [&](std::size_t piece) {
      return pieces.begin() + static_cast<std::ptrdiff_t>(piece);
    };
    DefectKind expected = DefectKind::kEntryChanged;
    std::optional<std::uint64_t> index = spot.index;
    const int what = trial % 12;
    switch (what) {
      case 0: {  // a byte of an entry, its check value made right again
        Bytes& payload = pieces[spot.piece].payload;
        payload[random() % payload.size()] ^= 0x01U;
        break;
      }
      case 1:  // an entry replaced by another one that the key signed
        pieces[spot.piece].payload = envelope_for_test(*signer_, 77'000'000 + spot.index);
        break;
      case 2:
        pieces.erase(at(spot.piece));
        expected = DefectKind::kEntryRemoved;
        break;
      case 3: {  // inserted: signed by the key, never logged
        pieces.insert(at(spot.piece),
                      {RecordType::kEntry, envelope_for_test(*signer_, 99'000'000 + spot.index)});
        expected = DefectKind::kEntryInserted;
        break;
      }
      case 4: {  // duplicated, here or anywhere
        const Spot other = random_entry(segments, size_, random);
        const Piece twin = segments[other.segment].pieces[other.piece];
        pieces.insert(at(spot.piece), twin);
        expected = DefectKind::kEntryDuplicated;
        index.reset();
        break;
      }
      case 5: {  // two entries change places
        Spot other = spot;
        while (other.index == spot.index) other = random_entry(segments, size_, random);
        std::swap(pieces[spot.piece], segments[other.segment].pieces[other.piece]);
        expected = DefectKind::kEntryReordered;
        index.reset();
        break;
      }
      case 6: {  // a checkpoint signed by somebody else's key
        const Spot commit = random_commit(segments, random);
        Piece& piece = segments[commit.segment].pieces[commit.piece];
        auto parsed = parse_commit(piece.payload);
        const auto note = parse_note(parsed->checkpoint);
        const auto text = parse_checkpoint(note->text);
        const auto thief = new_signer_for_test();
        parsed->checkpoint = *sign_checkpoint(*text, *thief);
        piece.payload = encode_commit(*parsed);
        expected = DefectKind::kCheckpointForged;
        index.reset();
        break;
      }
      case 7: {  // a commit taken out, its entries left
        const Spot commit = random_commit(segments, random);
        auto& list = segments[commit.segment].pieces;
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(commit.piece));
        expected = DefectKind::kCheckpointRemoved;
        index.reset();
        break;
      }
      case 8: {  // a whole batch with its commit
        const Spot commit = random_commit(segments, random);
        auto& list = segments[commit.segment].pieces;
        std::size_t first = commit.piece;
        while (list[first - 1].type == RecordType::kEntry) --first;
        index = parse_commit(list[commit.piece].payload)->old_size;
        list.erase(list.begin() + static_cast<std::ptrdiff_t>(first),
                   list.begin() + static_cast<std::ptrdiff_t>(commit.piece) + 1);
        const bool last = commit.segment + 1 == segments.size() && first == list.size();
        expected = last ? DefectKind::kTailCut : DefectKind::kEntryRemoved;
        break;
      }
      case 9: {  // the tail, and the file `checkpoint` left as it was
        std::size_t keep = 1 + random() % (segments.back().pieces.size() - 1);
        while (segments.back().pieces[keep - 1].type == RecordType::kEntry) --keep;
        segments.back().pieces.resize(keep);
        expected = DefectKind::kTailCut;
        index.reset();
        break;
      }
      case 10: {  // a whole segment
        const std::size_t gone = random() % (segments.size() - 1);
        index = *parse_segment_name(segments[gone].name);
        std::filesystem::remove(path + "/segments/" + segments[gone].name);
        segments.erase(segments.begin() + static_cast<std::ptrdiff_t>(gone));
        expected = DefectKind::kEntryRemoved;
        break;
      }
      default: {  // an entry and the commit's list with it
        Bytes& payload = pieces[spot.piece].payload;
        payload[random() % payload.size()] ^= 0x02U;
        std::size_t commit = spot.piece;
        while (pieces[commit].type == RecordType::kEntry) ++commit;
        auto parsed = parse_commit(pieces[commit].payload);
        parsed->leaves[static_cast<std::size_t>(spot.index - parsed->old_size)] =
            crypto::leaf_hash(payload);
        pieces[commit].payload = encode_commit(*parsed);
        break;
      }
    }
    store(path, segments);
    const auto report = check(path);
    ASSERT_TRUE(report) << trial << " " << report.error().describe();
    EXPECT_TRUE(names(*report, expected, index))
        << "trial " << trial << " manipulation " << what << ", wanted " << defect_name(expected)
        << " at " << (index ? std::to_string(*index) : "-") << ", got\n"
        << all_of(*report);
    // Rightly named also means: nothing else is said.
    for (const Defect& defect : report->defects) {
      EXPECT_TRUE(defect.kind == expected ||
                  (what == 6 && defect.kind == DefectKind::kCheckpointRemoved))
          << "trial " << trial << " manipulation " << what << ", wanted only "
          << defect_name(expected) << ", got\n"
          << all_of(*report);
    }
  }
}

TEST_F(Tamper, AnyFlippedByteOfAnyFileIsNoticed) {
  const int trials = slow() ? 300 : 60;
  for (int trial = 0; trial < trials; ++trial) {
    std::mt19937_64 random(static_cast<std::uint64_t>(trial) + 5000);
    const ExportLayout layout = trial % 2 == 0 ? ExportLayout::kSegments : ExportLayout::kTiles;
    const std::string path = victim(layout);
    std::vector<std::string> files;
    for (const auto& item : std::filesystem::recursive_directory_iterator(path)) {
      // The settings say nothing that is believed.
      if (item.is_regular_file() && item.path().filename() != "ledger.json") {
        files.push_back(item.path().string());
      }
    }
    std::sort(files.begin(), files.end());
    const std::string& file = files[random() % files.size()];
    DiskFolder folder("/");
    Bytes bytes = *read_file(folder, file.substr(1), 1U << 30);
    const std::size_t place = random() % bytes.size();
    bytes[place] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    ASSERT_TRUE(write_file(folder, file.substr(1), bytes, Durability::kLazy));
    const auto report = check(path);
    ASSERT_TRUE(report) << file << " " << report.error().describe();
    EXPECT_GT(report->defect_count, 0U) << file << " byte " << place;
    const bool content = file.find("/content/") != std::string::npos;
    EXPECT_EQ(content, names(*report, DefectKind::kContentChanged)) << all_of(*report);
  }
}

TEST_F(Tamper, ManipulationsOfTilesAreNamed) {
  const int trials = slow() ? 200 : 40;
  for (int trial = 0; trial < trials; ++trial) {
    std::mt19937_64 random(static_cast<std::uint64_t>(trial) + 9000);
    const std::string path = victim(ExportLayout::kTiles);
    DiskFolder folder(path);
    const std::uint64_t index = random() % size_;
    const std::uint64_t block = index / kTileWidth;
    const TileId id{true, 0, block, tile_width(0, block, size_)};
    const Bytes bundle = *read_file(folder, tile_path(id), kMaxBundleBytes);
    const auto views = parse_bundle(bundle, id.width);
    ASSERT_TRUE(views);
    std::vector<Bytes> entries;
    for (const ByteView entry : *views) entries.emplace_back(entry.begin(), entry.end());
    const auto slot = static_cast<std::size_t>(index % kTileWidth);
    const auto at = [&](std::size_t i) { return entries.begin() + static_cast<std::ptrdiff_t>(i); };
    DefectKind expected = DefectKind::kEntryChanged;
    switch (trial % 6) {
      case 0:
        entries[slot][random() % entries[slot].size()] ^= 0x01U;
        break;
      case 1:
        entries.erase(at(slot));
        expected = DefectKind::kEntryRemoved;
        break;
      case 2:
        entries.insert(at(slot), envelope_for_test(*signer_, 88'000'000));
        expected = DefectKind::kEntryInserted;
        break;
      case 3:
        entries.insert(at(slot), Bytes(entries[random() % entries.size()]));
        expected = DefectKind::kEntryDuplicated;
        break;
      case 4:
        std::swap(entries[slot], entries[(slot + 1) % entries.size()]);
        expected = DefectKind::kEntryReordered;
        break;
      default: {
        TileId tile = id;
        tile.entries = false;
        Bytes hashes = *read_file(folder, tile_path(tile), 1U << 20);
        hashes[random() % hashes.size()] ^= 0x10U;
        ASSERT_TRUE(write_file(folder, tile_path(tile), hashes, Durability::kLazy));
        expected = DefectKind::kTileChanged;
        break;
      }
    }
    Bytes changed;
    for (const Bytes& entry : entries) ASSERT_TRUE(append_to_bundle(changed, entry));
    ASSERT_TRUE(write_file(folder, tile_path(id), changed, Durability::kLazy));
    const auto report = check(path);
    ASSERT_TRUE(report);
    EXPECT_TRUE(names(*report, expected)) << trial << " wanted " << defect_name(expected) << "\n"
                                          << all_of(*report);
    for (const Defect& defect : report->defects) {
      EXPECT_EQ(defect.kind, expected) << trial << "\n" << all_of(*report);
    }
  }
}

/// Manipulations that leave every entry whole and in order, so that only framing gives them away.
TEST_F(Tamper, FramingThatNoKeyProtectsIsExaminedToo) {
  const std::uint64_t bodies = check(copy(ExportLayout::kSegments))->bodies;
  for (int trial = 0; trial < 30; ++trial) {
    std::mt19937_64 random(static_cast<std::uint64_t>(trial) + 12000);
    const std::string path = victim(ExportLayout::kSegments);
    std::vector<Segment> segments = load(path);
    ASSERT_GT(segments.size(), 1U);
    const Spot commit = random_commit(segments, random);
    std::vector<Piece>& pieces = segments[commit.segment].pieces;
    const auto at = [&](std::size_t piece) {
      return pieces.begin() + static_cast<std::ptrdiff_t>(piece);
    };
    const std::size_t sealed = random() % (segments.size() - 1);
    std::set<DefectKind> expected = {DefectKind::kSegmentChanged};
    Bytes behind;
    const int what = trial % 6;
    switch (what) {
      case 0: {  // a commit moved in front of its entries, and all bodies deleted
        std::size_t first = commit.piece;
        while (pieces[first - 1].type == RecordType::kEntry) --first;
        std::rotate(at(first), at(commit.piece), at(commit.piece + 1));
        std::filesystem::remove_all(path + "/content");
        // At the end of a segment its entries stand behind the last commit then.
        if (commit.piece + 1 == pieces.size()) expected = {DefectKind::kEntryReordered};
        expected.insert(DefectKind::kContentMissing);
        break;
      }
      case 1:  // a commit twice
        pieces.insert(at(commit.piece), Piece(pieces[commit.piece]));
        expected = {DefectKind::kCheckpointReplayed};
        break;
      case 2:  // no base
        pieces.erase(pieces.begin());
        break;
      case 3:  // rubbish behind the last commit of a sealed segment
        behind = Bytes(1 + random() % 40, 0x5A);
        break;
      case 4: {  // a whole entry there
        const Spot other = random_entry(segments, size_, random);
        const Piece twin = segments[other.segment].pieces[other.piece];
        segments[sealed].pieces.push_back(twin);
        expected = {DefectKind::kEntryDuplicated};
        break;
      }
      default: {  // a segment under another name, its header made to fit
        const std::uint64_t first = *parse_segment_name(segments.back().name);
        SegmentHeader header = *parse_segment_header(segments.back().header);
        header.first = first + 1;
        std::filesystem::remove(path + "/segments/" + segments.back().name);
        segments.back().header = encode_segment_header(header);
        segments.back().name = segment_name(first + 1).substr(kSegmentFolder.size() + 1);
        break;
      }
    }
    store(path, segments);
    if (!behind.empty()) {
      DiskFolder folder(path);
      const std::string name = "segments/" + segments[sealed].name;
      Bytes bytes = *read_file(folder, name, 1U << 30);
      bytes.insert(bytes.end(), behind.begin(), behind.end());
      ASSERT_TRUE(write_file(folder, name, bytes, Durability::kLazy));
    }
    const auto report = check(path);
    ASSERT_TRUE(report) << trial << " " << report.error().describe();
    for (const DefectKind kind : expected) {
      EXPECT_TRUE(names(*report, kind)) << "trial " << trial << " manipulation " << what
                                        << ", wanted " << defect_name(kind) << ", got\n"
                                        << all_of(*report);
    }
    for (const Defect& defect : report->defects) {
      EXPECT_TRUE(expected.contains(defect.kind))
          << "trial " << trial << " manipulation " << what << ", got\n"
          << all_of(*report);
    }
    EXPECT_EQ(report->entries, size_) << "trial " << trial << " manipulation " << what;
    EXPECT_EQ(report->bodies, bodies) << "trial " << trial << " manipulation " << what;
  }
}

TEST_F(Tamper, WithoutSegmentsTheCheckpointTellsOfTheTail) {
  const std::string path = victim(ExportLayout::kSegments);
  std::filesystem::remove_all(path + "/segments");
  std::filesystem::create_directory(path + "/segments");
  const auto report = check(path);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_TRUE(names(*report, DefectKind::kTailCut, 0)) << all_of(*report);
  EXPECT_EQ(report->defect_count, 1U) << all_of(*report);
}

TEST_F(Tamper, AnEntryShiftedIntoTheNextBundleIsExamined) {
  ASSERT_GT(size_, kTileWidth);
  const std::uint64_t bodies = check(copy(ExportLayout::kTiles))->bodies;
  for (const bool forwards : {true, false}) {
    const std::string path = victim(ExportLayout::kTiles);
    DiskFolder folder(path);
    std::vector<std::vector<Bytes>> bundles;
    std::vector<std::string> paths;
    for (std::uint64_t n = 0; n < 2; ++n) {
      const TileId id{true, 0, n, tile_width(0, n, size_)};
      paths.push_back(tile_path(id));
      const Bytes bundle = *read_file(folder, paths.back(), kMaxBundleBytes);
      const auto views = parse_bundle(bundle, id.width);
      ASSERT_TRUE(views);
      bundles.emplace_back();
      for (const ByteView entry : *views) bundles.back().emplace_back(entry.begin(), entry.end());
    }
    if (forwards) {
      bundles[1].insert(bundles[1].begin(), bundles[0].back());
      bundles[0].pop_back();
    } else {
      bundles[0].insert(bundles[0].end(), bundles[1].begin(), bundles[1].begin() + 10);
      bundles[1].erase(bundles[1].begin(), bundles[1].begin() + 10);
    }
    for (std::size_t n = 0; n < 2; ++n) {
      Bytes changed;
      for (const Bytes& entry : bundles[n]) ASSERT_TRUE(append_to_bundle(changed, entry));
      ASSERT_TRUE(write_file(folder, paths[n], changed, Durability::kLazy));
    }
    std::filesystem::remove_all(path + "/content");
    const auto report = check(path);
    ASSERT_TRUE(report) << report.error().describe();
    EXPECT_TRUE(names(*report, DefectKind::kTileChanged)) << all_of(*report);
    EXPECT_TRUE(names(*report, DefectKind::kContentMissing)) << all_of(*report);
    EXPECT_EQ(report->entries, size_);
    EXPECT_EQ(report->bodies, bodies);
    EXPECT_EQ(report->defect_count, bodies + 1) << all_of(*report);
  }
}

TEST_F(Tamper, TilesEndWhereTheirFilesEnd) {
  const std::string path = victim(ExportLayout::kTiles);
  DiskFolder folder(path);
  // A size that nobody signed must not be walked through.
  auto note = *parse_note(as_text(*read_file(folder, "checkpoint", 100'000)));
  auto text = *parse_checkpoint(note.text);
  text.size = 9'000'000'000'000'000'000U;
  const auto thief = new_signer_for_test();
  ASSERT_TRUE(write_file(folder, "checkpoint", as_bytes(*sign_checkpoint(text, *thief)),
                         Durability::kLazy));
  const auto report = check(path);
  ASSERT_TRUE(report) << report.error().describe();
  EXPECT_TRUE(names(*report, DefectKind::kTailCut)) << all_of(*report);
  EXPECT_TRUE(names(*report, DefectKind::kCheckpointForged)) << all_of(*report);
  // The last bundle and its tile deleted, the signed checkpoint left.
  DiskFolder cut(victim(ExportLayout::kTiles));
  const std::uint64_t last = (size_ - 1) / kTileWidth;
  for (const bool entries : {true, false}) {
    ASSERT_TRUE(cut.remove(tile_path({entries, 0, last, tile_width(0, last, size_)})));
  }
  const auto shorter = check(cut.path(""));
  ASSERT_TRUE(shorter) << shorter.error().describe();
  EXPECT_TRUE(names(*shorter, DefectKind::kTailCut, last * kTileWidth)) << all_of(*shorter);
}

TEST_F(Tamper, RollbackForkAndOldKeysAreNamedByWhatIsTrusted) {
  // Rolled back to a state that was once true, checkpoint file and all.
  const std::string path = victim(ExportLayout::kSegments);
  std::vector<Segment> segments = load(path);
  std::size_t kept = 0;
  const std::uint64_t trusted_size = parse_checkpoint(parse_note(trusted_)->text)->size;
  std::string older;
  for (std::size_t s = 0; s < segments.size() && kept == 0; ++s) {
    auto& pieces = segments[s].pieces;
    for (std::size_t p = 1; p < pieces.size(); ++p) {
      if (pieces[p].type != RecordType::kCommit) continue;
      const auto commit = parse_commit(pieces[p].payload);
      if (commit->new_size >= trusted_size) break;
      older = commit->checkpoint;
      if (commit->new_size * 3 > trusted_size) {
        pieces.resize(p + 1);
        kept = s + 1;
        break;
      }
    }
  }
  ASSERT_NE(kept, 0U);
  for (std::size_t s = kept; s < segments.size(); ++s) {
    std::filesystem::remove(path + "/segments/" + segments[s].name);
  }
  segments.resize(kept);
  store(path, segments);
  DiskFolder folder(path);
  ASSERT_TRUE(write_file(folder, "checkpoint", as_bytes(older), Durability::kLazy));
  const auto alone = check(path);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->defect_count, 0U) << all_of(*alone);
  EXPECT_EQ(alone->freshness, Freshness::kNotEstablished);
  const auto with = check(path, true);
  ASSERT_TRUE(with);
  EXPECT_TRUE(names(*with, DefectKind::kRolledBack)) << all_of(*with);
  EXPECT_EQ(with->freshness, Freshness::kDisproved);

  // Another history by the same key.
  DiskFolder fork(temporary_->path() + "/fork");
  const LedgerOptions options = options_for_test(*signer_);
  create_for_test(fork, *signer_, options, "signing.key");
  auto ledger = Ledger::open(fork, options, signer_);
  ASSERT_TRUE(ledger);
  for (std::uint64_t i = 0; i < size_; ++i) {
    ASSERT_TRUE(
        (*ledger)->submit(envelope_for_test(*signer_, i == 3 ? 7'777'777 : i), [](const auto&) {}));
  }
  ASSERT_TRUE((*ledger)->close());
  const auto forked = check(fork.path(""), true);
  ASSERT_TRUE(forked);
  EXPECT_TRUE(names(*forked, DefectKind::kForked)) << all_of(*forked);

  // Somebody else's key.
  VerifyOptions stranger;
  stranger.bare_key = new_signer_for_test()->public_key();
  const auto wrong = verify(fork, stranger);
  ASSERT_TRUE(wrong);
  EXPECT_TRUE(wrong->disproved());
}

TEST_F(Tamper, AWitnessMakesItFresh) {
  const std::string path = victim(ExportLayout::kTiles);
  DiskFolder folder(path);
  const Bytes checkpoint = *read_file(folder, "checkpoint", 100'000);
  auto note = *parse_note(as_text(checkpoint));
  const auto witness = new_signer_for_test();
  note.signatures.push_back(*cosign_note(note.text, "witness.example", 1'000'000, *witness));
  const std::string cosigned = *encode_note(note);
  ASSERT_TRUE(write_file(folder, "checkpoint", as_bytes(cosigned), Durability::kLazy));
  VerifyOptions options;
  options.key = verifier_for_test(*signer_);
  options.witnesses = {
      *VerifierKey::make("witness.example", NoteKeyType::kCosignatureV1, witness->public_key())};
  options.now = 1'000'600;
  const auto fresh = verify(folder, options);
  ASSERT_TRUE(fresh) << fresh.error().describe();
  EXPECT_EQ(fresh->freshness, Freshness::kEstablished) << fresh->freshness_detail;
  options.now = 2'000'000;
  EXPECT_EQ(verify(folder, options)->freshness, Freshness::kNotEstablished);
  // A little ahead is a clock; far ahead would stay fresh until then.
  options.now = 1'000'000 - 200;
  EXPECT_EQ(verify(folder, options)->freshness, Freshness::kEstablished);
  options.now = 1'000'000 - 301;
  EXPECT_EQ(verify(folder, options)->freshness, Freshness::kNotEstablished);
}

TEST(KeyRotation, IsFollowedFromTheFirstKeyAndBackFromTheLast) {
  const TemporaryFolder temporary;
  DiskFolder source(temporary.path() + "/ledger");
  const auto first = new_signer_for_test();
  const auto second = new_signer_for_test();
  LedgerOptions options = options_for_test(*first);
  create_for_test(source, *first, options, "signing.key");
  options.keys.push_back(verifier_for_test(*second));
  ASSERT_TRUE(save_settings(source, {options.origin, options.keys, "signing.key", ""}));
  {
    auto ledger = Ledger::open(source, options, first);
    ASSERT_TRUE(ledger);
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*first, 0)));
    ASSERT_TRUE(
        (*ledger)->rotate_key(*make_key_rotation(kOriginForTest, *first, *second, ""), second));
    ASSERT_TRUE((*ledger)->append(envelope_for_test(*second, 1)));
    ASSERT_TRUE((*ledger)->close());
  }
  for (const ExportLayout layout : {ExportLayout::kSegments, ExportLayout::kTiles}) {
    DiskFolder target(temporary.path() + (layout == ExportLayout::kTiles ? "/tiles" : "/segments"));
    ASSERT_TRUE(export_ledger(source, *load_settings(source), target, layout));
    for (const auto& signer : {first, second}) {
      VerifyOptions with;
      with.key = verifier_for_test(*signer);
      const auto report = verify(target, with);
      ASSERT_TRUE(report) << report.error().describe();
      EXPECT_EQ(report->defect_count, 0U) << all_of(*report);
      EXPECT_EQ(report->key_rotations.size(), 1U);
    }
    VerifyOptions with;
    with.key = verifier_for_test(*new_signer_for_test());
    const auto report = verify(target, with);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->disproved());
  }
}

}  // namespace
}  // namespace saiph::ledger
