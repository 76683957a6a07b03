#include "app/scan_runner.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "app/report_evidence.h"
#include "app/report_progress.h"
#include "app/worker_process.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "ledger/content_store.h"
#include "ledger/format/envelope.h"

namespace saiph::app {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxLabel = 255;
constexpr std::size_t kMaxPath = 4096;
/// People see at most ten updates a second; the database, which they see after a reload, one.
constexpr std::chrono::milliseconds kUpdatePause{100};
constexpr std::chrono::milliseconds kRowPause{1000};
/// How long a job that is recorded waits until its findings can be seen.
constexpr std::chrono::seconds kIndexPatience{10};
constexpr std::size_t kReportInMemory = 256U << 10;
/// Left on the disk for the ledger, which must be able to record that something was refused.
constexpr std::uint64_t kSpareBytes = std::uint64_t{64} << 20;
constexpr const char* kStopped =
    "the server was stopped before this was done; have it scanned again";

control::Actor actor_of(const ScanRequester& requester) {
  if (requester.account.empty()) return control::Actor::system();
  return requester.by_token ? control::Actor::token(requester.account)
                            : control::Actor::session(requester.account);
}

bool is_label(std::string_view text) {
  return text.size() <= kMaxLabel && to_valid_utf8(text) == text &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
}

std::string_view last_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string signal_text(int number) {
  switch (number) {
    case SIGKILL:
      return "was killed (out of memory?)";
    case SIGXCPU:
      return "used more processor time than it may";
    case SIGXFSZ:
      return "wrote a larger temporary file than it may";
    case SIGSYS:
      return "tried what it must not do and was stopped; treat the file as hostile";
    default:
      return fmt::format("ended by signal {}; treat the file as hostile", number);
  }
}

}  // namespace

/// How much of the disk all uploads together hold.
class UploadRoom {
 public:
  explicit UploadRoom(std::uint64_t limit) : limit_(limit) {}
  bool take(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > limit_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
  }
  std::uint64_t used() const {
    const std::lock_guard lock(mutex_);
    return used_;
  }

 private:
  mutable std::mutex mutex_;
  const std::uint64_t limit_;
  std::uint64_t used_ = 0;  // guarded by mutex_; never over limit_
};

namespace {

/// A file without a name, so that nothing is left of it after a crash, and its room.
class Upload final : public ScanUpload {
 public:
  Upload(FileHandle file, std::shared_ptr<UploadRoom> room, std::uint64_t held, std::uint64_t limit)
      : file_(std::move(file)), room_(std::move(room)), held_(held), limit_(limit) {}
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  ~Upload() override { room_->give_back(held_); }

  Status write(ByteView bytes) override {
    if (bytes.size() > limit_ - size_) {
      return Error(ErrorCode::kLimit, "the upload is larger than one may be");
    }
    const std::uint64_t after = size_ + bytes.size();
    if (after > held_) {
      if (!room_->take(after - held_)) {
        return Error(ErrorCode::kLimit, "too many uploads wait to be scanned; try again later");
      }
      held_ = after;
    }
    while (!bytes.empty()) {
      const ::ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        return Error(ErrorCode::kUnavailable,
                     "the upload cannot be kept: " + system_message(errno));
      }
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      size_ += static_cast<std::uint64_t>(n);
    }
    return {};
  }
  std::uint64_t size() const override { return size_; }
  int descriptor() const { return file_.get(); }
  /// From now on it can only be read: the worker gets this descriptor.
  Status close_for_writing() {
    const std::string name = fmt::format("/proc/self/fd/{}", file_.get());
    FileHandle file(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
      return Error(ErrorCode::kUnavailable, "the upload cannot be read: " + system_message(errno));
    }
    file_ = std::move(file);
    return {};
  }

 private:
  FileHandle file_;
  std::shared_ptr<UploadRoom> room_;
  std::uint64_t held_;
  const std::uint64_t limit_;
  std::uint64_t size_ = 0;
};

}  // namespace

struct ScanRunner::Job {
  std::string id;
  std::string label;
  std::string path;  // of a path job
  std::unique_ptr<Upload> upload;
  control::Actor actor;
  CancelSignal cancel;

  mutable std::mutex mutex;
  ScanUpdate update;            // guarded by mutex
  Clock::time_point told{};     // guarded by mutex: when watchers last heard of it
  bool cancelled = false;       // guarded by mutex
  control::Actor cancelled_by;  // guarded by mutex

  Job(control::Actor who, CancelSignal signal) : actor(std::move(who)), cancel(std::move(signal)) {}
};

struct ScanRunner::Ending {
  ScanState state = ScanState::kFailed;
  std::optional<Verdict> verdict;
  std::optional<std::uint64_t> ledger_index;
  std::string error;

  static Ending failed(std::string error) {
    Ending ending;
    ending.error = std::move(error);
    return ending;
  }
  static Ending cancelled() {
    Ending ending;
    ending.state = ScanState::kCancelled;
    return ending;
  }
};

struct ScanRunner::Watchers {
  std::mutex mutex;
  std::map<std::uint64_t, std::function<void(const ScanUpdate&)>> by_number;  // guarded by mutex
  std::uint64_t next = 0;                                                     // guarded by mutex
};

class ScanRunner::Subscription final : public ScanSubscription {
 public:
  Subscription(std::shared_ptr<Watchers> watchers, std::uint64_t number)
      : watchers_(std::move(watchers)), number_(number) {}
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;
  ~Subscription() override {
    // Calls are made under this lock: when it is ours, none is running.
    const std::lock_guard lock(watchers_->mutex);
    watchers_->by_number.erase(number_);
  }

 private:
  std::shared_ptr<Watchers> watchers_;
  std::uint64_t number_;
};

ScanRunner::ScanRunner(ScanRunnerOptions options, control::State& state, EvidenceKeeper& keeper,
                       Now now, Log log)
    : options_(std::move(options)),
      state_(state),
      keeper_(keeper),
      now_(std::move(now)),
      log_(std::move(log)),
      watchers_(std::make_shared<Watchers>()),
      room_(std::make_shared<UploadRoom>(options_.uploads_bytes)) {
  for (std::uint64_t i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
}

ScanRunner::~ScanRunner() {
  stop(std::chrono::milliseconds(0));
}

void ScanRunner::stop(std::chrono::milliseconds patience) {
  if (threads_.empty()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    idle_.wait_for(lock, patience, [this] { return figures_.running == 0; });
    for (const auto& [id, job] : jobs_) job->cancel.raise();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  // What never began.
  std::deque<std::shared_ptr<Job>> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(queue_);
  }
  for (const auto& job : left) finish(*job, Ending::failed(kStopped));
}

Result<std::unique_ptr<ScanUpload>> ScanRunner::begin_upload(
    std::optional<std::uint64_t> announced) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error(ErrorCode::kUnavailable, "the server is stopping");
    if (queue_.size() + reserved_ >= options_.queue) {
      return Error(ErrorCode::kLimit, "too many scans wait; try again later");
    }
  }
  const std::uint64_t size = announced.value_or(0);
  if (size > options_.upload_bytes) {
    return Error(ErrorCode::kLimit, "the upload is larger than one may be");
  }
  struct statvfs disk{};
  if (::statvfs(options_.upload_folder.c_str(), &disk) == 0) {
    const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (free < kSpareBytes || size > free - kSpareBytes) {
      return Error(ErrorCode::kUnavailable, "there is no room on the server's disk");
    }
  }
  std::string name = options_.upload_folder + "/upload-XXXXXX";
  FileHandle file(::mkostemp(name.data(), O_CLOEXEC));
  if (file.get() < 0) {
    return Error(ErrorCode::kUnavailable, "the upload cannot be kept: " + system_message(errno));
  }
  if (::unlink(name.c_str()) != 0) return Error(ErrorCode::kUnavailable, system_message(errno));
  if (!room_->take(size)) {
    return Error(ErrorCode::kLimit, "too many uploads wait to be scanned; try again later");
  }
  return std::make_unique<Upload>(std::move(file), room_, size, options_.upload_bytes);
}

/// Errors: kDenied outside the roots, kNotFound, kInvalidArgument.
Result<std::string> ScanRunner::inside_roots(const std::string& path) const {
  if (!path.starts_with('/') || path.size() > kMaxPath || path.find('\0') != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument, "a path to scan begins with /");
  }
  const auto is_inside = [](std::string_view name, std::string_view root) {
    return root == "/" || name == root ||
           (name.starts_with(root) && name.substr(root.size()).starts_with('/'));
  };
  const Error outside(ErrorCode::kDenied, options_.roots.empty()
                                              ? "this server scans uploads only: no folder is set "
                                                "up for paths (scan.roots)"
                                              : "the path is in none of the folders that this "
                                                "server may scan");
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  if (!resolved) {
    // Whether something exists elsewhere is nobody's business.
    const bool near = path.find("/../") == std::string::npos && !path.ends_with("/..") &&
                      std::any_of(options_.roots.begin(), options_.roots.end(),
                                  [&](const std::string& root) { return is_inside(path, root); });
    return near ? Error(ErrorCode::kNotFound, "no such file or folder") : outside;
  }
  std::string name(resolved.get());
  const bool inside = std::any_of(options_.roots.begin(), options_.roots.end(),
                                  [&](const std::string& root) { return is_inside(name, root); });
  if (!inside) return outside;
  return name;
}

Result<std::string> ScanRunner::submit(ScanOrder order) {
  if ((order.upload != nullptr) != order.path.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a scan is of an upload or of a path");
  }
  SAIPH_TRY(CancelSignal signal, CancelSignal::make());
  auto job = std::make_shared<Job>(actor_of(order.requested_by), std::move(signal));
  if (order.upload) {
    auto* const upload = dynamic_cast<Upload*>(order.upload.get());
    if (upload == nullptr) {
      return Error(ErrorCode::kInternal, "an upload of another service");
    }
    order.upload.release();  // NOLINT(bugprone-unused-return-value): `upload` is the same object
    job->upload.reset(upload);
    SAIPH_CHECK(job->upload->close_for_writing());
  } else {
    SAIPH_TRY(job->path, inside_roots(order.path));
  }
  job->label = order.label;
  if (job->label.empty()) {
    job->label = job->upload ? std::string("upload") : to_valid_utf8(last_name(job->path));
    if (job->label.empty() || !is_label(job->label)) job->label = "path";
  }
  if (!is_label(job->label)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a label is at most 255 bytes of UTF-8 without control characters");
  }
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error(ErrorCode::kUnavailable, "the server is stopping");
    if (queue_.size() + reserved_ >= options_.queue) {
      return Error(ErrorCode::kLimit, "too many scans wait; try again later");
    }
    ++reserved_;
  }
  const auto row = state_.scans().create(
      {job->upload ? ScanKind::kUpload : ScanKind::kPath, job->label, job->path}, job->actor,
      now_());
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    --reserved_;
    if (!row) return row.error();
    id = row->id;
    job->id = id;
    job->update.job = id;
    queue_.push_back(job);
    jobs_[id] = job;
  }
  publish(*job, {});
  wake_.notify_one();
  return id;
}

Status ScanRunner::cancel(std::string_view id, const ScanRequester& by) {
  std::shared_ptr<Job> job;
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it != jobs_.end()) {
      job = it->second;
      const auto place = std::find(queue_.begin(), queue_.end(), job);
      waiting = place != queue_.end();
      if (waiting) queue_.erase(place);
    }
  }
  if (!job) {
    SAIPH_TRY(const control::ScanJob row, state_.scans().get(id));
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the scan has ended already: {}", name_of(row.state)));
  }
  {
    const std::lock_guard lock(job->mutex);
    job->cancelled = true;
    job->cancelled_by = actor_of(by);
  }
  job->cancel.raise();
  if (waiting) finish(*job, Ending::cancelled());
  return {};
}

Result<ScanUpdate> ScanRunner::current(std::string_view id) const {
  std::shared_ptr<Job> job;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return Error(ErrorCode::kNotFound, "no such scan runs or waits");
    job = it->second;
  }
  const std::lock_guard lock(job->mutex);
  return job->update;
}

std::unique_ptr<ScanSubscription> ScanRunner::watch(std::function<void(const ScanUpdate&)> take) {
  const std::lock_guard lock(watchers_->mutex);
  const std::uint64_t number = watchers_->next++;
  watchers_->by_number.emplace(number, std::move(take));
  return std::make_unique<Subscription>(watchers_, number);
}

/// Changes what is known of a job, and tells whoever watches. Order is kept by the watchers' lock.
void ScanRunner::publish(Job& job, const std::function<void(ScanUpdate&)>& change) {
  const std::lock_guard order(watchers_->mutex);
  ScanUpdate copy;
  {
    const std::lock_guard lock(job.mutex);
    if (change) change(job.update);
    const auto now = Clock::now();
    const bool news = job.update.files == 0 || is_final(job.update.state);
    if (!news && now - job.told < kUpdatePause) return;
    job.told = now;
    copy = job.update;
  }
  for (const auto& [number, take] : watchers_->by_number) take(copy);
}

Result<std::shared_ptr<const ByteSource>> ScanRunner::report(std::string_view id) const {
  SAIPH_TRY(const control::ScanJob row, state_.scans().get(id));
  if (!row.ledger_index) return Error(ErrorCode::kNotFound, "this scan has no report");
  SAIPH_TRY(const Bytes entry, keeper_.ledger().entry(*row.ledger_index));
  SAIPH_TRY(const ledger::Envelope envelope, ledger::decode_envelope(entry));
  SAIPH_TRY(const ledger::Statement statement, ledger::decode_statement(envelope.payload));
  SAIPH_TRY(const auto bodies, ledger::content_of(statement));
  if (bodies.empty()) return Error(ErrorCode::kNotFound, "the entry names no report");
  const Digest& digest = bodies.front().digest;
  SAIPH_TRY(const auto state, ledger::check_content(keeper_.folder(), digest));
  if (state != ledger::ContentState::kWhole) {
    return Error(ErrorCode::kMalformed, state == ledger::ContentState::kMissing
                                            ? "the report's body is not in the content store"
                                            : "the report's body is not what was signed");
  }
  SAIPH_TRY(auto file,
            keeper_.folder().open(ledger::content_name(digest), ledger::OpenMode::kRead));
  return std::shared_ptr<const ByteSource>(std::move(file));
}

ScanFigures ScanRunner::figures() const {
  const std::lock_guard lock(mutex_);
  ScanFigures figures = figures_;
  figures.queued = queue_.size();
  figures.upload_bytes = room_->used();
  return figures;
}

void ScanRunner::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const std::shared_ptr<Job> job = queue_.front();
    queue_.pop_front();
    ++figures_.running;
    lock.unlock();
    run_job(*job);
    lock.lock();
    --figures_.running;
    idle_.notify_all();
  }
}

void ScanRunner::run_job(Job& job) {
  if (const Status started = state_.scans().start(job.id, now_()); !started) {
    finish(job, Ending::failed("the state cannot be written: " + started.error().describe()));
    return;
  }
  publish(job, [](ScanUpdate& update) { update.state = ScanState::kRunning; });
  finish(job, examine(job));
}

std::vector<std::string> ScanRunner::worker_arguments(const Job& job) const {
  std::vector<std::string> arguments = {
      "scan",   "--format", "jsonl",  "--digest",
      "always", "--quiet",  "--jobs", std::to_string(options_.threads)};
  if (!options_.policy_file.empty()) {
    arguments.insert(arguments.end(), {"--policy", options_.policy_file});
  }
  if (!options_.suppress_file.empty()) {
    arguments.insert(arguments.end(), {"--suppress", options_.suppress_file});
  }
  if (job.upload) {
    arguments.insert(arguments.end(), {"--stdin-name=" + job.label, "-"});
  } else {
    arguments.insert(arguments.end(), {"--", job.path});
  }
  return arguments;
}

ScanRunner::Ending ScanRunner::examine(Job& job) {
  WorkerTask task;
  task.arguments = worker_arguments(job);
  task.input = job.upload ? job.upload->descriptor() : -1;
  task.spool_folder = options_.spool_folder;
  task.wall_time = options_.wall_time;
  task.memory_bytes = options_.memory_bytes;
  task.spool_file_bytes = Limits::strict().inflated_bytes + (std::uint64_t{1} << 30);
  task.cpu_time = std::chrono::duration_cast<std::chrono::seconds>(options_.wall_time) *
                      static_cast<std::int64_t>(options_.threads) +
                  std::chrono::seconds(1);
  if (job.upload && ::lseek(task.input, 0, SEEK_SET) != 0) {
    return Ending::failed("the upload cannot be read");
  }
  Spool spool(kReportInMemory);
  ReportProgress progress;
  Clock::time_point row_written = Clock::now();
  Status kept;
  task.take = [&](ByteView block) {
    if (spool.size() + block.size() > options_.report_bytes) {
      kept = Error(ErrorCode::kLimit,
                   fmt::format("the report is longer than {} bytes", options_.report_bytes));
      return false;
    }
    kept = spool.append(block);
    if (!kept) return false;
    progress.take(block);
    publish(job, [&](ScanUpdate& update) {
      update.files = progress.files();
      update.bytes = progress.bytes();
      update.findings = progress.findings();
    });
    if (Clock::now() - row_written >= kRowPause) {
      row_written = Clock::now();
      // Only a view: the end of the job is what counts.
      (void)state_.scans().progress(job.id, progress.files(), progress.bytes(),
                                    progress.findings());
    }
    return true;
  };
  const auto worker = run_worker(task, job.cancel);
  if (!worker) return Ending::failed(worker.error().describe());
  const std::string said = escape_terminal(shorten(worker->messages, 500));
  switch (worker->end) {
    case WorkerEnd::kCancelled: {
      const std::lock_guard lock(job.mutex);
      return job.cancelled ? Ending::cancelled() : Ending::failed(kStopped);
    }
    case WorkerEnd::kTimeout:
      return Ending::failed(
          fmt::format("it took longer than {} s", options_.wall_time.count() / 1000));
    case WorkerEnd::kRefused:
      return Ending::failed(kept ? "the report cannot be kept" : kept.error().describe());
    case WorkerEnd::kSignal:
      return Ending::failed("the scan " + signal_text(worker->code));
    case WorkerEnd::kExited:
      break;
  }
  (void)state_.scans().progress(job.id, progress.files(), progress.bytes(), progress.findings());
  // 0 nothing found, 1 findings, 3 incomplete: there is a report.
  if (worker->code != 0 && worker->code != 1 && worker->code != 3) {
    return Ending::failed(fmt::format("the scan ended with {}: {}", worker->code, said));
  }
  const auto report = spool.finish();
  if (!report) return Ending::failed(report.error().describe());
  return record(job, worker->code, **report);
}

ScanRunner::Ending ScanRunner::record(Job& job, int exit_code, const ByteSource& report) {
  ReportOrigin origin;
  origin.job = job.id;
  origin.upload = job.path.empty();
  if (!job.actor.account.empty()) {
    origin.actor = "hmac-" + state_.actor_digest(job.actor.account).text();
  }
  const auto recorded = record_report(
      keeper_.folder(), report, exit_code, origin,
      [this](const ledger::Statement& statement) { return keeper_.record(statement); });
  if (!recorded) {
    return Ending::failed("the report was not recorded: " + recorded.error().describe());
  }
  if (!keeper_.wait_indexed(recorded->receipt.index, kIndexPatience)) {
    log_("a scan is recorded, but the index has not followed yet");
  }
  Ending ending;
  ending.state = ScanState::kDone;
  ending.verdict = recorded->figures.verdict();
  ending.ledger_index = recorded->receipt.index;
  return ending;
}

void ScanRunner::finish(Job& job, const Ending& ending) {
  control::Actor actor = control::Actor::system();
  if (ending.state == ScanState::kCancelled) {
    const std::lock_guard lock(job.mutex);
    actor = job.cancelled_by;
  }
  const auto row = state_.scans().finish(
      job.id, {ending.state, ending.verdict, ending.ledger_index, ending.error}, actor, now_());
  if (!row) {
    log_(fmt::format("the end of scan {} cannot be written: {}", job.id,
                     escape_terminal(row.error().describe())));
  }
  job.upload.reset();
  std::shared_ptr<Job> alive;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(job.id);
    if (it != jobs_.end()) {
      alive = it->second;
      jobs_.erase(it);
    }
    figures_.done += ending.state == ScanState::kDone ? 1U : 0U;
    figures_.failed += ending.state == ScanState::kFailed ? 1U : 0U;
    figures_.cancelled += ending.state == ScanState::kCancelled ? 1U : 0U;
  }
  publish(job, [&](ScanUpdate& update) {
    update.state = ending.state;
    update.verdict = ending.verdict;
    update.ledger_index = ending.ledger_index;
    update.error = ending.error;
  });
}

}  // namespace saiph::app
