// What requests share while the server runs.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "net/server.h"
#include "server/auditor_log.h"
#include "server/live_updates.h"
#include "server/metrics.h"
#include "server/operations.h"
#include "server/pending_totps.h"
#include "server/worker_pool.h"

namespace saiph::server {

/// Any thread.
class Parts {
 public:
  Parts(const Services& services, const ApiOptions& options)
      : live(services, options), auditor(services, options.auditor_batch_ms) {}

  Metrics metrics;
  PendingTotps totps;
  LiveUpdates live;
  AuditorLog auditor;
  /// Of the HTTP server, once there is one; and of the pools.
  std::function<net::ServerCounters()> http_counters;
  std::function<WorkerPool::Figures(Lane)> pool_figures;
  /// Exports and packs are made one at a time: each holds a copy on the disk.
  std::timed_mutex bulk_mutex;
  /// Suppressions reach the index in the order in which they were changed.
  std::mutex suppressions_mutex;
};

}  // namespace saiph::server
