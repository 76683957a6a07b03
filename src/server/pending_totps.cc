#include "server/pending_totps.h"

#include <utility>

namespace saiph::server {

bool PendingTotps::put(const std::string& account, crypto::SecretBytes secret, UnixMillis now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(rows_, [&](const auto& row) { return row.second.until <= now; });
  if (rows_.size() >= kMost && !rows_.contains(account)) return false;
  rows_.insert_or_assign(account, Row{std::move(secret), now + kValidMs});
  return true;
}

std::optional<crypto::SecretBytes> PendingTotps::get(const std::string& account,
                                                     UnixMillis now) const {
  const std::lock_guard lock(mutex_);
  const auto it = rows_.find(account);
  if (it == rows_.end() || it->second.until <= now) return std::nullopt;
  return crypto::SecretBytes(it->second.secret.view());
}

void PendingTotps::drop(const std::string& account) {
  const std::lock_guard lock(mutex_);
  rows_.erase(account);
}

}  // namespace saiph::server
