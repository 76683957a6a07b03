// Scan jobs: who asked for what, how far it is, what came out. The running is app's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"
#include "control/page.h"
#include "domain/scan_service.h"
#include "domain/severity.h"

namespace saiph::control {

class StateCore;

struct ScanJob {
  std::string id;  ///< UUIDv7
  ScanKind kind = ScanKind::kUpload;
  std::string label;
  std::string path;  ///< for ScanKind::kPath
  ScanState state = ScanState::kQueued;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t findings = 0;
  std::optional<Verdict> verdict;             ///< when done
  std::optional<std::uint64_t> ledger_index;  ///< of the report
  std::string requested_by;                   ///< account id; empty: the system
  UnixMillis created = 0;
  std::optional<UnixMillis> started;
  std::optional<UnixMillis> finished;
  std::string error;  ///< when failed
};

struct NewScanJob {
  ScanKind kind = ScanKind::kUpload;
  std::string label = {};  ///< 1 to 255 bytes of UTF-8 without control characters
  std::string path = {};   ///< at most 4096 bytes
};

struct ScanOutcome {
  ScanState state = ScanState::kDone;  ///< a final one
  std::optional<Verdict> verdict = {};
  std::optional<std::uint64_t> ledger_index = {};
  std::string error = {};  ///< cut at 2048 bytes
};

/// States go queued -> running -> done, failed or cancelled, and queued -> failed or cancelled;
/// every other step is kConflict. Errors of all: as Accounts. Any thread.
class ScanJobs {
 public:
  explicit ScanJobs(StateCore& core) : core_(core) {}

  /// Queued. Journalled as "scan-requested"; `actor.account` is who asked.
  Result<ScanJob> create(const NewScanJob& job, const Actor& actor, UnixMillis now);
  Result<ScanJob> get(std::string_view id) const;
  /// Newest first.
  Result<Page<ScanJob>> list(std::optional<ScanState> state, const PageRequest& page) const;
  Status start(std::string_view id, UnixMillis now);
  /// Figures of a running job; they never fall. Not synced to the medium by itself.
  Status progress(std::string_view id, std::uint64_t files, std::uint64_t bytes,
                  std::uint64_t findings);
  /// Journalled when cancelled ("scan-cancelled"); what else came out, the report says.
  Result<ScanJob> finish(std::string_view id, const ScanOutcome& outcome, const Actor& actor,
                         UnixMillis now);
  /// At the start: what a stopped program left queued or running is failed. Answers how many.
  Result<std::uint64_t> fail_unfinished(std::string_view error, UnixMillis now);

  struct Counts {
    std::uint64_t queued = 0;
    std::uint64_t running = 0;
    std::uint64_t failed_since = 0;
  };
  /// `since`: from when failed ones count.
  Result<Counts> counts(UnixMillis since) const;

 private:
  StateCore& core_;
};

}  // namespace saiph::control
