#include "sandbox/confine.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

namespace saiph::sandbox {
namespace {

/// Runs `body` in a confined child; the child's wait status.
int in_confined_child(const ConfineOptions& options,
                      const std::function<int(const Confinement&)>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto confinement = confine(options);
    ::_exit(confinement ? body(*confinement) : 99);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool killed(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

TEST(Confine, ForbiddenCallsKill) {
  EXPECT_TRUE(killed(in_confined_child(
      {}, [](const Confinement&) { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 1 : 2; })));
  EXPECT_TRUE(killed(in_confined_child({}, [](const Confinement&) {
    char name[] = "/bin/true";
    char* const arguments[] = {name, nullptr};
    ::execve(name, arguments, nullptr);
    return 1;
  })));
}

TEST(Confine, NobodyElseGetsASignal) {
  const pid_t parent = ::getpid();
  EXPECT_TRUE(killed(
      in_confined_child({}, [&](const Confinement&) { return ::kill(parent, 0) == 0 ? 1 : 2; })));
  const int status = in_confined_child({}, [](const Confinement&) {
    ::signal(SIGUSR1, [](int) { ::_exit(7); });
    ::raise(SIGUSR1);
    return 1;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << status;
}

TEST(Confine, WithoutReadingOnlyOpenFilesAreLeft) {
  const int input = ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  const int status =
      in_confined_child({.writable_folders = {"/tmp"}, .read_nothing_else = true},
                        [&](const Confinement& confinement) {
                          char byte = 0;
                          if (::pread(input, &byte, 1, 0) != 1) return 11;
                          int value = 0;
                          std::thread([&] { value = 7; }).join();
                          if (value != 7) return 12;
                          char name[] = "/tmp/saiph-confine-XXXXXX";
                          const int spool = ::mkstemp(name);
                          if (spool < 0 || ::unlink(name) != 0 || ::write(spool, "x", 1) != 1)
                            return 13;
                          const bool read = ::open("/etc/passwd", O_RDONLY) >= 0;
                          return read == confinement.file_system ? 14 : 0;
                        });
  ::close(input);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Confine, WhatAScanNeedsStillWorks) {
  const int status =
      in_confined_child({.writable_folders = {"/tmp"}}, [](const Confinement& confinement) {
        if (!confinement.system_calls) return 10;
        int value = 0;
        std::thread([&] { value = 7; }).join();
        if (value != 7) return 11;
        const int file = ::open("/proc/self/status", O_RDONLY);
        char byte = 0;
        if (file < 0 || ::read(file, &byte, 1) != 1) return 12;
        const int spool = ::open("/tmp", O_TMPFILE | O_RDWR, 0600);
        return spool >= 0 && ::write(spool, "x", 1) == 1 ? 0 : 13;
      });
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Confine, WritingElsewhereIsRefusedWhereTheKernelHasLandlock) {
  std::string pattern = ::testing::TempDir() + "saiph-confine-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const std::string victim = folder + "/victim";
  std::ofstream(victim) << "kept";
  const int status = in_confined_child({}, [&](const Confinement& confinement) {
    if (!confinement.file_system) return 20;
    return ::open(victim.c_str(), O_WRONLY | O_TRUNC) < 0 && errno == EACCES ? 0 : 1;
  });
  ASSERT_TRUE(WIFEXITED(status));
  // 20: this kernel has no Landlock, which confine() answered honestly.
  EXPECT_TRUE(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 20) << WEXITSTATUS(status);
  std::string content;
  std::ifstream(victim) >> content;
  EXPECT_EQ(content, "kept");
  ::unlink(victim.c_str());
  ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace saiph::sandbox
