// ScanService: the port through which the server has artefacts scanned. It knows nothing of how:
// app implements it with one confined child process a job.
//
// A job's history (label, times, who asked) is a row of the state database; this port starts,
// watches and ends jobs, and hands out their reports.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"
#include "domain/severity.h"

namespace saiph {

enum class ScanState : std::uint8_t { kQueued, kRunning, kDone, kFailed, kCancelled };
enum class ScanKind : std::uint8_t { kUpload, kPath };

std::string_view name_of(ScanState state);  ///< "queued", "running", "done", "failed", "cancelled"
std::string_view name_of(ScanKind kind);    ///< "upload", "path"
/// The inverse of name_of; nothing for any other text.
std::optional<ScanState> parse_scan_state(std::string_view text);
std::optional<ScanKind> parse_scan_kind(std::string_view text);
/// Done, failed or cancelled: nothing follows.
constexpr bool is_final(ScanState state) {
  return state >= ScanState::kDone;
}

/// A file on its way in. Destroyed without being submitted, it is gone. One thread at a time.
class ScanUpload {
 public:
  virtual ~ScanUpload() = default;
  /// Errors: kLimit (larger than one upload may be, or all waiting ones together), kUnavailable
  /// (disk full). After an error the upload is of no use.
  virtual Status write(ByteView bytes) = 0;
  virtual std::uint64_t size() const = 0;
};

/// Who asks: an account of the state database, itself or by one of its API tokens; no account for
/// the system itself.
struct ScanRequester {
  std::string account;
  bool by_token = false;
};

/// What to scan: an upload, or else a path.
struct ScanOrder {
  /// What people call it; an upload's name in the report. UTF-8 without control characters, 1 to
  /// 255 bytes; empty: the path's last name, or "upload".
  std::string label;
  std::unique_ptr<ScanUpload> upload;
  /// Absolute; must be inside one of the configured roots after symbolic links were resolved.
  std::string path;
  ScanRequester requested_by;
};

/// Where a job stands. A job's updates come in order; figures never fall.
struct ScanUpdate {
  std::string job;  ///< UUIDv7
  ScanState state = ScanState::kQueued;
  std::uint64_t files = 0;     ///< examined until now
  std::uint64_t bytes = 0;     ///< of these files
  std::uint64_t findings = 0;  ///< not suppressed, in these files
  /// When done. The worst over all files: findings, else incomplete, else clean.
  std::optional<Verdict> verdict;
  std::optional<std::uint64_t> ledger_index;  ///< when done: the entry with the report
  std::string error;  ///< when failed: one sentence for the person who asked
};

/// Destroyed: no call is running and none will come. Not to be destroyed from its own callback.
class ScanSubscription {
 public:
  virtual ~ScanSubscription() = default;
};

/// Figures for metrics, since the start.
struct ScanFigures {
  std::uint64_t queued = 0;   ///< now
  std::uint64_t running = 0;  ///< now
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t upload_bytes = 0;  ///< held now by uploads that wait or run
};

/// Any thread.
class ScanService {
 public:
  virtual ~ScanService() = default;

  /// Makes room for an upload. `announced` is the length that the client declared, if it did.
  /// Errors: kLimit (too large, too many wait), kUnavailable (no room, or shutting down).
  virtual Result<std::unique_ptr<ScanUpload>> begin_upload(
      std::optional<std::uint64_t> announced) = 0;

  /// Queues a job and answers its id; it is in the state database when this answers.
  /// Errors: kInvalidArgument (label, neither or both of upload and path, relative path), kNotFound
  /// (no such path), kDenied (outside the configured roots, or there are none), kLimit (the queue
  /// is full), kUnavailable (shutting down; the state cannot be written).
  virtual Result<std::string> submit(ScanOrder order) = 0;

  /// Ends a job; a queued one at once, a running one within a second or so. What was examined until
  /// then is not recorded. Errors: kNotFound; kInvalidArgument when it has ended already.
  virtual Status cancel(std::string_view job, const ScanRequester& by) = 0;

  /// Where a queued or running job stands now; kNotFound for all others (the state database knows).
  virtual Result<ScanUpdate> current(std::string_view job) const = 0;

  /// Every update of every job from now on, at most ten a second and job; the final one always.
  /// `take` is called on the service's threads: it must be quick and must not call the service.
  virtual std::unique_ptr<ScanSubscription> watch(std::function<void(const ScanUpdate&)> take) = 0;

  /// The report of a job that is done: JSON Lines as docs/formats/scan-report.md says, the very
  /// bytes that the ledger's entry names. Errors: kNotFound (no such job, or it has no report),
  /// kMalformed (the body is not what was signed), kUnavailable.
  virtual Result<std::shared_ptr<const ByteSource>> report(std::string_view job) const = 0;

  virtual ScanFigures figures() const = 0;
};

}  // namespace saiph
