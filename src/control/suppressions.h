// Suppressions: decisions that findings need nobody, for a reason and for a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/actor.h"
#include "control/page.h"

namespace saiph::control {

class StateCore;

inline constexpr std::int64_t kSuppressionMaxMs = 366 * kDayMs;

/// Exactly one of `digest` and `path` says of which assets.
struct Suppression {
  std::string id = {};    ///< UUIDv7
  std::string rule = {};  ///< a rule's id
  std::optional<Digest> digest = {};
  std::optional<std::string> path = {};  ///< pattern of base/glob.h over the asset's name
  std::string reason = {};
  UnixMillis expires = 0;
  std::string author = {};  ///< account id; empty: the system
  UnixMillis created = 0;
  std::optional<UnixMillis> revoked = {};
  std::int64_t version = 1;

  bool active(UnixMillis now) const { return !revoked && now < expires; }
  /// Whether it is about this rule in this asset; not whether it is active.
  bool applies(std::string_view rule_id, const std::optional<Digest>& asset_digest,
               std::string_view asset_name) const;
};

struct NewSuppression {
  std::string rule = {};  ///< [a-z0-9][a-z0-9-]{0,127}
  std::optional<Digest> digest = {};
  std::optional<std::string> path = {};  ///< 1 to 1024 bytes
  std::string reason = {};               ///< 8 to 8000 bytes
  UnixMillis expires = 0;                ///< after now, at most kSuppressionMaxMs later
};

struct SuppressionChange {
  std::optional<std::string> reason = {};
  std::optional<UnixMillis> expires = {};
};

/// Errors of all: as Accounts. Any thread. After each change the owner of the index tells it
/// (Index::set_suppressions).
class Suppressions {
 public:
  explicit Suppressions(StateCore& core) : core_(core) {}

  /// Errors: kLimit (10,000 active ones).
  Result<Suppression> create(const NewSuppression& suppression, const Actor& actor, UnixMillis now);
  Result<Suppression> get(std::string_view id) const;
  /// Newest first. `active`: only those that are, or are not, active at `now`.
  Result<Page<Suppression>> list(std::optional<bool> active, UnixMillis now,
                                 const PageRequest& page) const;
  /// Errors: kConflict also when it is revoked.
  Result<Suppression> change(std::string_view id, std::optional<std::int64_t> version,
                             const SuppressionChange& change, const Actor& actor, UnixMillis now);
  Result<Suppression> revoke(std::string_view id, std::optional<std::int64_t> version,
                             const Actor& actor, UnixMillis now);
  /// All that are active, for the index.
  Result<std::vector<Suppression>> all_active(UnixMillis now) const;
  /// How many of the active ones end before `until`.
  Result<std::uint64_t> count_expiring(UnixMillis now, UnixMillis until) const;

 private:
  StateCore& core_;
};

}  // namespace saiph::control
