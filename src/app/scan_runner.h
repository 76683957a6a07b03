// ScanRunner: the scan service of a running server. Jobs wait in a queue; each runs in a worker
// process of its own (worker_process.h), and its report becomes an entry of the ledger
// (report_evidence.h) before the job is done.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/evidence_keeper.h"
#include "base/unix_time.h"
#include "control/state.h"
#include "domain/scan_service.h"

namespace saiph::app {

struct ScanRunnerOptions {
  std::uint64_t workers = 1;                     ///< jobs at a time
  std::uint64_t threads = 1;                     ///< files at a time in one job
  std::uint64_t queue = 100;                     ///< jobs that may wait
  std::chrono::milliseconds wall_time{600'000};  ///< of one job
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;
  std::uint64_t upload_bytes = std::uint64_t{10} << 30;
  std::uint64_t uploads_bytes = std::uint64_t{40} << 30;
  std::uint64_t report_bytes = std::uint64_t{256} << 20;
  /// Absolute, symbolic links resolved.
  std::vector<std::string> roots;
  std::string policy_file;
  std::string suppress_file;
  std::string upload_folder;
  std::string spool_folder;
};

/// Holds room on the disk for one upload; given back when it is destroyed.
class UploadRoom;

/// Any thread; stop() and the destructor by one. State and keeper must outlive it.
class ScanRunner final : public ScanService {
 public:
  using Now = std::function<UnixMillis()>;
  using Log = EvidenceKeeper::Log;

  ScanRunner(ScanRunnerOptions options, control::State& state, EvidenceKeeper& keeper, Now now,
             Log log);
  ScanRunner(const ScanRunner&) = delete;
  ScanRunner& operator=(const ScanRunner&) = delete;
  /// As stop() without patience.
  ~ScanRunner() override;

  /// Takes nothing new, ends what waits, and gives what runs until `patience` is over; then it is
  /// killed. What did not finish has failed, and says why.
  void stop(std::chrono::milliseconds patience);

  Result<std::unique_ptr<ScanUpload>> begin_upload(std::optional<std::uint64_t> announced) override;
  Result<std::string> submit(ScanOrder order) override;
  Status cancel(std::string_view id, const ScanRequester& by) override;
  Result<ScanUpdate> current(std::string_view id) const override;
  std::unique_ptr<ScanSubscription> watch(std::function<void(const ScanUpdate&)> take) override;
  Result<std::shared_ptr<const ByteSource>> report(std::string_view id) const override;
  ScanFigures figures() const override;

 private:
  struct Job;
  struct Ending;
  struct Watchers;
  class Subscription;

  void work();
  void run_job(Job& job);
  Ending examine(Job& job);
  Ending record(Job& job, int exit_code, const ByteSource& report);
  void finish(Job& job, const Ending& ending);
  void publish(Job& job, const std::function<void(ScanUpdate&)>& change);
  std::vector<std::string> worker_arguments(const Job& job) const;
  Result<std::string> inside_roots(const std::string& path) const;

  const ScanRunnerOptions options_;
  control::State& state_;
  EvidenceKeeper& keeper_;
  const Now now_;
  const Log log_;
  const std::shared_ptr<Watchers> watchers_;
  const std::shared_ptr<UploadRoom> room_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<std::shared_ptr<Job>> queue_;                         // guarded by mutex_
  std::map<std::string, std::shared_ptr<Job>, std::less<>> jobs_;  // queued and running; mutex_
  std::uint64_t reserved_ = 0;                                     // guarded by mutex_
  bool stopping_ = false;                                          // guarded by mutex_
  ScanFigures figures_;                                            // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace saiph::app
