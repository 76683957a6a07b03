// Second factors that were begun and not confirmed yet: in memory only, for ten minutes.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/unix_time.h"
#include "crypto/secret.h"

namespace saiph::server {

/// Any thread.
class PendingTotps {
 public:
  static constexpr std::int64_t kValidMs = 10 * kMinuteMs;
  static constexpr std::size_t kMost = 1024;

  /// In place of the account's earlier one. False: too many are begun.
  [[nodiscard]] bool put(const std::string& account, crypto::SecretBytes secret, UnixMillis now);
  /// A copy of the account's secret, when it is still good.
  std::optional<crypto::SecretBytes> get(const std::string& account, UnixMillis now) const;
  void drop(const std::string& account);

 private:
  struct Row {
    crypto::SecretBytes secret;
    UnixMillis until = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Row> rows_;  // guarded by mutex_
};

}  // namespace saiph::server
