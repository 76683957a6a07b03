// One line on a terminal while a scan runs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <ostream>
#include <thread>

#include "scan/service.h"

namespace saiph::app {

/// Shows files and bytes on `err` after the first second, four times a second, until destroyed (the
/// line is then erased). Own thread; `progress` and `err` must outlive it.
class ProgressDisplay {
 public:
  ProgressDisplay(const scan::Progress& progress, std::ostream& err);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

 private:
  void run();

  const scan::Progress& progress_;
  std::ostream& err_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace saiph::app
