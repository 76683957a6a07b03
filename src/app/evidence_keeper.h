// EvidenceKeeper: the one open ledger of a running server. Everything that is recorded goes through
// it, and the index follows it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>

#include "app/ledger_access.h"
#include "base/bytes.h"
#include "base/result.h"
#include "control/index.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"

namespace saiph::app {

/// Any thread, except follow, stop_following and close: those are called by one.
class EvidenceKeeper {
 public:
  using Log = std::function<void(std::string_view line)>;

  EvidenceKeeper(LedgerAccess access, Log log) : access_(std::move(access)), log_(std::move(log)) {}
  ~EvidenceKeeper() { stop_following(); }
  EvidenceKeeper(const EvidenceKeeper&) = delete;
  EvidenceKeeper& operator=(const EvidenceKeeper&) = delete;

  ledger::Ledger& ledger() const { return *access_.ledger; }
  ledger::Folder& folder() const { return *access_.folder; }
  const ledger::Settings& settings() const { return access_.settings; }

  /// Signs and appends; on disk when it answers. Errors: of sealing and Ledger::append.
  Result<ledger::Receipt> record(const ledger::Statement& statement);
  /// The same for the bytes of a statement that somebody else made. Errors: as record_bytes.
  Result<ledger::Receipt> record(ByteView statement);
  /// Records a sign of life.
  Result<ledger::Receipt> record_heartbeat(std::string_view time);

  /// From now on a thread takes what is appended over into the index, which has caught up until
  /// now and must outlive stop_following. `changed` is called on that thread after each step.
  void follow(control::Index& index, std::function<void()> changed);
  void stop_following();
  /// Waits until the index has this entry; false when that takes longer.
  bool wait_indexed(std::uint64_t entry, std::chrono::milliseconds patience);
  /// Entries that are on disk and not yet in the index.
  std::uint64_t index_lag() const;

  /// Errors: of Ledger::close.
  Status close();  // NOLINT(readability-make-member-function-const): it ends what this keeps

 private:
  void run();
  void wake();

  LedgerAccess access_;
  Log log_;
  control::Index* index_ = nullptr;
  std::function<void()> changed_;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable caught_up_;
  std::uint64_t indexed_ = 0;  // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
};

}  // namespace saiph::app
