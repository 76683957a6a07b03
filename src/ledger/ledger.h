// The ledger: evidence goes in, and what went in can be shown, proved and never quietly changed.
//
// Truth is the segments (storage/segment.h). A batch of entries and the signed checkpoint over the
// tree with them are one write and one sync; only then are they acknowledged. The file of hashes,
// the segments' maps and the file `checkpoint` follow from the segments and may lag.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "crypto/merkle.h"
#include "crypto/signature.h"
#include "ledger/format/note.h"
#include "ledger/format/tiles.h"
#include "ledger/storage/folder.h"
#include "ledger/storage/hash_store.h"
#include "ledger/storage/recovery.h"

namespace saiph::ledger {

inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kLockFile = "lock";

struct LedgerOptions {
  std::string origin;             ///< name of the log and of its key in checkpoints
  std::vector<VerifierKey> keys;  ///< all that ever signed here
  /// A new segment begins when one is longer. 64 MiB are read at each start, in about 0.1 s.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  /// Entries waiting for the medium hold at most this much memory.
  std::size_t queue_bytes = std::size_t{64} << 20;
  /// The file `checkpoint` lags at most so much while entries keep coming; not at all when idle.
  std::chrono::milliseconds checkpoint_interval{200};
};

/// What an acknowledged append is answered with.
struct Receipt {
  std::uint64_t index = 0;
  Digest leaf;
  std::uint64_t tree_size = 0;  ///< of the first checkpoint that covers the entry
};

/// The tree as it was last signed.
struct Head {
  std::uint64_t size = 0;
  Digest root;
  std::string checkpoint;  ///< signed note
};

/// An entry's proof against the head it was made for.
struct Inclusion {
  Digest leaf;
  std::vector<Digest> path;
  std::shared_ptr<const Head> head;
};

/// What opening met.
struct Recovery {
  std::uint64_t torn_bytes = 0;    ///< of a batch that was never acknowledged; cut off by a writer
  std::uint64_t torn_entries = 0;  ///< whole entries among them
  bool hashes_repaired = false;    ///< the file of hashes lagged or was wrong at its end
  bool reindexed = false;          ///< it had to be made anew
  std::uint64_t maps_missing = 0;  ///< sealed segments that had to be read whole
};

class Ledger {
 public:
  /// Called on the writer's thread, after the sync. It must be quick and must not wait for another
  /// append.
  using Acknowledge = std::function<void(Result<Receipt>)>;

  /// Makes the first segment of a ledger in a folder that has none: an empty tree, signed.
  /// Errors: kDenied (there is a ledger, or its lock is taken), of the folder and the signer.
  static Status create(Folder& folder, const LedgerOptions& options, const crypto::Signer& signer);

  /// Opens for appending: takes the lock, cuts a torn tail off, brings the derived files up to date
  /// and starts the writer's thread. `held` is the lock on kLockFile where the caller has it
  /// already. Errors: of read_log; kDenied when another process has the lock; kInvalidArgument when
  /// `signer` is none of options.keys or not the one that signed last (after a rotation: the next
  /// key); kMalformed also when the file `checkpoint` was signed for entries that are not there.
  /// The folder must outlive it.
  static Result<std::unique_ptr<Ledger>> open(Folder& folder, LedgerOptions options,
                                              std::shared_ptr<const crypto::Signer> signer,
                                              std::unique_ptr<FolderLock> held = nullptr);
  /// Opens for reading, also beside a writer: what was committed at this moment. Changes nothing.
  static Result<std::unique_ptr<Ledger>> open_to_read(Folder& folder, LedgerOptions options);

  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  /// As close(), its errors ignored: they were told to everyone who waited.
  ~Ledger();

  // Appending: any thread.

  /// Takes an entry (an envelope, at most kMaxEnvelopeBytes, no control characters); `acknowledge`
  /// is called once when it is on disk or cannot be. Errors, and then it is not called:
  /// kInvalidArgument (not such an entry), kLimit (too many wait), kDenied (opened for reading),
  /// kUnavailable (an earlier write failed: reopen; or closed). Cost: hashing the entry.
  Status submit(Bytes entry, Acknowledge acknowledge);
  /// The same, waiting.
  Result<Receipt> append(ByteView entry);
  /// Appends the entry that names `next` as the key from now on. Its checkpoint carries the
  /// signatures of both keys, those after it only that of `next`. Waits.
  Result<Receipt> rotate_key(ByteView entry, std::shared_ptr<const crypto::Signer> next);
  /// Writes what waits, brings the derived files to disk, stops. Not from `acknowledge`. Errors:
  /// what failed, told to the first caller.
  Status close();

  // Reading: any thread.

  const Recovery& recovery() const { return recovery_; }
  const std::string& origin() const { return options_.origin; }
  std::shared_ptr<const Head> head() const;
  /// Errors: kNotFound (no such index), kMalformed (not what was written), kUnavailable.
  /// Cost: one read of up to 32 entries.
  Result<Bytes> entry(std::uint64_t index) const;
  /// Entries [begin, end) in order until `take` fails. Errors: as entry, and of `take`.
  Status entries(std::uint64_t begin, std::uint64_t end,
                 const std::function<Status(std::uint64_t, ByteView)>& take) const;
  /// Proof that entry `index` stands in the present head; checked before it is answered.
  /// Errors: kNotFound; kUnavailable when the file of hashes is short or wrong ("run reindex").
  /// Cost: some twenty reads of 32 bytes.
  Result<Inclusion> inclusion(std::uint64_t index) const;
  /// Proof that the tree of `first` leaves is the beginning of that of `second`.
  /// Checked against the present head before it is answered.
  /// Errors: kInvalidArgument unless first <= second <= head()->size; as inclusion.
  Result<std::vector<Digest>> consistency(std::uint64_t first, std::uint64_t second) const;
  /// The root of the tree of `size` leaves, proved against the present head. Errors: as
  /// consistency.
  Result<Digest> root_at(std::uint64_t size) const;
  /// The bytes of a tile or bundle of the present tree. Errors: kNotFound (not in it), as entry.
  Result<Bytes> tile(const TileId& tile) const;

 private:
  struct Pending {
    Bytes entry;
    Digest leaf;
    Acknowledge acknowledge;
    std::shared_ptr<const crypto::Signer> next_signer;  // a rotation
  };

  Ledger(Folder& folder, LedgerOptions options) : folder_(folder), options_(std::move(options)) {}
  Status load();
  Status prepare_to_write();
  Status enqueue(Bytes entry, Acknowledge acknowledge,
                 std::shared_ptr<const crypto::Signer> next_signer);
  Result<Receipt> wait_for(ByteView entry, std::shared_ptr<const crypto::Signer> next_signer);
  void run();
  std::vector<Pending> take_batch();
  /// Answers whether the batch is on the medium; then `derived` is what became of its hashes.
  Status write_batch(const std::vector<Pending>& batch, Status& derived);
  /// Nothing is taken any more: answers `batch` and what waits with the error.
  void stop(const Error& error, std::span<const Pending> batch);
  Status start_segment();
  void write_checkpoint_file();
  Result<Digest> node(crypto::TreeNode wanted) const;
  crypto::NodeReader node_reader() const;

  Folder& folder_;
  LedgerOptions options_;
  Recovery recovery_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<HashStore> hashes_;
  // A reader's own nodes since the tail's first entry: the file may lag behind the segments.
  std::uint64_t overlay_begin_ = 0;
  Bytes overlay_;
  bool has_overlay_ = false;
  bool writable_ = false;  // constant once open

  // The writer's thread only, once it runs.
  std::shared_ptr<const crypto::Signer> signer_;
  std::unique_ptr<File> tail_;
  std::uint64_t tail_offset_ = 0;
  crypto::CompactRange edge_;
  Bytes buffer_;
  NodeCollector nodes_;
  std::chrono::steady_clock::time_point checkpoint_written_;
  bool checkpoint_stale_ = false;

  mutable std::mutex state_mutex_;
  std::shared_ptr<const Head> head_;  // guarded by state_mutex_
  std::vector<SegmentMap> segments_;  // guarded by state_mutex_

  std::mutex queue_mutex_;
  std::condition_variable wake_;
  std::deque<Pending> queue_;     // guarded by queue_mutex_
  std::size_t queued_bytes_ = 0;  // guarded by queue_mutex_
  bool closing_ = false;          // guarded by queue_mutex_
  std::optional<Error> failure_;  // guarded by queue_mutex_
  std::thread thread_;
  std::mutex close_mutex_;  // taken before all others
};

/// Makes the derived files (hashes, maps, checkpoint) anew from the segments, every entry hashed
/// again. Answers the number of entries. Errors: of read_log, kMalformed when an entry is not what
/// was signed, or is gone that the file `checkpoint` was signed for. Takes the ledger's lock.
Result<std::uint64_t> reindex(Folder& folder, const LedgerOptions& options);

}  // namespace saiph::ledger
