// Live updates: the streams of server-sent events (HTML standard, section 9.2) that are open now,
// and one thread that speaks to them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "domain/scan_service.h"
#include "net/server.h"
#include "server/services.h"

namespace saiph::server {

/// Any thread. `services` and `options` must outlive it. Streams end properly when their scan has
/// ended, when their account is gone or disabled, and after an hour (the browser then connects
/// anew, and is asked who it is).
class LiveUpdates {
 public:
  LiveUpdates(const Services& services, const ApiOptions& options);
  ~LiveUpdates();
  LiveUpdates(const LiveUpdates&) = delete;
  LiveUpdates& operator=(const LiveUpdates&) = delete;

  /// Takes a place for a stream of this account; false when it has as many as one may, or all
  /// places are taken. Followed by add or give_up.
  [[nodiscard]] bool reserve(const std::string& account);
  void give_up(const std::string& account);
  /// `job` empty: everything; else that scan only, whose present state is sent at once.
  void add(const std::string& account, std::shared_ptr<net::Stream> stream, const std::string& job);

  /// Ends all streams of an account because its rights or sessions changed: who still may connects
  /// anew.
  void end_all(const std::string& account);

  /// To all streams that watch everything; `data` is one JSON object on one line.
  void publish(std::string_view event, std::string data);
  /// What the scan service tells. Quick: several updates of one job become one.
  void scan_updated(const ScanUpdate& update);

  struct Figures {
    std::uint64_t open = 0;  ///< now
    std::uint64_t refused = 0;
    std::uint64_t events = 0;
  };
  Figures figures() const;

 private:
  struct Watcher {
    std::string account;
    std::string job;
    std::shared_ptr<net::Stream> stream;
    UnixMillis since = 0;
  };
  struct Work {
    std::map<std::string, ScanUpdate, std::less<>> scans;
    std::vector<std::pair<std::string, std::string>> events;
    bool empty() const { return scans.empty() && events.empty(); }
  };

  void run();
  void tell(const ScanUpdate& update);
  void send(std::string_view event, std::string_view data, std::string_view job, bool last);
  void heartbeat();
  void leave(std::size_t index);

  const Services& services_;
  const ApiOptions& options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Watcher> watchers_;              // guarded by mutex_
  std::map<std::string, std::size_t> places_;  // of accounts; guarded by mutex_
  std::size_t taken_ = 0;                      // guarded by mutex_
  Work work_;                                  // guarded by mutex_
  Figures figures_;                            // guarded by mutex_
  bool ending_ = false;                        // guarded by mutex_
  std::thread thread_;
};

}  // namespace saiph::server
