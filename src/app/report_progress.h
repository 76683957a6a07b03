// ReportProgress: reads a report in JSON Lines while it is written, for figures that people watch.
// The report comes from a process that read hostile bytes; what counts is read again, strictly,
// when it is recorded (report_evidence.h).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace saiph::app {

/// One thread at a time. Holds at most one row, and of that at most kMaxRow.
class ReportProgress {
 public:
  /// A longer row counts as one file without size and findings.
  static constexpr std::size_t kMaxRow = 1U << 20;

  void take(ByteView block);
  std::uint64_t files() const { return files_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t findings() const { return findings_; }  ///< not suppressed

 private:
  void end_row();

  Bytes row_;
  bool too_long_ = false;
  std::uint64_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t findings_ = 0;
};

}  // namespace saiph::app
