#include "app/progress_display.h"

#include <fmt/format.h>

#include <chrono>

namespace saiph::app {

namespace {

constexpr std::chrono::milliseconds kQuietStart{1000};
constexpr std::chrono::milliseconds kStep{250};

}  // namespace

ProgressDisplay::ProgressDisplay(const scan::Progress& progress, std::ostream& err)
    : progress_(progress), err_(err), thread_([this] { run(); }) {}

ProgressDisplay::~ProgressDisplay() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void ProgressDisplay::run() {
  const auto started = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  bool shown = false;
  auto pause = kQuietStart;
  while (!wake_.wait_for(lock, pause, [this] { return done_; })) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    err_ << fmt::format("\r\x1b[Kscanning: {} files, {:.1f} MB, {:.0f} s", progress_.files.load(),
                        static_cast<double>(progress_.bytes.load()) / 1e6, seconds)
         << std::flush;
    shown = true;
    pause = kStep;
  }
  if (shown) err_ << "\r\x1b[K" << std::flush;
}

}  // namespace saiph::app
