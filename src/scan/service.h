// Service: many files on several threads, rows handed over in the order of the walk.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "domain/finding.h"
#include "scan/engine.h"
#include "scan/walker.h"

namespace saiph::scan {

struct ServiceOptions {
  EngineOptions engine;
  WalkOptions walk;
  unsigned jobs = 1;  ///< threads that inspect; at least 1
};

/// What a progress display may look at while the scan runs. Any thread.
struct Progress {
  std::atomic<std::uint64_t> files{0};
  std::atomic<std::uint64_t> bytes{0};
};

/// Scans everything at or below `paths`. `deliver` gets one row a file, in the order of the walk,
/// on the calling thread; returning false ends the scan early. With one job nothing else runs; with
/// more, at most 16 rows a job wait for their turn, so memory stays bounded.
void scan_paths(const std::vector<std::string>& paths, const ServiceOptions& options,
                Progress& progress, const std::function<bool(FileReport)>& deliver);

}  // namespace saiph::scan
