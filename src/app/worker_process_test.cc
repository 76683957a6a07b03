#include "app/worker_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <thread>

namespace saiph::app {
namespace {

using testing::HasSubstr;

/// The test program is its own worker: what it does is its first argument.
int act(std::string_view what) {
  if (what == "worker-echo") {
    char block[4096];
    ssize_t n = 0;
    while ((n = ::read(0, block, sizeof block)) > 0) {
      if (::write(1, block, static_cast<std::size_t>(n)) != n) return 9;
    }
    return 3;
  }
  if (what == "worker-inside") {
    // What it got of its parent: descriptors, environment, limits, signals.
    int extra = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      if (std::stoi(entry.path().filename().string()) > 2) ++extra;
    }
    struct rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    ::sigset_t mask{};
    ::sigprocmask(SIG_SETMASK, nullptr, &mask);
    std::printf("extra=%d secret=%d tmp=%s core=%d group=%d blocked=%d\n", extra - 1,
                std::getenv("SAIPH_SECRET") != nullptr, std::getenv("TMPDIR"),
                static_cast<int>(core.rlim_cur), ::getpgrp() == ::getpid(),
                ::sigismember(&mask, SIGTERM));
    return 0;
  }
  if (what == "worker-sleep") {
    std::puts("begun");
    std::fflush(stdout);
    ::sleep(60);
  }
  if (what == "worker-closes") {
    ::close(1);
    ::close(2);
    ::sleep(60);
  }
  if (what == "worker-aborts") {
    std::fputs("sorry", stderr);
    ::raise(SIGSEGV);
  }
  if (what == "worker-floods") {
    const std::string block(1 << 16, 'x');
    while (::write(2, block.data(), block.size()) > 0 && ::write(1, block.data(), 100) > 0) {
    }
  }
  if (what == "worker-eats") {
    return std::malloc(std::size_t{3} << 30) == nullptr ? 5 : 0;
  }
  return 8;
}

struct Ran {
  Result<WorkerResult> result;
  std::string output;
};

Ran run(const char* what, std::chrono::milliseconds time = std::chrono::seconds(20),
        std::size_t most = SIZE_MAX) {
  WorkerTask task;
  task.arguments = {what};
  task.spool_folder = "/tmp/spool";
  task.wall_time = time;
  task.memory_bytes = std::uint64_t{1} << 30;
  std::string output;
  task.take = [&](ByteView block) {
    output += as_text(block);
    return output.size() <= most;
  };
  const auto cancel = CancelSignal::make();
  auto result = run_worker(task, *cancel);
  return {std::move(result), std::move(output)};
}

TEST(WorkerProcess, InputOutputAndCode) {
  char name[] = "/tmp/saiph-worker-XXXXXX";
  const FileHandle file(::mkstemp(name));
  ::unlink(name);
  const std::string text(200'000, 'a');
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::lseek(file.get(), 0, SEEK_SET);
  WorkerTask task;
  task.arguments = {"worker-echo"};
  task.input = file.get();
  task.wall_time = std::chrono::seconds(20);
  std::string output;
  task.take = [&](ByteView block) {
    output += as_text(block);
    return true;
  };
  const auto cancel = CancelSignal::make();
  const auto result = run_worker(task, *cancel);
  ASSERT_TRUE(result) << result.error().describe();
  EXPECT_EQ(result->end, WorkerEnd::kExited);
  EXPECT_EQ(result->code, 3);
  EXPECT_EQ(output, text);
}

TEST(WorkerProcess, NothingOfTheParentComesAlong) {
  const FileHandle open_file(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ::setenv("SAIPH_SECRET", "x", 1);
  ::sigset_t mask{};
  ::sigaddset(&mask, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  const Ran ran = run("worker-inside");
  ::pthread_sigmask(SIG_UNBLOCK, &mask, nullptr);
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.output, "extra=0 secret=0 tmp=/tmp/spool core=0 group=1 blocked=0\n");
}

TEST(WorkerProcess, EndsAreToldApart) {
  // A loaded machine may need longer until the worker has said something.
  std::chrono::milliseconds limit(300);
  Ran late = run("worker-sleep", limit);
  while (late.output.empty() && limit < std::chrono::minutes(1)) {
    limit *= 4;
    late = run("worker-sleep", limit);
  }
  EXPECT_EQ(late.result->end, WorkerEnd::kTimeout);
  EXPECT_EQ(late.output, "begun\n");
  // A worker that closes everything and goes on is not believed to have ended.
  EXPECT_EQ(run("worker-closes", std::chrono::milliseconds(300)).result->end, WorkerEnd::kTimeout);
  const Ran crashed = run("worker-aborts");
  EXPECT_THAT(crashed.result->messages, HasSubstr("sorry"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(crashed.result->end, WorkerEnd::kSignal);
  EXPECT_EQ(crashed.result->code, SIGSEGV);
  EXPECT_EQ(run("worker-eats").result->code, 5);
#endif
  const Ran flood = run("worker-floods", std::chrono::seconds(20), 100'000);
  EXPECT_EQ(flood.result->end, WorkerEnd::kRefused);
  EXPECT_LE(flood.result->messages.size(), 4096U);
}

TEST(WorkerProcess, IsCancelledAndLeavesNothing) {
  const auto cancel = CancelSignal::make();
  WorkerTask task;
  task.arguments = {"worker-sleep"};
  task.wall_time = std::chrono::seconds(20);
  std::thread other;
  task.take = [&](ByteView) {
    if (!other.joinable()) other = std::thread([&] { cancel->raise(); });
    return true;
  };
  const auto started = std::chrono::steady_clock::now();
  const auto result = run_worker(task, *cancel);
  other.join();
  EXPECT_EQ(result->end, WorkerEnd::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(5));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

/// Before main, so that the worker never reaches the test framework.
const bool kActed = [] {
  std::FILE* file = std::fopen("/proc/self/cmdline", "re");
  if (file == nullptr) return false;
  std::string line(4096, '\0');
  line.resize(std::fread(line.data(), 1, line.size(), file));
  std::fclose(file);
  const std::size_t end = line.find('\0');
  if (end == std::string::npos) return false;
  const std::string word = line.c_str() + end + 1;
  if (word.starts_with("worker-")) {
    const int code = act(word);
    std::fflush(stdout);
    ::_exit(code);
  }
  return true;
}();

}  // namespace
}  // namespace saiph::app
