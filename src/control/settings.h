// What an administrator can set while the server runs. The configuration file is app's.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"

namespace saiph::control {

class StateCore;

struct Settings {
  /// Finished scan jobs and erasable texts go after so many days; the ledger does not.
  std::int64_t retention_days = 365;
  bool legal_hold = false;  ///< nothing is erased while it is true
  std::int64_t version = 1;
};

struct SettingsChange {
  std::optional<std::int64_t> retention_days = {};  ///< 1 to 3650
  std::optional<bool> legal_hold = {};
};

/// Errors: as Accounts. Any thread.
class SettingsTable {
 public:
  explicit SettingsTable(StateCore& core) : core_(core) {}
  Result<Settings> get() const;
  Result<Settings> change(std::optional<std::int64_t> version, const SettingsChange& change,
                          const Actor& actor, UnixMillis now);

 private:
  StateCore& core_;
};

}  // namespace saiph::control
