#include "ledger/storage/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "base/byte_reader.h"
#include "crypto/sha256.h"
#include "ledger/storage/crc32c.h"
#include "ledger/storage/hash_store.h"
#include "ledger/storage/little_endian.h"

namespace saiph::ledger {

namespace {

constexpr std::string_view kMapMagic = "SAIPHIDX";
constexpr std::uint32_t kMapVersion = 1;
constexpr std::uint64_t kMaxMapBytes = 64U << 20;
constexpr std::chrono::milliseconds kWriterPause{3};
/// The smallest unit that a medium writes whole or not at all.
constexpr std::uint64_t kSectorBytes = 512;

std::string map_name(std::uint64_t first) {
  return fmt::format("{}/{:020}.idx", kIndexFolder, first);
}

Error damaged(std::uint64_t first, std::uint64_t offset, std::string_view what) {
  return {ErrorCode::kMalformed,
          fmt::format("the ledger is damaged: {} of {}: {}", fmt::format("byte {}", offset),
                      segment_name(first), what),
          offset};
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// What stands behind the last commit.
struct Rest {
  std::uint64_t last = 0;  ///< one behind the last byte that is not zero
  bool hole = false;       ///< a sector between that was never written
};

Result<Rest> look_at_rest(const ByteSource& source, std::uint64_t end) {
  Rest rest{end, false};
  SourceReader reader(source, end);
  std::uint64_t zeros_since = end;  // start of the present run of whole zero sectors
  while (!reader.at_end()) {
    const std::uint64_t place = reader.offset();
    const std::uint64_t step = std::min(kSectorBytes - place % kSectorBytes, reader.remaining());
    ByteView part;
    if (!reader.take(step, part)) return reader.failure("segment");
    if (all_zero(part)) continue;
    rest.hole = rest.hole || place > zeros_since;
    const auto it = std::find_if(part.rbegin(), part.rend(), [](auto byte) { return byte != 0; });
    rest.last = place + static_cast<std::uint64_t>(part.rend() - it);
    zeros_since = place + step;
  }
  return rest;
}

struct Uncommitted {
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
};

/// Judges what follows the last commit at `end`, when reading stopped at `stopped` with `outcome`.
Result<Uncommitted> judge_rest(const ByteSource& source, std::uint64_t first, std::uint64_t end,
                               std::uint64_t size, std::uint64_t stopped, ReadOutcome outcome,
                               std::string_view reason) {
  SAIPH_TRY(const Rest rest, look_at_rest(source, end));
  Uncommitted found{rest.last - end, 0};
  if (found.bytes == 0) return found;
  // Whole records of the batch that did not make it, and commits among them.
  std::uint64_t commits = 0;
  std::uint64_t commit_end = 0;
  std::uint64_t commit_old_size = 0;
  RecordReader reader(source, end);
  while (reader.offset() < rest.last) {
    Record record;
    SAIPH_TRY(const ReadOutcome next, reader.next(record));
    if (next != ReadOutcome::kRecord) {
      SAIPH_TRY(const bool more, reader.find_next());
      if (!more) break;
      continue;
    }
    if (record.type == RecordType::kEntry) {
      ++found.entries;
      continue;
    }
    auto commit = parse_commit(record.payload);
    ++commits;
    commit_end = reader.offset();
    commit_old_size = commit ? commit->old_size : size + 1;
  }
  // A batch is written only after the one before was synced: a second commit, or anything behind
  // the first one, proves that what is broken before it was once whole on the medium.
  if (commits > 1 || (commits == 1 && (commit_end != rest.last || commit_old_size != size))) {
    return damaged(first, stopped, reason);
  }
  if (rest.hole) return found;
  if (commits == 0) {
    // Without a hole, only the end of the batch can be missing.
    if (outcome == ReadOutcome::kEnd) return found;
    if (rest.last - stopped < kRecordHeaderBytes) return found;
    Bytes head(kRecordHeaderBytes);
    SAIPH_TRY(const std::size_t got, source.read_at(stopped, head));
    ByteReader fields(ByteView(head).first(got));
    std::uint32_t tag = 0;
    std::uint32_t length = 0;
    if (fields.u32le(tag) && fields.u32le(length) &&
        stopped + kRecordHeaderBytes + length > rest.last) {
      return found;
    }
  }
  return damaged(first, stopped, reason);
}

Result<SignedCheckpoint> open_commit(const Commit& commit, const crypto::CompactRange& edge,
                                     const std::string& origin, std::span<const VerifierKey> keys) {
  SAIPH_TRY(SignedCheckpoint opened, open_checkpoint(commit.checkpoint, origin, keys));
  if (opened.checkpoint.size != commit.new_size || opened.checkpoint.root != edge.root()) {
    return Error(ErrorCode::kMalformed, "the signed checkpoint is not that of these entries");
  }
  return opened;
}

Result<SegmentHeader> read_header(const ByteSource& source, std::uint64_t first,
                                  const Digest& origin) {
  Bytes head(kSegmentHeaderBytes);
  SAIPH_TRY(const std::size_t got, source.read_at(0, head));
  auto header = parse_segment_header(ByteView(head).first(got));
  if (!header) return damaged(first, 0, header.error().describe());
  if (header->first != first || header->origin != origin) {
    return damaged(first, 0, "this segment is another one or of another ledger");
  }
  return header;
}

Status read_tail(const ByteSource& source, std::uint64_t first, const std::string& origin,
                 const Digest& origin_hash, std::span<const VerifierKey> keys, LogState& state) {
  SAIPH_CHECK(read_header(source, first, origin_hash));
  SegmentMap map;
  map.first = first;
  map.end = first;
  NodeCollector nodes;
  std::vector<Digest> batch;
  std::vector<std::uint64_t> places;
  std::optional<Commit> last;
  std::uint64_t last_commit_offset = 0;
  RecordReader reader(source);
  while (true) {
    Record record;
    SAIPH_TRY(const ReadOutcome outcome, reader.next(record));
    if (outcome != ReadOutcome::kRecord) {
      if (!last) return damaged(first, reader.offset(), "the segment does not begin with a commit");
      SAIPH_TRY(
          const Uncommitted rest,
          judge_rest(source, first, map.bytes, map.end, reader.offset(), outcome,
                     outcome == ReadOutcome::kEnd ? "a gap before a commit" : reader.reason()));
      state.torn_bytes = rest.bytes;
      state.torn_entries = rest.entries;
      break;
    }
    if (record.type == RecordType::kEntry) {
      batch.push_back(crypto::leaf_hash(record.payload));
      places.push_back(record.offset);
      continue;
    }
    auto commit = parse_commit(record.payload);
    if (!commit) return damaged(first, record.offset, commit.error().describe());
    if (!last) {
      auto edge = crypto::CompactRange::from(commit->new_size, commit->edge);
      if (!edge || commit->new_size != first || !commit->leaves.empty() || !batch.empty()) {
        return damaged(first, record.offset, "the segment does not begin with its base");
      }
      state.edge = std::move(*edge);
      if (auto opened = open_commit(*commit, state.edge, origin, keys); !opened) {
        return damaged(first, record.offset, opened.error().describe());
      }
    } else if (commit->old_size != map.end || commit->leaves != batch) {
      return damaged(first, record.offset, "a commit does not fit the entries before it");
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      map.add(map.end, places[i]);
      state.edge.append(batch[i], [&](auto node, const Digest& hash) { nodes(node, hash); });
    }
    batch.clear();
    places.clear();
    if (!std::ranges::equal(state.edge.hashes(), commit->edge)) {
      return damaged(first, record.offset, "a commit does not fit the entries before it");
    }
    map.bytes = reader.offset();
    last_commit_offset = record.offset;
    last = std::move(*commit);
  }
  auto opened = open_commit(*last, state.edge, origin, keys);
  if (!opened) return damaged(first, last_commit_offset, opened.error().describe());
  state.checkpoint = std::move(*opened);
  state.checkpoint_note = std::move(last->checkpoint);
  const ByteView collected = nodes.bytes();
  state.tail_nodes.assign(collected.begin(), collected.end());
  state.segments.push_back(std::move(map));
  return {};
}

/// Whether these can be the marks of such a segment: SegmentMap::mark_of relies on their number.
bool marks_fit(const SegmentMap& map) {
  if (map.end <= map.first) return false;
  const std::uint64_t wanted = (map.end - 1) / kMarkDistance - map.first / kMarkDistance + 1;
  if (map.marks.size() != wanted || map.marks.front() < kSegmentHeaderBytes ||
      map.marks.back() >= map.bytes) {
    return false;
  }
  return std::adjacent_find(map.marks.begin(), map.marks.end(), std::greater_equal<>()) ==
         map.marks.end();
}

Result<SegmentMap> read_map(Folder& folder, std::uint64_t first) {
  SAIPH_TRY(const Bytes bytes, read_file(folder, map_name(first), kMaxMapBytes));
  const Error wrong(ErrorCode::kMalformed, "a segment's map is damaged");
  ByteReader reader(bytes);
  ByteView magic;
  std::uint32_t version = 0;
  std::uint32_t count = 0;
  SegmentMap map;
  if (!reader.take(kMapMagic.size(), magic) || as_text(magic) != kMapMagic ||
      !reader.u32le(version) || version != kMapVersion || !reader.u64le(map.first) ||
      !reader.u64le(map.end) || !reader.u64le(map.bytes) || !reader.u32le(count) ||
      reader.remaining() != (std::uint64_t{count} + 1) * sizeof(std::uint32_t)) {
    return wrong;
  }
  map.marks.resize(count);
  for (std::uint32_t& mark : map.marks) {
    if (!reader.u32le(mark)) return wrong;
  }
  std::uint32_t crc = 0;
  if (!reader.u32le(crc) || crc != crc32c(ByteView(bytes).first(bytes.size() - sizeof crc)) ||
      map.first != first || !marks_fit(map)) {
    return wrong;
  }
  return map;
}

/// A sealed segment without a map: its records are read through.
Result<SegmentMap> map_by_reading(const ByteSource& source, std::uint64_t first) {
  SegmentMap map;
  map.first = first;
  map.end = first;
  RecordReader reader(source);
  while (true) {
    Record record;
    SAIPH_TRY(const ReadOutcome outcome, reader.next(record));
    if (outcome == ReadOutcome::kBroken) return damaged(first, reader.offset(), reader.reason());
    if (outcome == ReadOutcome::kEnd) break;
    if (record.type == RecordType::kEntry) map.add(map.end, record.offset);
  }
  map.bytes = reader.offset();
  return map;
}

}  // namespace

void SegmentMap::add(std::uint64_t index, std::uint64_t offset) {
  // Segments are cut long before 4 GiB.
  if (index == first || index % kMarkDistance == 0) {
    marks.push_back(static_cast<std::uint32_t>(offset));
  }
  end = index + 1;
}

std::pair<std::uint64_t, std::uint64_t> SegmentMap::mark_of(std::uint64_t index) const {
  const std::uint64_t slot = index / kMarkDistance - first / kMarkDistance;
  const std::uint64_t at = std::max(first, index / kMarkDistance * kMarkDistance);
  return {marks[static_cast<std::size_t>(slot)], at};
}

Result<Digest> origin_digest(const std::string& origin) {
  return crypto::sha256(as_bytes(origin));
}

Status write_map(Folder& folder, const SegmentMap& map) {
  Bytes out;
  out.reserve(40 + map.marks.size() * sizeof(std::uint32_t));
  const ByteView magic = as_bytes(kMapMagic);
  out.insert(out.end(), magic.begin(), magic.end());
  append_le(out, kMapVersion);
  append_le(out, map.first);
  append_le(out, map.end);
  append_le(out, map.bytes);
  append_le(out, static_cast<std::uint32_t>(map.marks.size()));
  for (const std::uint32_t mark : map.marks) append_le(out, mark);
  append_le(out, crc32c(out));
  SAIPH_CHECK(folder.make_folder(std::string(kIndexFolder)));
  return write_file(folder, map_name(map.first), out, Durability::kLazy);
}

Result<LogState> read_log(Folder& folder, const std::string& origin,
                          std::span<const VerifierKey> keys) {
  std::vector<std::uint64_t> firsts;
  SAIPH_TRY(const auto names, folder.list(std::string(kSegmentFolder)));
  for (const std::string& name : names) {
    if (const auto first = parse_segment_name(name)) firsts.push_back(*first);
  }
  if (firsts.empty()) {
    return Error(ErrorCode::kNotFound,
                 "no ledger at " + folder.path("") + "; `saiph ledger init` makes one");
  }
  SAIPH_TRY(const Digest origin_hash, origin_digest(origin));
  LogState state;
  for (std::size_t i = 0; i + 1 < firsts.size(); ++i) {
    SAIPH_TRY(const auto file, folder.open(segment_name(firsts[i]), OpenMode::kRead));
    auto map = read_map(folder, firsts[i]);
    if (!map || map->bytes != file->size()) {
      ++state.maps_missing;
      map = map_by_reading(*file, firsts[i]);
      if (!map) return map.error();
    }
    if (map->end != firsts[i + 1]) {
      return damaged(firsts[i], map->bytes,
                     fmt::format("entries {} to {} have no segment", map->end, firsts[i + 1] - 1));
    }
    state.segments.push_back(std::move(*map));
  }
  if (firsts.front() != 0) {
    return damaged(firsts.front(), 0,
                   fmt::format("entries 0 to {} have no segment", firsts.front() - 1));
  }
  SAIPH_TRY(const auto tail, folder.open(segment_name(firsts.back()), OpenMode::kRead));
  SAIPH_CHECK(read_tail(*tail, firsts.back(), origin, origin_hash, keys, state));
  return state;
}

Result<LogState> read_log_beside_writer(Folder& folder, const std::string& origin,
                                        std::span<const VerifierKey> keys) {
  auto read = read_log(folder, origin, keys);
  for (int again = 0; again < 5 && !read && read.error().code() == ErrorCode::kMalformed; ++again) {
    std::this_thread::sleep_for(kWriterPause);
    read = read_log(folder, origin, keys);
  }
  return read;
}

}  // namespace saiph::ledger
