#include "scan/service.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>

namespace saiph::scan {

namespace {

constexpr std::size_t kWaitingRowsPerJob = 16;

/// The fence of a file: whatever a third-party library throws, or memory that is not there, becomes
/// an incomplete row of this file and the scan goes on.
FileReport scan_item(const WalkItem& item, const EngineOptions& options, Progress& progress) {
  const auto scan = [&]() -> FileReport {
    try {
      return item.problem ? unreadable(item.path, *item.problem)
                          : scan_file(item.path, item.root, options);
    } catch (const std::bad_alloc&) {
      return unreadable(item.path, Error(ErrorCode::kLimit, "not enough memory to examine it"));
    } catch (const std::exception& thrown) {
      return unreadable(
          item.path,
          Error(ErrorCode::kInternal, std::string("defect while examining it: ") + thrown.what()));
    }
  };
  FileReport report = scan();
  progress.files.fetch_add(1, std::memory_order_relaxed);
  progress.bytes.fetch_add(report.size, std::memory_order_relaxed);
  return report;
}

/// Jobs in walk order: the walker appends at the back, workers take the first unstarted one, the
/// caller removes finished ones from the front.
class OrderedRun {
 public:
  OrderedRun(const ServiceOptions& options, Progress& progress)
      : options_(options), progress_(progress), capacity_(options.jobs * kWaitingRowsPerJob) {
    for (unsigned i = 0; i < options.jobs; ++i) workers_.emplace_back([this] { work(); });
  }
  ~OrderedRun() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      taken_ = jobs_.size();  // unstarted jobs are given up
    }
    work_there_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }
  OrderedRun(const OrderedRun&) = delete;
  OrderedRun& operator=(const OrderedRun&) = delete;

  /// Adds a job; hands over every row whose turn has come. False when `deliver` ended the scan.
  bool add(WalkItem item, const std::function<bool(FileReport)>& deliver) {
    while (jobs_.size() >= capacity_) {
      if (!deliver(take_front())) return false;
    }
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::make_shared<Job>(Job{std::move(item), std::nullopt}));
    }
    work_there_.notify_one();
    while (auto row = ready_front()) {
      if (!deliver(std::move(*row))) return false;
    }
    return true;
  }

  bool finish(const std::function<bool(FileReport)>& deliver) {
    while (!jobs_.empty()) {
      if (!deliver(take_front())) return false;
    }
    return true;
  }

 private:
  struct Job {
    WalkItem item;
    std::optional<FileReport> report;
  };

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      work_there_.wait(lock, [this] { return closed_ || taken_ < jobs_.size(); });
      if (taken_ >= jobs_.size()) return;
      const std::shared_ptr<Job> job = jobs_[taken_++];
      lock.unlock();
      FileReport report = scan_item(job->item, options_.engine, progress_);
      lock.lock();
      job->report = std::move(report);
      row_there_.notify_one();
    }
  }

  FileReport take_front() {
    std::unique_lock lock(mutex_);
    std::optional<FileReport>& front = jobs_.front()->report;
    row_there_.wait(lock, [&front] { return front.has_value(); });
    return pop_front(front);
  }

  std::optional<FileReport> ready_front() {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty() || !jobs_.front()->report) return std::nullopt;
    return pop_front(jobs_.front()->report);
  }

  /// `front`: of the first job, there. Holds mutex_.
  FileReport pop_front(std::optional<FileReport>& front) {
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access): both callers saw that it is there
    FileReport report = std::move(*front);
    jobs_.pop_front();
    --taken_;
    return report;
  }

  const ServiceOptions& options_;
  Progress& progress_;
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable work_there_;
  std::condition_variable row_there_;
  std::deque<std::shared_ptr<Job>> jobs_;  // guarded by mutex_; grown and shrunk by the caller only
  std::size_t taken_ = 0;                  // guarded by mutex_: jobs_[0, taken_) have been started
  bool closed_ = false;                    // guarded by mutex_
  std::vector<std::thread> workers_;
};

}  // namespace

void scan_paths(const std::vector<std::string>& paths, const ServiceOptions& options,
                Progress& progress, const std::function<bool(FileReport)>& deliver) {
  if (options.jobs <= 1) {
    walk(paths, options.walk,
         [&](const WalkItem& item) { return deliver(scan_item(item, options.engine, progress)); });
    return;
  }
  OrderedRun run(options, progress);
  bool going = true;
  walk(paths, options.walk,
       [&](WalkItem item) { return going = run.add(std::move(item), deliver); });
  if (going) run.finish(deliver);
}

}  // namespace saiph::scan
