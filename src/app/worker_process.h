// A worker: this very program as a child, in its own process group, with limits, for one task that
// meets hostile bytes. The child confines itself (sandbox/confine.h); what it prints is untrusted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

namespace saiph::app {

/// Asks a running worker to stop. Any thread.
class CancelSignal {
 public:
  /// Errors: kUnavailable without descriptors.
  static Result<CancelSignal> make();
  void raise() const;
  bool raised() const;
  /// Readable once raised.
  int descriptor() const { return flag_.get(); }

 private:
  explicit CancelSignal(FileHandle flag) : flag_(std::move(flag)) {}
  FileHandle flag_;
};

struct WorkerTask {
  std::vector<std::string> arguments;  ///< behind the program's name
  int input = -1;                      ///< its standard input, not taken over; -1: empty
  std::string spool_folder;            ///< its TMPDIR
  /// Its standard output, block by block; false stops it.
  std::function<bool(ByteView)> take;
  std::chrono::milliseconds wall_time{0};
  std::uint64_t memory_bytes = 0;      ///< of its address space
  std::uint64_t spool_file_bytes = 0;  ///< of one file that it writes
  std::chrono::seconds cpu_time{0};    ///< all threads together
};

enum class WorkerEnd : std::uint8_t {
  kExited,     ///< `code` is its exit code
  kSignal,     ///< `code` is the signal; not one of ours
  kTimeout,    ///< wall time; killed
  kCancelled,  ///< killed
  kRefused,    ///< `take` answered false; killed
};

struct WorkerResult {
  WorkerEnd end = WorkerEnd::kExited;
  int code = 0;
  std::string messages;  ///< the first 4 KiB of standard error; untrusted, not escaped
};

/// Runs one worker to its end; no process is left when this answers. The child gets no descriptor
/// but the three standard ones, an environment of its own, and SIGKILL when the calling thread
/// ends. Errors: kUnavailable (no process, no pipe). Blocks. Any thread; several at a time.
Result<WorkerResult> run_worker(const WorkerTask& task, const CancelSignal& cancel);

}  // namespace saiph::app
