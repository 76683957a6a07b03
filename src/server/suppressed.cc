#include "server/suppressed.h"

namespace saiph::server {

Result<std::uint64_t> apply_suppressions(const Services& services, Parts& parts, UnixMillis now) {
  // One at a time: an older list must not come after a newer one.
  const std::lock_guard lock(parts.suppressions_mutex);
  SAIPH_TRY(auto active, services.state.suppressions().all_active(now));
  SAIPH_TRY(const std::uint64_t changed, services.index.set_suppressions(std::move(active)));
  if (changed > 0) parts.live.publish("finding", "{}");
  return changed;
}

}  // namespace saiph::server
