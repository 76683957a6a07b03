// StateCore: what the tables of the state share: two connections, the key, the order of a change.
// For this room only.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"
#include "control/change_journal.h"
#include "control/state_key.h"
#include "store/database.h"

namespace saiph::control {

/// What a change does, filled in while it is made. `before` and `after` are JSON without secrets;
/// they leave this process as keyed digests. Without `what` nothing is journalled.
struct ChangeNote {
  std::string what;
  std::string object_kind;
  std::string object;
  std::optional<std::string> before;
  std::optional<std::string> after;
};

class StateCore {
 public:
  static Result<std::unique_ptr<StateCore>> open(const std::string& folder, ChangeJournal& journal);

  const StateKey& key() const { return key_; }
  const std::string& path() const { return path_; }
  std::string account_object(std::string_view account) const {
    return keyed_text(key_.digest(account));
  }

  /// `read` gets the connection that never writes.
  template <typename Read>
  auto read(Read read) const {
    const std::lock_guard lock(read_mutex_);
    return read(*reader_);
  }

  /// A transaction of bookkeeping: nothing for the ledger. A lazy one may be lost with the power.
  enum class Sync : std::uint8_t { kFull, kLazy };
  template <typename Write>
  std::invoke_result_t<Write, store::Database&> write(Sync sync, Write write) {
    const std::lock_guard lock(write_mutex_);
    const SyncMode mode(*writer_, sync);
    SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(*writer_));
    auto result = write(*writer_);
    if (!result) return result;
    SAIPH_CHECK(transaction.commit());
    return result;
  }

  /// A change: written, recorded, committed (change_journal.h).
  template <typename Make>
  std::invoke_result_t<Make, store::Database&, ChangeNote&> change(const Actor& actor,
                                                                   UnixMillis now, Make make) {
    const std::lock_guard lock(write_mutex_);
    SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(*writer_));
    ChangeNote note;
    auto result = make(*writer_, note);
    if (!result) return result;
    SAIPH_CHECK(record_and_commit(transaction, actor, now, note));
    return result;
  }

  /// The writer's connection, locked: no change is under way.
  template <typename Use>
  auto exclusive(Use use) {
    const std::lock_guard lock(write_mutex_);
    return use(*writer_);
  }

  /// Records that a change of the ledger did not happen. Takes no lock.
  Status record_not_applied(std::string_view change, UnixMillis now);

 private:
  /// Commits without a sync while it lives.
  class SyncMode {
   public:
    SyncMode(store::Database& database, Sync sync);
    SyncMode(const SyncMode&) = delete;
    SyncMode& operator=(const SyncMode&) = delete;
    ~SyncMode();

   private:
    store::Database* database_ = nullptr;
  };

  StateCore(std::string path, StateKey key, ChangeJournal& journal)
      : path_(std::move(path)), key_(std::move(key)), journal_(journal) {}
  Status record_and_commit(store::Transaction& transaction, const Actor& actor, UnixMillis now,
                           const ChangeNote& note);

  const std::string path_;
  const StateKey key_;
  ChangeJournal& journal_;
  mutable std::mutex write_mutex_;
  std::unique_ptr<store::Database> writer_;  // guarded by write_mutex_
  mutable std::mutex read_mutex_;            // never taken together with write_mutex_
  std::unique_ptr<store::Database> reader_;  // guarded by read_mutex_
};

}  // namespace saiph::control
