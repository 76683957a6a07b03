// Verification of segments. A commit tells which leaves were signed; what is found between two
// commits is compared with that. Where a commit is missing, forged or out of place, the next good
// one decides what can still be told.
#include <fmt/format.h>

#include <algorithm>

#include "ledger/examiner.h"
#include "ledger/storage/recovery.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

namespace {

constexpr std::size_t kMaxRegionEntries = 1U << 22;

/// Entries that are gone together with their checkpoint; a late commit may still bring them.
struct Missing {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  crypto::CompactRange edge;  ///< of the tree before them
  bool edge_known = true;
};

class SegmentCheck {
 public:
  SegmentCheck(Examiner& examiner, bool is_copy, const std::optional<std::string>& file_note)
      : examiner_(examiner), is_copy_(is_copy), file_note_(file_note) {}

  Result<std::optional<SignedCheckpoint>> run();

 private:
  Status read_segment(std::uint64_t first, bool last, const Digest& origin);
  Status on_commit(const Record& record, bool is_base);
  Status on_next_batch(const Commit& commit, const SignedCheckpoint& opened,
                       const std::string& where);
  Status on_gap(const Commit& commit, const SignedCheckpoint& opened, const std::string& where);
  Status on_late_commit(const Commit& commit, const SignedCheckpoint& opened,
                        const std::string& where);
  Status at_end(std::uint64_t trailing_bytes);
  Result<std::set<Digest>> signed_among(const std::set<Digest>& leaves);

  std::string place(std::uint64_t offset) const {
    return fmt::format("byte {} of {}", offset, segment_name(segment_));
  }
  /// The edge grown by leaves, if that is the tree of the checkpoint.
  std::optional<crypto::CompactRange> grown(const std::vector<Digest>& leaves,
                                            const Checkpoint& checkpoint) const;
  std::vector<Digest> batch_leaves() const;
  bool batch_readable() const;
  /// The leaves are true; the batch is what was found for them.
  Status compare(const std::vector<Digest>& leaves, std::uint64_t begin);
  void set_edge(const std::vector<Digest>& leaves, const Checkpoint& checkpoint);
  void jump_to(const Commit& commit, const Checkpoint& checkpoint);
  /// The batch belongs nowhere here; where it comes from is found out at the end.
  Status keep_as_extra();
  /// An entry of a damaged stretch: what it says counts as soon as a signed index is free for it.
  Status place_entry(ReadEntry entry);
  Status name_differences();

  Examiner& examiner_;
  bool is_copy_;
  const std::optional<std::string>& file_note_;
  std::uint64_t segment_ = 0;
  crypto::CompactRange edge_;
  bool edge_known_ = true;
  std::uint64_t size_ = 0;
  std::vector<ReadEntry> batch_;
  std::vector<Region> regions_;
  Vacancies vacancies_;
  std::vector<ReadEntry> unplaced_;
  std::vector<Missing> missing_;
  std::optional<SignedCheckpoint> newest_;
};

std::optional<crypto::CompactRange> SegmentCheck::grown(const std::vector<Digest>& leaves,
                                                        const Checkpoint& checkpoint) const {
  if (!edge_known_ || edge_.size() + leaves.size() != checkpoint.size) return std::nullopt;
  crypto::CompactRange edge = edge_;
  for (const Digest& leaf : leaves) edge.append(leaf);
  if (edge.root() != checkpoint.root) return std::nullopt;
  return edge;
}

std::vector<Digest> SegmentCheck::batch_leaves() const {
  std::vector<Digest> leaves;
  leaves.reserve(batch_.size());
  for (const ReadEntry& entry : batch_) leaves.push_back(entry.found.leaf);
  return leaves;
}

bool SegmentCheck::batch_readable() const {
  return std::all_of(batch_.begin(), batch_.end(),
                     [](const ReadEntry& entry) { return entry.found.readable; });
}

void SegmentCheck::set_edge(const std::vector<Digest>& leaves, const Checkpoint& checkpoint) {
  for (const Digest& leaf : leaves) {
    edge_.append(leaf);
    examiner_.watch().saw(edge_.size(), edge_);
  }
  size_ = checkpoint.size;
}

/// To the tree of a checkpoint whose entries are not all known.
void SegmentCheck::jump_to(const Commit& commit, const Checkpoint& checkpoint) {
  size_ = checkpoint.size;
  auto edge = crypto::CompactRange::from(checkpoint.size, commit.edge);
  edge_known_ = edge && edge->root() == checkpoint.root;
  if (!edge_known_) return;
  edge_ = std::move(*edge);
  examiner_.watch().saw(size_, edge_);
}

Status SegmentCheck::place_entry(ReadEntry entry) {
  if (!entry.found.readable) return {};
  if (const auto index = vacancies_.take(entry.found.leaf)) return examiner_.accept(*index, entry);
  unplaced_.push_back(std::move(entry));  // it may belong to what comes later
  return {};
}

Status SegmentCheck::keep_as_extra() {
  if (batch_.empty()) return {};
  Region extra{size_, {}, {}};
  for (ReadEntry& entry : batch_) {
    extra.found.push_back(entry.found);
    SAIPH_CHECK(place_entry(std::move(entry)));
  }
  batch_.clear();
  regions_.push_back(std::move(extra));
  return {};
}

Status SegmentCheck::compare(const std::vector<Digest>& leaves, std::uint64_t begin) {
  if (batch_readable() && batch_leaves() == leaves) {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      SAIPH_CHECK(examiner_.accept(begin + i, batch_[i]));
    }
    batch_.clear();
    return {};
  }
  // Stretches that touch are compared as one: what was shifted over a commit is one shift.
  const bool touches = !regions_.empty() &&
                       regions_.back().begin + regions_.back().expected.size() == begin &&
                       regions_.back().expected.size() < kMaxRegionEntries;
  if (!touches) regions_.push_back({begin, {}, {}});
  Region& region = regions_.back();
  region.expected.insert(region.expected.end(), leaves.begin(), leaves.end());
  // What those entries say that are whole still counts, wherever they stand.
  for (std::size_t i = 0; i < leaves.size(); ++i) vacancies_.add(leaves[i], begin + i);
  for (ReadEntry& entry : batch_) {
    region.found.push_back(entry.found);
    SAIPH_CHECK(place_entry(std::move(entry)));
  }
  batch_.clear();
  return {};
}

Status SegmentCheck::on_next_batch(const Commit& commit, const SignedCheckpoint& opened,
                                   const std::string& where) {
  const std::uint64_t begin = size_;
  if (!edge_known_ || grown(commit.leaves, opened.checkpoint)) {
    if (edge_known_) {
      set_edge(commit.leaves, opened.checkpoint);
    } else {
      jump_to(commit, opened.checkpoint);
    }
    return compare(commit.leaves, begin);
  }
  const std::vector<Digest> found = batch_leaves();
  if (batch_readable() && grown(found, opened.checkpoint)) {
    examiner_.defect(DefectKind::kSegmentChanged, begin, found.size(), where,
                     "the commit's list of leaves was changed; the entries are those signed");
    set_edge(found, opened.checkpoint);
    return compare(found, begin);
  }
  examiner_.defect(DefectKind::kEntryChanged, begin, opened.checkpoint.size - begin, where,
                   "the entries are not those signed, and the commit's list of them was changed "
                   "too, so that it cannot be told which");
  batch_.clear();
  jump_to(commit, opened.checkpoint);
  return {};
}

Status SegmentCheck::on_gap(const Commit& commit, const SignedCheckpoint& opened,
                            const std::string& where) {
  const std::uint64_t begin = size_;
  const std::vector<Digest> found = batch_leaves();
  if (batch_readable() && !found.empty() && grown(found, opened.checkpoint)) {
    examiner_.defect(DefectKind::kCheckpointRemoved, begin, commit.old_size - begin, where,
                     "the commit of these entries is not there; the next one covers them");
    set_edge(found, opened.checkpoint);
    return compare(found, begin);
  }
  // The batch of this commit is the end of what was found; before it stand entries of the gap.
  const std::size_t own = commit.leaves.size();
  const std::size_t of_gap = found.size() >= own ? found.size() - own : 0;
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(of_gap));
  if (of_gap == 0) {
    missing_.push_back({begin, commit.old_size, edge_, edge_known_});
  } else {
    examiner_.defect(DefectKind::kEntryChanged, begin, commit.old_size - begin, where,
                     fmt::format("the commit of these entries is not there, and the {} found in "
                                 "their place are not those signed",
                                 of_gap));
  }
  jump_to(commit, opened.checkpoint);
  return compare(commit.leaves, commit.old_size);
}

Status SegmentCheck::on_late_commit(const Commit& commit, const SignedCheckpoint& opened,
                                    const std::string& where) {
  for (Missing& gap : missing_) {
    if (gap.begin != commit.old_size || commit.new_size > gap.end || !gap.edge_known) continue;
    crypto::CompactRange edge = gap.edge;
    for (const Digest& leaf : commit.leaves) edge.append(leaf);
    if (edge.size() != commit.new_size || edge.root() != opened.checkpoint.root) continue;
    // The entries are there after all, behind later ones.
    regions_.push_back({commit.old_size, commit.leaves, {}});
    for (std::size_t i = 0; i < commit.leaves.size(); ++i) {
      vacancies_.add(commit.leaves[i], commit.old_size + i);
    }
    SAIPH_CHECK(keep_as_extra());
    gap.begin = commit.new_size;
    gap.edge = std::move(edge);
    return {};
  }
  examiner_.defect(
      DefectKind::kCheckpointReplayed, std::nullopt, 1, where,
      fmt::format("a checkpoint of {} entries stands behind one of {}", commit.new_size, size_));
  return keep_as_extra();
}

Status SegmentCheck::on_commit(const Record& record, bool is_base) {
  const std::string where = place(record.offset);
  const auto commit = parse_commit(record.payload);
  if (!commit) {
    examiner_.defect(DefectKind::kCheckpointForged, std::nullopt, 1, where,
                     "a commit record that is none: " + commit.error().describe());
    return {};
  }
  auto opened = examiner_.open(commit->checkpoint);
  if (!opened) {
    examiner_.defect(DefectKind::kCheckpointForged, std::nullopt, 1, where,
                     fmt::format("the checkpoint of {} entries: {}", commit->new_size,
                                 opened.error().describe()));
    return {};
  }
  const Checkpoint& checkpoint = opened->checkpoint;
  if (checkpoint.size != commit->new_size) {
    examiner_.defect(DefectKind::kCheckpointForged, std::nullopt, 1, where,
                     fmt::format("a record for {} entries around a checkpoint of {}",
                                 commit->new_size, checkpoint.size));
    return {};
  }
  ++examiner_.report().checkpoints;
  if (is_base) {
    if (commit->old_size != commit->new_size || commit->new_size != segment_) {
      examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, where,
                       fmt::format("the segment of entry {} begins with a commit from {} to {} "
                                   "entries, which is not its base",
                                   segment_, commit->old_size, commit->new_size));
    }
    // What stands behind the last commit of the segment before never counted.
    if (checkpoint.size == size_) SAIPH_CHECK(keep_as_extra());
  } else if (checkpoint.size == size_ && batch_.empty()) {
    examiner_.defect(DefectKind::kCheckpointReplayed, std::nullopt, 1, where,
                     fmt::format("a checkpoint of {} entries stands there a second time", size_));
  }
  if (checkpoint.size == size_ && batch_.empty()) {
    if (edge_known_ && edge_.root() != checkpoint.root) {
      examiner_.defect(DefectKind::kForked, std::nullopt, 1, where,
                       fmt::format("two different trees of {} entries were signed", size_));
    } else if (!std::ranges::equal(edge_.hashes(), commit->edge) && edge_known_) {
      examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, where,
                       "the commit's hashes were changed");
    }
    if (!newest_) newest_ = std::move(*opened);
    return {};
  }
  if (checkpoint.size <= size_) return on_late_commit(*commit, *opened, where);
  Status done;
  const bool follows = commit->old_size == size_;
  if (follows || (is_base && commit->old_size < size_)) {
    done = on_next_batch(*commit, *opened, where);
  } else if (commit->old_size > size_) {
    done = on_gap(*commit, *opened, where);
  } else {
    // Its beginning lies within what was committed already: a changed field or replayed entries.
    const std::vector<Digest> found = batch_leaves();
    if (batch_readable() && grown(found, checkpoint)) {
      examiner_.defect(DefectKind::kSegmentChanged, size_, found.size(), where,
                       "the commit names another beginning than the entries have");
      const std::uint64_t begin = size_;
      set_edge(found, checkpoint);
      done = compare(found, begin);
    } else {
      examiner_.defect(DefectKind::kEntryChanged, size_, checkpoint.size - size_, where,
                       "the entries are not those signed");
      batch_.clear();
      jump_to(*commit, checkpoint);
    }
  }
  if (edge_known_ && size_ == checkpoint.size &&
      !std::ranges::equal(edge_.hashes(), commit->edge)) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, where,
                     "the commit's hashes were changed");
  }
  newest_ = std::move(*opened);
  return done;
}

Status SegmentCheck::read_segment(std::uint64_t first, bool last, const Digest& origin) {
  segment_ = first;
  SAIPH_TRY(const auto file, examiner_.folder().open(segment_name(first), OpenMode::kRead));
  Bytes head(kSegmentHeaderBytes);
  SAIPH_TRY(const std::size_t got, file->read_at(0, head));
  const auto header = parse_segment_header(ByteView(head).first(got));
  if (!header) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, place(0),
                     header.error().describe());
  } else if (header->origin != origin) {
    examiner_.defect(DefectKind::kWrongLog, std::nullopt, 1, place(0),
                     "this segment is of another ledger");
  } else if (header->first != first) {
    examiner_.defect(
        DefectKind::kSegmentChanged, first, 1, place(0),
        fmt::format("the file's name says entry {}, its header {}", first, header->first));
  }
  RecordReader reader(*file);
  bool is_base = true;
  const auto no_base = [&](std::uint64_t offset) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, place(offset),
                     "the segment does not begin with its base");
  };
  std::uint64_t counted = reader.offset();
  while (true) {
    Record record;
    SAIPH_TRY(const ReadOutcome outcome, reader.next(record));
    if (outcome == ReadOutcome::kRecord) {
      if (record.type == RecordType::kEntry) {
        if (is_base) no_base(record.offset);
        batch_.push_back(examiner_.read(record.payload, place(record.offset)));
      } else {
        SAIPH_CHECK(on_commit(record, is_base));
        counted = reader.offset();
      }
      is_base = false;
      continue;
    }
    const std::uint64_t broken_at = reader.offset();
    if (broken_at == file->size()) break;
    SAIPH_TRY(const bool more, reader.find_next());
    if (!more) break;
    // A record stands behind something that is none.
    ReadEntry hole;
    hole.found = {{}, false, place(broken_at)};
    batch_.push_back(std::move(hole));
  }
  if (is_base) no_base(kSegmentHeaderBytes);
  // Bytes that are not zero behind the last commit.
  std::uint64_t end = counted;
  SourceReader rest(*file, counted);
  while (!rest.at_end()) {
    if (!rest.refill(1)) return rest.failure("segment");
    const ByteView part = rest.buffered();
    const auto it =
        std::find_if(part.rbegin(), part.rend(), [](std::uint8_t byte) { return byte != 0; });
    if (it != part.rend()) {
      end = rest.offset() + static_cast<std::uint64_t>(part.rend() - it);
    }
    rest.consume_buffered(part.size());
  }
  if (last) return at_end(end - counted);
  // Entries there are judged by the next commit.
  if (end != counted && batch_.empty()) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, place(counted),
                     fmt::format("{} bytes behind the last commit", end - counted));
  }
  return {};
}

Status SegmentCheck::at_end(std::uint64_t trailing_bytes) {
  // The file `checkpoint` may prove that more was committed than the segments hold.
  std::optional<SignedCheckpoint> file;
  if (file_note_) {
    if (auto opened = examiner_.open(*file_note_)) file = std::move(*opened);
  }
  if (file && file->checkpoint.size > size_) {
    const Checkpoint checkpoint = file->checkpoint;
    const std::vector<Digest> found = batch_leaves();
    if (batch_readable() && grown(found, checkpoint)) {
      examiner_.defect(DefectKind::kCheckpointRemoved, size_, found.size(), place(0),
                       "the commit of the last entries is not there; the file `checkpoint` covers "
                       "them");
      const std::uint64_t begin = size_;
      set_edge(found, checkpoint);
      SAIPH_CHECK(compare(found, begin));
      newest_ = std::move(file);
      return {};
    }
    examiner_.defect(DefectKind::kTailCut, size_, checkpoint.size - size_,
                     std::string("checkpoint"),
                     fmt::format("the signed checkpoint speaks of {} entries; whole and committed "
                                 "are {}",
                                 checkpoint.size, size_));
    batch_.clear();
    newest_ = std::move(file);
    return {};
  }
  if (trailing_bytes == 0) return {};
  if (!is_copy_) {
    examiner_.report().notes.push_back(
        fmt::format("{} bytes with {} whole entries behind the last commit were never "
                    "acknowledged; the next writer cuts them off",
                    trailing_bytes, batch_.size()));
    batch_.clear();
    return {};
  }
  if (batch_.empty()) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, segment_name(segment_),
                     fmt::format("{} bytes behind the last commit", trailing_bytes));
  }
  return keep_as_extra();
}

Result<std::set<Digest>> SegmentCheck::signed_among(const std::set<Digest>& leaves) {
  std::set<Digest> known;
  SAIPH_TRY(const auto names, examiner_.folder().list(std::string(kSegmentFolder)));
  for (const std::string& name : names) {
    const auto first = parse_segment_name(name);
    if (!first) continue;
    SAIPH_TRY(const auto file, examiner_.folder().open(segment_name(*first), OpenMode::kRead));
    RecordReader reader(*file);
    while (true) {
      Record record;
      SAIPH_TRY(const ReadOutcome outcome, reader.next(record));
      if (outcome != ReadOutcome::kRecord) {
        if (reader.offset() == file->size()) break;
        SAIPH_TRY(const bool more, reader.find_next());
        if (!more) break;
        continue;
      }
      if (record.type != RecordType::kCommit) continue;
      const auto commit = parse_commit(record.payload);
      if (!commit) continue;
      for (const Digest& leaf : commit->leaves) {
        if (leaves.contains(leaf)) known.insert(leaf);
      }
    }
  }
  return known;
}

Status SegmentCheck::name_differences() {
  const std::uint64_t before = examiner_.report().defect_count;
  SAIPH_CHECK(examiner_.differences(
      regions_, [this](const std::set<Digest>& leaves) { return signed_among(leaves); }));
  if (!regions_.empty() && examiner_.report().defect_count == before) {
    examiner_.defect(DefectKind::kSegmentChanged, regions_.front().begin, 1, "",
                     "the entries are those signed, in order, but their commits are not where "
                     "they belong");
  }
  for (const ReadEntry& entry : unplaced_) {
    const auto index = vacancies_.take(entry.found.leaf);
    if (index) SAIPH_CHECK(examiner_.accept(*index, entry));
  }
  // Whatever was done to the records: an entry that was not examined is not verified.
  const std::uint64_t signed_entries = newest_ ? newest_->checkpoint.size : size_;
  if (examiner_.report().defect_count == 0 && examiner_.report().entries != signed_entries) {
    examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1, std::string(kSegmentFolder),
                     fmt::format("{} entries were signed, {} could be examined", signed_entries,
                                 examiner_.report().entries));
  }
  return {};
}

Result<std::optional<SignedCheckpoint>> SegmentCheck::run() {
  std::vector<std::uint64_t> firsts;
  SAIPH_TRY(const auto names, examiner_.folder().list(std::string(kSegmentFolder)));
  for (const std::string& name : names) {
    const auto first = parse_segment_name(name);
    if (first) {
      firsts.push_back(*first);
    } else if (is_copy_ || !name.ends_with(".new")) {
      examiner_.defect(DefectKind::kSegmentChanged, std::nullopt, 1,
                       std::string(kSegmentFolder) + "/" + name, "no file of a ledger");
    }
  }
  SAIPH_TRY(const Digest origin, origin_digest(examiner_.origin()));
  examiner_.watch().saw(0, edge_);
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    SAIPH_CHECK(read_segment(firsts[i], i + 1 == firsts.size(), origin));
  }
  // Without any segment the file `checkpoint` may still tell that there were entries.
  if (firsts.empty()) SAIPH_CHECK(at_end(0));
  for (const Missing& gap : missing_) {
    if (gap.begin < gap.end) {
      examiner_.defect(DefectKind::kEntryRemoved, gap.begin, gap.end - gap.begin, "",
                       "they were signed and are not there, nor is their commit");
    }
  }
  SAIPH_CHECK(name_differences());
  return newest_;
}

}  // namespace

Result<std::optional<SignedCheckpoint>> check_segments(
    Examiner& examiner, bool is_copy, const std::optional<std::string>& file_note) {
  return SegmentCheck(examiner, is_copy, file_note).run();
}

}  // namespace saiph::ledger
