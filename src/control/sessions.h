// Sessions of people and API tokens of programs. Only digests are kept: whoever reads the database
// can log in with nothing that stands there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/accounts.h"
#include "control/actor.h"
#include "control/page.h"
#include "identity/permissions.h"

namespace saiph::control {

inline constexpr std::int64_t kSessionIdleMs = 30 * kMinuteMs;
inline constexpr std::int64_t kSessionMaxMs = 12 * kHourMs;
/// `last_seen` and `last_used` are written at most so often: a read must not cost a sync.
inline constexpr std::int64_t kSeenGranularityMs = kMinuteMs;
inline constexpr std::int64_t kTokenMaxMs = 366 * kDayMs;

struct Session {
  Digest token;  ///< SHA-256 of the cookie's value; its name here
  Digest csrf;   ///< SHA-256 of the CSRF token
  std::string account;
  UnixMillis created = 0;
  UnixMillis last_seen = 0;
  UnixMillis expires = 0;  ///< at the latest
};

/// Whoever a session or token stands for, as the account is now.
struct LiveSession {
  Session session;
  Account account;
};

/// Errors of all: as Accounts. Any thread.
class Sessions {
 public:
  explicit Sessions(StateCore& core) : core_(core) {}

  /// Errors: kNotFound (no such account), kDenied (it is disabled), kConflict (the digest is used).
  Result<Session> begin(std::string_view account, const Digest& token, const Digest& csrf,
                        const Actor& actor, UnixMillis now);
  /// The session when it is good now; notes that it was seen. Errors: kNotFound for every other
  /// (unknown, idle too long, over, account disabled: not told apart). Cost: one indexed read; a
  /// write at most once a minute and session.
  Result<LiveSession> use(const Digest& token, UnixMillis now);
  /// Logging out. Errors: kNotFound.
  Status end(const Digest& token, const Actor& actor, UnixMillis now);
  /// All of an account but `keep`. Answers how many.
  Result<std::uint64_t> end_all(std::string_view account, const std::optional<Digest>& keep,
                                const Actor& actor, UnixMillis now);
  /// Sessions that are good now.
  Result<std::uint64_t> count(UnixMillis now) const;

 private:
  StateCore& core_;
};

struct ApiToken {
  std::string id;  ///< UUIDv7
  std::string name;
  std::string owner;  ///< account id
  identity::PermissionSet scopes;
  UnixMillis created = 0;
  UnixMillis expires = 0;
  std::optional<UnixMillis> last_used;  ///< to a minute
  bool revoked = false;
};

struct NewApiToken {
  std::string name;  ///< 1 to 128 bytes
  std::string owner;
  identity::PermissionSet scopes;  ///< not empty, within the owner's permissions
  Digest token;
  UnixMillis expires = 0;  ///< after now, at most kTokenMaxMs later
};

struct LiveToken {
  ApiToken token;
  Account account;
  /// permissions_of(account.role) & token.scopes
  identity::PermissionSet permissions;
};

/// Errors of all: as Accounts. Any thread.
class ApiTokens {
 public:
  explicit ApiTokens(StateCore& core) : core_(core) {}

  /// Errors: kInvalidArgument (name, scopes, expiry), kDenied (the owner is disabled or may less),
  /// kLimit (100 good ones an account).
  Result<ApiToken> create(const NewApiToken& token, const Actor& actor, UnixMillis now);
  Result<ApiToken> get(std::string_view id) const;
  /// Newest first; of one owner or of all. Expired and revoked ones too, until they are purged.
  Result<Page<ApiToken>> list(const std::optional<std::string>& owner,
                              const PageRequest& page) const;
  /// The token when it is good now. Errors: kNotFound for every other.
  Result<LiveToken> use(const Digest& token, UnixMillis now);
  /// Errors: kConflict when it is revoked already.
  Status revoke(std::string_view id, const Actor& actor, UnixMillis now);

 private:
  StateCore& core_;
};

/// The first start: a link that makes the first administrator, once. Any thread.
class Setup {
 public:
  static constexpr std::int64_t kValidMs = 15 * kMinuteMs;
  explicit Setup(StateCore& core) : core_(core) {}

  /// Whether there is no account yet.
  Result<bool> needed() const;
  /// Makes `token` the link's token in place of any before. Errors: kDenied when there are
  /// accounts.
  Status issue(const Digest& token, UnixMillis now);
  /// Uses the link: exactly one of any number of callers succeeds. `account` becomes an admin.
  /// Errors: kDenied (no such link, over, or there are accounts), kInvalidArgument (the account;
  /// the link stays good).
  Result<Account> redeem(const Digest& token, const NewAccount& account, UnixMillis now);

 private:
  StateCore& core_;
};

}  // namespace saiph::control
