#include "ledger/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <system_error>

#include "ledger/format/checkpoint.h"
#include "ledger/format/envelope.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

namespace {

/// One batch is one write: longer ones would only make everyone in them wait.
constexpr std::size_t kMaxBatchBytes = 8U << 20;
/// What a segment reserves: its size, and room for the batch that crosses it.
std::uint64_t reserved(const LedgerOptions& options) {
  return options.segment_bytes + options.segment_bytes / 32;
}

Status check_entry(ByteView entry) {
  if (entry.empty() || entry.size() > kMaxEnvelopeBytes) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("an entry of {} bytes; 1 to {} are allowed", entry.size(), kMaxEnvelopeBytes));
  }
  // Envelopes are JSON on one line. That no entry holds control characters lets recovery tell a
  // record from what stands inside an entry.
  if (std::any_of(entry.begin(), entry.end(), [](std::uint8_t byte) { return byte < 0x20; })) {
    return Error(ErrorCode::kInvalidArgument, "an entry with control characters is no envelope");
  }
  return {};
}

Commit commit_of(std::uint64_t old_size, const crypto::CompactRange& edge, std::string note) {
  Commit commit;
  commit.old_size = old_size;
  commit.new_size = edge.size();
  commit.checkpoint = std::move(note);
  commit.edge.assign(edge.hashes().begin(), edge.hashes().end());
  return commit;
}

/// The beginning of a segment, complete under its name or not there at all.
Result<std::pair<std::unique_ptr<File>, std::uint64_t>> make_segment(Folder& folder,
                                                                     const LedgerOptions& options,
                                                                     const Commit& base) {
  SAIPH_TRY(const Digest origin, origin_digest(options.origin));
  Bytes bytes = encode_segment_header({base.new_size, origin});
  append_record(bytes, RecordType::kCommit, encode_commit(base));
  const std::string name = segment_name(base.new_size);
  const std::string temporary = name + ".new";
  SAIPH_TRY(auto file, folder.open(temporary, OpenMode::kCreate));
  SAIPH_CHECK(file->write_at(0, bytes));
  // Reserved ahead, so that the sync of a batch need not wait for new blocks to be found.
  SAIPH_CHECK(file->allocate(reserved(options)));
  SAIPH_CHECK(file->sync());
  SAIPH_CHECK(folder.rename(temporary, name));
  SAIPH_CHECK(folder.sync_folder(std::string(kSegmentFolder)));
  return std::pair(std::move(file), std::uint64_t{bytes.size()});
}

/// Hashes every entry of every segment again and calls `collect` for every node.
Status walk_segments(Folder& folder, const LogState& state, HashStore& store, bool maps) {
  crypto::CompactRange edge;
  NodeCollector nodes;
  for (std::size_t i = 0; i < state.segments.size(); ++i) {
    const SegmentMap& known = state.segments[i];
    SAIPH_TRY(const auto file, folder.open(segment_name(known.first), OpenMode::kRead));
    SegmentMap map;
    map.first = known.first;
    map.end = known.first;
    std::uint64_t written = edge.size();
    RecordReader reader(*file);
    while (reader.offset() < known.bytes) {
      Record record;
      SAIPH_TRY(const ReadOutcome outcome, reader.next(record));
      if (outcome != ReadOutcome::kRecord) {
        return Error(ErrorCode::kMalformed,
                     fmt::format("byte {} of {}: {}", reader.offset(), segment_name(known.first),
                                 reader.reason()));
      }
      if (record.type != RecordType::kEntry) continue;
      map.add(map.end, record.offset);
      edge.append(crypto::leaf_hash(record.payload),
                  [&](auto node, const Digest& hash) { nodes(node, hash); });
      if (nodes.bytes().size() < (1U << 20)) continue;
      SAIPH_CHECK(store.write(written, nodes.bytes()));
      written = edge.size();
      nodes.clear();
    }
    SAIPH_CHECK(store.write(written, nodes.bytes()));
    nodes.clear();
    map.bytes = known.bytes;
    if (maps && i + 1 < state.segments.size()) SAIPH_CHECK(write_map(folder, map));
  }
  if (edge.size() != state.checkpoint.checkpoint.size ||
      edge.root() != state.checkpoint.checkpoint.root) {
    return Error(ErrorCode::kMalformed,
                 "the entries are not those that were signed; `saiph ledger verify` names what is "
                 "wrong");
  }
  return store.sync();
}

Status remake_hashes(Folder& folder, const LogState& state, bool maps) {
  const std::string temporary = std::string(kHashFile) + ".new";
  SAIPH_TRY(auto file, folder.open(temporary, OpenMode::kCreate));
  HashStore store(std::move(file));
  SAIPH_CHECK(walk_segments(folder, state, store, maps));
  SAIPH_CHECK(folder.rename(temporary, std::string(kHashFile)));
  return folder.sync_folder("");
}

/// Refuses when the file `checkpoint` was signed for entries that the segments do not hold. It is
/// written after they were synced, so that no crash leaves it ahead; what it says is then the proof
/// of what is missing, and must not be overwritten. One that cannot be read proves nothing: it is
/// made anew.
Status check_checkpoint_file(Folder& folder, const LedgerOptions& options,
                             const Checkpoint& present) {
  const auto bytes = read_file(folder, std::string(kCheckpointFile), kMaxNoteBytes);
  if (!bytes) {
    const ErrorCode code = bytes.error().code();
    if (code == ErrorCode::kNotFound || code == ErrorCode::kLimit) return {};
    return bytes.error();
  }
  const auto opened = open_checkpoint(as_text(*bytes), options.origin, options.keys);
  if (!opened) return {};
  const Checkpoint& signed_last = opened->checkpoint;
  if (signed_last.size > present.size) {
    return Error(
        ErrorCode::kMalformed,
        fmt::format("entries {} to {} were signed and are gone: the file `checkpoint` is of {} "
                    "entries, the segments hold {}; nothing is changed, `saiph ledger verify` "
                    "names what is missing",
                    present.size, signed_last.size - 1, signed_last.size, present.size));
  }
  if (signed_last.size == present.size && signed_last.root != present.root) {
    return Error(ErrorCode::kMalformed,
                 "the entries are not those that the file `checkpoint` was signed for; nothing is "
                 "changed, `saiph ledger verify` names what is wrong");
  }
  return {};
}

/// Only the key that signed last goes on: after a rotation the old one would make entries that
/// everyone must refuse. A rotation's checkpoint carries the signature of the next key last.
Status check_signer(const LedgerOptions& options, const SignedCheckpoint& newest,
                    const crypto::Signer& signer) {
  const auto& lines = newest.note.signatures;
  const auto last = std::find_if(lines.rbegin(), lines.rend(), [&](const NoteSignature& line) {
    return line.name == options.origin;
  });
  const bool present =
      last != lines.rend() &&
      std::any_of(newest.verified.begin(), newest.verified.end(), [&](const auto& verified) {
        const VerifierKey& key = options.keys[verified.key];
        return key.key() == signer.public_key() && key.key_id() == last->key_id;
      });
  if (present) return {};
  return Error(ErrorCode::kInvalidArgument,
               "the signing key is not the one that signs this ledger now: another one signed its "
               "newest checkpoint");
}

}  // namespace

Status Ledger::create(Folder& folder, const LedgerOptions& options, const crypto::Signer& signer) {
  SAIPH_CHECK(folder.make_folder(std::string(kSegmentFolder)));
  SAIPH_TRY(const auto lock, folder.lock(std::string(kLockFile)));
  SAIPH_TRY(const auto names, folder.list(std::string(kSegmentFolder)));
  for (const std::string& name : names) {
    if (parse_segment_name(name)) {
      return Error(ErrorCode::kDenied, "there is a ledger already: " + folder.path(""));
    }
  }
  const crypto::CompactRange empty;
  SAIPH_TRY(std::string note, sign_checkpoint({options.origin, 0, empty.root(), {}}, signer));
  SAIPH_CHECK(
      write_file(folder, std::string(kCheckpointFile), as_bytes(note), Durability::kSynced));
  SAIPH_TRY(const auto made, make_segment(folder, options, commit_of(0, empty, std::move(note))));
  return folder.sync_folder("");
}

Result<std::unique_ptr<Ledger>> Ledger::open(Folder& folder, LedgerOptions options,
                                             std::shared_ptr<const crypto::Signer> signer,
                                             std::unique_ptr<FolderLock> held) {
  const auto known = [&](const VerifierKey& key) { return key.key() == signer->public_key(); };
  if (std::none_of(options.keys.begin(), options.keys.end(), known)) {
    return Error(ErrorCode::kInvalidArgument, "the signing key is not one of this ledger's keys");
  }
  std::unique_ptr<Ledger> ledger(new Ledger(folder, std::move(options)));
  ledger->signer_ = std::move(signer);
  ledger->lock_ = std::move(held);
  if (!ledger->lock_) {
    SAIPH_TRY(ledger->lock_, folder.lock(std::string(kLockFile)));
  }
  SAIPH_CHECK(ledger->prepare_to_write());
  ledger->writable_ = true;
  try {
    ledger->thread_ = std::thread([raw = ledger.get()] { raw->run(); });
  } catch (const std::system_error& error) {
    return Error(ErrorCode::kUnavailable, std::string("cannot start a thread: ") + error.what());
  }
  return ledger;
}

Result<std::unique_ptr<Ledger>> Ledger::open_to_read(Folder& folder, LedgerOptions options) {
  std::unique_ptr<Ledger> ledger(new Ledger(folder, std::move(options)));
  SAIPH_CHECK(ledger->load());
  return ledger;
}

Status Ledger::load() {
  SAIPH_TRY(LogState state, read_log_beside_writer(folder_, options_.origin, options_.keys));
  recovery_.torn_bytes = state.torn_bytes;
  recovery_.torn_entries = state.torn_entries;
  recovery_.maps_missing = state.maps_missing;
  // A reader works from what the segments say; the file of hashes may lag behind them.
  if (auto file = folder_.open(std::string(kHashFile), OpenMode::kRead)) {
    hashes_ = std::make_unique<HashStore>(std::move(*file));
  }
  has_overlay_ = true;
  overlay_begin_ = stored_node_count(state.segments.back().first);
  overlay_ = std::move(state.tail_nodes);
  head_ = std::make_shared<const Head>(Head{state.checkpoint.checkpoint.size,
                                            state.checkpoint.checkpoint.root,
                                            std::move(state.checkpoint_note)});
  segments_ = std::move(state.segments);
  return {};
}

Status Ledger::prepare_to_write() {
  SAIPH_TRY(LogState state, read_log(folder_, options_.origin, options_.keys));
  SAIPH_CHECK(check_checkpoint_file(folder_, options_, state.checkpoint.checkpoint));
  SAIPH_CHECK(check_signer(options_, state.checkpoint, *signer_));
  recovery_.torn_bytes = state.torn_bytes;
  recovery_.torn_entries = state.torn_entries;
  recovery_.maps_missing = state.maps_missing;
  // A segment that was being made when the process ended never counted.
  SAIPH_TRY(const auto names, folder_.list(std::string(kSegmentFolder)));
  for (const std::string& name : names) {
    if (name.ends_with(".new")) {
      SAIPH_CHECK(folder_.remove(std::string(kSegmentFolder) + "/" + name));
    }
  }
  const SegmentMap& tail = state.segments.back();
  SAIPH_TRY(tail_, folder_.open(segment_name(tail.first), OpenMode::kWrite));
  tail_offset_ = tail.bytes;
  if (state.torn_bytes != 0) {
    // Cut and reserved anew: what is behind the last commit reads as zeros again.
    SAIPH_CHECK(tail_->truncate(tail_offset_));
    SAIPH_CHECK(tail_->sync());
  }
  SAIPH_CHECK(tail_->allocate(reserved(options_)));
  SAIPH_CHECK(tail_->sync());

  SAIPH_TRY(auto file, folder_.open(std::string(kHashFile), OpenMode::kWrite));
  hashes_ = std::make_unique<HashStore>(std::move(file));
  if (hashes_->leaves() < tail.first) {
    SAIPH_CHECK(remake_hashes(folder_, state, false));
    SAIPH_TRY(auto remade, folder_.open(std::string(kHashFile), OpenMode::kWrite));
    hashes_ = std::make_unique<HashStore>(std::move(remade));
    recovery_.reindexed = true;
  } else {
    SAIPH_TRY(recovery_.hashes_repaired, hashes_->repair(tail.first, state.tail_nodes));
  }
  edge_ = std::move(state.edge);
  head_ = std::make_shared<const Head>(Head{state.checkpoint.checkpoint.size,
                                            state.checkpoint.checkpoint.root,
                                            std::move(state.checkpoint_note)});
  segments_ = std::move(state.segments);
  checkpoint_stale_ = true;
  return {};
}

Ledger::~Ledger() {
  // Everyone who waited was answered; there is nobody left to tell.
  static_cast<void>(close());
}

Status Ledger::close() {
  const std::lock_guard one_at_a_time(close_mutex_);
  {
    const std::lock_guard lock(queue_mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return {};
  thread_.join();
  {
    const std::lock_guard lock(queue_mutex_);
    if (failure_) return *failure_;
  }
  write_checkpoint_file();
  SAIPH_CHECK(hashes_->sync());
  // The reserved space goes back: a closed ledger is as long as what it holds.
  SAIPH_CHECK(tail_->truncate(tail_offset_));
  SAIPH_CHECK(tail_->sync());
  lock_.reset();
  return {};
}

Status Ledger::submit(Bytes entry, Acknowledge acknowledge) {
  return enqueue(std::move(entry), std::move(acknowledge), nullptr);
}

Status Ledger::enqueue(Bytes entry, Acknowledge acknowledge,
                       std::shared_ptr<const crypto::Signer> next_signer) {
  if (!writable_) return Error(ErrorCode::kDenied, "this ledger is open for reading only");
  SAIPH_CHECK(check_entry(entry));
  // Hashed here, on the caller's thread: the writer's is the one that all wait for.
  const Digest leaf = crypto::leaf_hash(entry);
  bool first = false;
  {
    const std::lock_guard lock(queue_mutex_);
    if (failure_) return failure_->wrap("the ledger stopped after a failed write; reopen it");
    if (closing_) return Error(ErrorCode::kUnavailable, "the ledger is being closed");
    if (queued_bytes_ + entry.size() > options_.queue_bytes) {
      return Error(ErrorCode::kLimit, "too many entries wait for the ledger's disk");
    }
    first = queue_.empty();
    queued_bytes_ += entry.size();
    queue_.push_back({std::move(entry), leaf, std::move(acknowledge), std::move(next_signer)});
  }
  if (first) wake_.notify_one();
  return {};
}

Result<Receipt> Ledger::wait_for(ByteView entry,
                                 std::shared_ptr<const crypto::Signer> next_signer) {
  std::promise<Result<Receipt>> promise;
  auto answer = promise.get_future();
  SAIPH_CHECK(enqueue(
      Bytes(entry.begin(), entry.end()),
      [&promise](Result<Receipt> result) { promise.set_value(std::move(result)); },
      std::move(next_signer)));
  return answer.get();
}

Result<Receipt> Ledger::append(ByteView entry) {
  return wait_for(entry, nullptr);
}

Result<Receipt> Ledger::rotate_key(ByteView entry, std::shared_ptr<const crypto::Signer> next) {
  return wait_for(entry, std::move(next));
}

std::vector<Ledger::Pending> Ledger::take_batch() {
  std::vector<Pending> batch;
  std::unique_lock lock(queue_mutex_);
  if (queue_.empty() && checkpoint_stale_ && !closing_) {
    // Idle: the file `checkpoint` catches up.
    lock.unlock();
    write_checkpoint_file();
    lock.lock();
  }
  wake_.wait(lock, [&] { return closing_ || !queue_.empty(); });
  std::size_t bytes = 0;
  while (!queue_.empty() && batch.size() < kMaxBatchEntries && bytes < kMaxBatchBytes) {
    // A rotation is a batch of its own: its checkpoint has two signatures.
    const bool alone = queue_.front().next_signer != nullptr;
    if (alone && !batch.empty()) break;
    bytes += queue_.front().entry.size();
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (alone) break;
  }
  queued_bytes_ -= bytes;
  return batch;
}

void Ledger::stop(const Error& error, std::span<const Pending> batch) {
  std::deque<Pending> refused;
  {
    const std::lock_guard lock(queue_mutex_);
    failure_ = error;
    refused.swap(queue_);
    queued_bytes_ = 0;
  }
  // Not under the lock: who is told may want to submit again.
  for (const Pending& pending : batch) pending.acknowledge(error);
  for (const Pending& pending : refused) pending.acknowledge(error);
}

void Ledger::run() {
  while (true) {
    const std::vector<Pending> batch = take_batch();
    if (batch.empty()) return;
    const std::uint64_t begin = edge_.size();
    Status derived;
    if (Status written = write_batch(batch, derived); !written) {
      stop(written.error(), batch);
      return;
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i].acknowledge(Receipt{begin + i, batch[i].leaf, edge_.size()});
    }
    if (!derived) {
      stop(derived.error(), {});
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - checkpoint_written_ >= options_.checkpoint_interval) write_checkpoint_file();
    if (tail_offset_ < options_.segment_bytes) continue;
    if (Status started = start_segment(); !started) {
      stop(started.error(), {});
      return;
    }
  }
}

Status Ledger::write_batch(const std::vector<Pending>& batch, Status& derived) {
  const std::uint64_t begin = edge_.size();
  const std::uint64_t start = tail_offset_;
  buffer_.clear();
  nodes_.clear();
  std::vector<Digest> leaves;
  std::vector<std::uint64_t> places;
  leaves.reserve(batch.size());
  places.reserve(batch.size());
  for (const Pending& pending : batch) {
    places.push_back(start + buffer_.size());
    append_record(buffer_, RecordType::kEntry, pending.entry);
    leaves.push_back(pending.leaf);
    edge_.append(pending.leaf, [&](auto node, const Digest& hash) { nodes_(node, hash); });
  }
  const Checkpoint checkpoint{options_.origin, edge_.size(), edge_.root(), {}};
  std::vector<NoteSignature> further;
  const auto& next = batch.back().next_signer;
  if (next) {
    SAIPH_TRY(const std::string text, encode_checkpoint(checkpoint));
    SAIPH_TRY(NoteSignature signature, sign_note(text, options_.origin, *next));
    further.push_back(std::move(signature));
  }
  SAIPH_TRY(std::string note, sign_checkpoint(checkpoint, *signer_, further));
  Commit commit = commit_of(begin, edge_, note);
  commit.leaves = std::move(leaves);
  append_record(buffer_, RecordType::kCommit, encode_commit(commit));

  SAIPH_CHECK(tail_->write_at(start, buffer_));
  SAIPH_CHECK(tail_->sync());

  // From here on the batch is in the ledger, whatever becomes of the derived files.
  tail_offset_ = start + buffer_.size();
  if (next) signer_ = next;
  derived = hashes_->write(begin, nodes_.bytes());
  auto head = std::make_shared<const Head>(Head{checkpoint.size, checkpoint.root, std::move(note)});
  const std::lock_guard lock(state_mutex_);
  head_ = std::move(head);
  for (std::size_t i = 0; i < places.size(); ++i) segments_.back().add(begin + i, places[i]);
  segments_.back().bytes = tail_offset_;
  checkpoint_stale_ = true;
  return {};
}

Status Ledger::start_segment() {
  // What the next start takes for granted about this segment must be on disk before there is
  // another one: its exact length, and its nodes in the file of hashes.
  SAIPH_CHECK(tail_->truncate(tail_offset_));
  SAIPH_CHECK(tail_->sync());
  SAIPH_CHECK(hashes_->sync());
  SegmentMap sealed;
  std::string note;
  {
    const std::lock_guard lock(state_mutex_);
    sealed = segments_.back();
    note = head_->checkpoint;
  }
  SAIPH_CHECK(write_map(folder_, sealed));
  SAIPH_TRY(auto made,
            make_segment(folder_, options_, commit_of(edge_.size(), edge_, std::move(note))));
  tail_ = std::move(made.first);
  tail_offset_ = made.second;
  SegmentMap map;
  map.first = edge_.size();
  map.end = edge_.size();
  map.bytes = tail_offset_;
  const std::lock_guard lock(state_mutex_);
  segments_.push_back(std::move(map));
  return {};
}

void Ledger::write_checkpoint_file() {
  const auto present = head();
  // Derived: when it cannot be written now, the next commit or start tries again.
  checkpoint_stale_ = !write_file(folder_, std::string(kCheckpointFile),
                                  as_bytes(present->checkpoint), Durability::kLazy)
                           .has_value();
  checkpoint_written_ = std::chrono::steady_clock::now();
}

Result<std::uint64_t> reindex(Folder& folder, const LedgerOptions& options) {
  SAIPH_TRY(const auto lock, folder.lock(std::string(kLockFile)));
  SAIPH_TRY(const LogState state, read_log(folder, options.origin, options.keys));
  SAIPH_CHECK(check_checkpoint_file(folder, options, state.checkpoint.checkpoint));
  SAIPH_CHECK(remake_hashes(folder, state, true));
  SAIPH_CHECK(write_file(folder, std::string(kCheckpointFile), as_bytes(state.checkpoint_note),
                         Durability::kSynced));
  return state.checkpoint.checkpoint.size;
}

}  // namespace saiph::ledger
