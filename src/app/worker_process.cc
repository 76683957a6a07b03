#include "app/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <utility>

namespace saiph::app {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBlock = 64U << 10;
constexpr std::size_t kMessageBytes = 4096;
constexpr int kCannotStart = 127;
/// Scanning must leave the processor to who answers people.
constexpr int kNiceness = 5;
/// How often the end of a child is looked for that has closed its output.
constexpr std::chrono::milliseconds kPause{2};

// A sanitised build reserves terabytes of addresses.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitised = true;
#else
constexpr bool kSanitised = false;
#endif

Error system_error(const std::string& what) {
  return {ErrorCode::kUnavailable, what + ": " + system_message(errno)};
}

struct Pipe {
  FileHandle read;
  FileHandle write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("no pipe can be made");
  return Pipe{FileHandle(ends[0]), FileHandle(ends[1])};
}

void limit(int resource, std::uint64_t value) {
  // A lower hard limit of the whole program stays in force; a failure here cannot be told anybody.
  struct rlimit present{};
  (void)::getrlimit(static_cast<__rlimit_resource>(resource), &present);
  const auto wanted = std::min<::rlim_t>(value, present.rlim_max);
  const struct rlimit both{wanted, wanted};
  (void)::setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

/// All that the child needs, made before it exists: between fork and exec only system calls are
/// safe, because other threads may have held any lock.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int input = -1;
  int output = -1;
  int messages = -1;
  ::pid_t parent = 0;
};

[[noreturn]] void become_worker(const WorkerTask& task, const Prepared& prepared) {
  (void)::setpgid(0, 0);
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != prepared.parent) ::_exit(kCannotStart);
  ::sigset_t none{};
  (void)::sigemptyset(&none);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): after fork(), where one thread is left
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int number : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): after fork(), where one thread is left
    (void)std::signal(number, SIG_DFL);
  }
  if (::dup2(prepared.input, STDIN_FILENO) < 0 || ::dup2(prepared.output, STDOUT_FILENO) < 0 ||
      ::dup2(prepared.messages, STDERR_FILENO) < 0 ||
      ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0U) != 0) {
    ::_exit(kCannotStart);
  }
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, 256);
  if (task.spool_file_bytes != 0) limit(RLIMIT_FSIZE, task.spool_file_bytes);
  if (task.cpu_time.count() != 0) {
    limit(RLIMIT_CPU, static_cast<std::uint64_t>(task.cpu_time.count()));
  }
  if (task.memory_bytes != 0 && !kSanitised) limit(RLIMIT_AS, task.memory_bytes);
  (void)::setpriority(PRIO_PROCESS, 0, kNiceness);
  // Not by its path: that may be another version by now.
  (void)::execve("/proc/self/exe", prepared.arguments.data(), prepared.environment.data());
  ::_exit(kCannotStart);
}

/// Kills and reaps what is left when it goes out of scope.
class Child {
 public:
  explicit Child(::pid_t process) : process_(process) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (status_) return;
    kill();
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  void kill() const {
    (void)::kill(-process_, SIGKILL);  // its group, which it may not have made yet
    (void)::kill(process_, SIGKILL);
  }
  /// Its status, once it has ended.
  std::optional<int> ended() {
    int status = 0;
    if (!status_ && ::waitpid(process_, &status, WNOHANG) == process_) status_ = status;
    return status_;
  }

 private:
  ::pid_t process_;
  std::optional<int> status_;
};

int milliseconds_until(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 1000));
}

/// Follows a child to its end.
class Follower {
 public:
  Follower(const WorkerTask& task, const CancelSignal& cancel, Pipe output, Pipe messages)
      : task_(task),
        cancel_(cancel),
        output_(std::move(output.read)),
        messages_(std::move(messages.read)),
        end_(Clock::now() + task.wall_time),
        block_(kBlock) {}

  WorkerResult run(Child& child) {
    while (open_ && read_some()) {
    }
    while (!stopped_ && !child.ended() && go_on()) {
      (void)::poll(nullptr, 0, static_cast<int>(kPause.count()));
    }
    // What it said last, when it ended before it was read.
    drain_messages();
    if (stopped_) {
      result_.end = *stopped_;
      return std::move(result_);
    }
    const int status = child.ended().value_or(0);
    result_.end = WIFEXITED(status) ? WorkerEnd::kExited : WorkerEnd::kSignal;
    result_.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    return std::move(result_);
  }

 private:
  bool go_on() {
    if (cancel_.raised()) stopped_ = WorkerEnd::kCancelled;
    if (!stopped_ && Clock::now() >= end_) stopped_ = WorkerEnd::kTimeout;
    return !stopped_;
  }

  bool read_some() {
    std::array<struct pollfd, 3> wait{{{output_.get(), POLLIN, 0},
                                       {cancel_.descriptor(), POLLIN, 0},
                                       {messages_.get(), POLLIN, 0}}};
    if (::poll(wait.data(), wait.size(), milliseconds_until(end_)) < 0 && errno != EINTR) {
      open_ = false;
    }
    if (!go_on()) return false;
    if (wait[2].revents != 0) read_messages();
    if (wait[0].revents == 0) return true;
    const ::ssize_t n = ::read(output_.get(), block_.data(), block_.size());
    if (n < 0 && errno == EINTR) return true;
    if (n <= 0) {
      open_ = false;
    } else if (!task_.take(ByteView(block_).first(static_cast<std::size_t>(n)))) {
      stopped_ = WorkerEnd::kRefused;
      return false;
    }
    return true;
  }

  /// False at its end.
  bool read_messages() {
    const ::ssize_t n = ::read(messages_.get(), block_.data(), block_.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return errno == EINTR;
    if (n <= 0) {
      messages_ = FileHandle();
      return false;
    }
    const auto room = kMessageBytes - std::min(kMessageBytes, result_.messages.size());
    result_.messages +=
        as_text(ByteView(block_).first(static_cast<std::size_t>(n))).substr(0, room);
    return true;
  }

  void drain_messages() {
    while (messages_.get() >= 0 && read_messages()) {
    }
  }

  const WorkerTask& task_;
  const CancelSignal& cancel_;
  FileHandle output_;
  FileHandle messages_;
  Clock::time_point end_;
  Bytes block_;
  WorkerResult result_;
  std::optional<WorkerEnd> stopped_;
  bool open_ = true;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

Result<CancelSignal> CancelSignal::make() {
  const int flag = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (flag < 0) return system_error("no descriptor for a signal");
  return CancelSignal(FileHandle(flag));
}

void CancelSignal::raise() const {
  (void)::eventfd_write(flag_.get(), 1);
}

bool CancelSignal::raised() const {
  struct pollfd wait{flag_.get(), POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

Result<WorkerResult> run_worker(const WorkerTask& task, const CancelSignal& cancel) {
  SAIPH_TRY(Pipe output, make_pipe());
  SAIPH_TRY(Pipe messages, make_pipe());
  if (::fcntl(messages.read.get(), F_SETFL, O_NONBLOCK) != 0) return system_error("pipe");
  FileHandle empty;
  if (task.input < 0) {
    empty = FileHandle(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (empty.get() < 0) return system_error("/dev/null");
  }
  std::vector<std::string> arguments = {"saiph"};
  arguments.insert(arguments.end(), task.arguments.begin(), task.arguments.end());
  // Nothing of ours: what the program was started with may hold secrets.
  std::vector<std::string> environment = {"LANG=C.UTF-8", "PATH=/usr/bin:/bin",
                                          "TMPDIR=" + task.spool_folder};
  Prepared prepared;
  prepared.arguments = pointers(arguments);
  prepared.environment = pointers(environment);
  prepared.input = task.input >= 0 ? task.input : empty.get();
  prepared.output = output.write.get();
  prepared.messages = messages.write.get();
  prepared.parent = ::getpid();
  const ::pid_t process = ::fork();
  if (process < 0) return system_error("no process can be started");
  if (process == 0) become_worker(task, prepared);
  Child child(process);
  output.write = FileHandle();
  messages.write = FileHandle();
  Follower follower(task, cancel, std::move(output), std::move(messages));
  WorkerResult result = follower.run(child);
  if (result.end == WorkerEnd::kExited && result.code == kCannotStart) {
    return Error(ErrorCode::kUnavailable, "the worker cannot be started");
  }
  return result;
}

}  // namespace saiph::app
