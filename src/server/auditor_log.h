// What auditors read is evidence too: their reads are collected and recorded in the ledger, one
// statement an account and batch (predicate type auditor-read).
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unix_time.h"
#include "server/services.h"

namespace saiph::server {

/// Any thread. A crash loses at most the last batch (ApiOptions::auditor_batch_ms); a ledger that
/// does not take them stops auditors from reading once kMaxWaiting reads wait, so that no more than
/// that goes unrecorded. Destroyed: what waits is recorded first.
class AuditorLog {
 public:
  static constexpr std::size_t kMaxWaiting = 10'000;

  AuditorLog(const Services& services, std::int64_t batch_ms);
  ~AuditorLog();
  AuditorLog(const AuditorLog&) = delete;
  AuditorLog& operator=(const AuditorLog&) = delete;

  /// False: too many wait; the read must not be answered. `object` is what the path names, never a
  /// name of a person.
  [[nodiscard]] bool add(const std::string& account, std::string_view operation, std::string object,
                         UnixMillis now);
  /// Records what waits, now. Errors: of the ledger; what was not recorded waits on.
  Status flush();
  std::size_t waiting() const;

 private:
  struct Read {
    std::string account;
    std::string operation;
    std::string object;
    UnixMillis time = 0;
  };
  void run();
  Status record(const std::string& account, const std::vector<Read>& reads);

  const Services& services_;
  const std::int64_t batch_ms_;
  mutable std::mutex mutex_;
  std::mutex flush_mutex_;  // taken before mutex_
  std::condition_variable wake_;
  std::vector<Read> reads_;  // guarded by mutex_
  bool ending_ = false;      // guarded by mutex_
  std::thread thread_;
};

}  // namespace saiph::server
