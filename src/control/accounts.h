// Accounts: the people and programs that may log in.
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
#include "crypto/secret.h"
#include "identity/permissions.h"

namespace saiph::control {

class StateCore;

/// What others may see of an account: no secrets.
struct Account {
  std::string id = {};       ///< UUIDv7
  std::string name = {};     ///< as written; unique without regard to ASCII case
  std::string display = {};  ///< may be empty
  identity::Role role = identity::Role::kReporter;
  bool disabled = false;
  bool has_password = false;
  bool has_totp = false;
  /// Both empty or neither: who this is at the organisation's identity provider. A pair is unique.
  std::string oidc_issuer = {};
  std::string oidc_subject = {};
  UnixMillis created = 0;
  std::int64_t version = 1;  ///< grows with each change; for ETags
};

struct NewAccount {
  std::string name = {};  ///< [A-Za-z0-9][A-Za-z0-9._@-]{0,63}
  std::string display = {};
  identity::Role role = identity::Role::kReporter;
  std::optional<std::string> password_hash = {};  ///< PHC string of crypto/password_hash.h
  std::string oidc_issuer = {};
  std::string oidc_subject = {};
};

/// What is absent stays.
struct AccountChange {
  std::optional<std::string> display = {};
  std::optional<identity::Role> role = {};
  std::optional<bool> disabled = {};  ///< true also ends its sessions
  /// Both together; two empty texts take the link away.
  std::optional<std::string> oidc_issuer = {};
  std::optional<std::string> oidc_subject = {};
};

struct Totp {
  crypto::SecretBytes secret;
  std::optional<std::uint64_t> last_used_step;
};

/// Errors of all, besides their own: kUnavailable and the others of store/database.h; for changes
/// those of the journal (the change is then undone). Ids that are not there: kNotFound. `version`:
/// kConflict when it is not the present one; without one any is taken. Texts that have not their
/// form (length, control characters, UTF-8): kInvalidArgument. Any thread.
class Accounts {
 public:
  explicit Accounts(StateCore& core) : core_(core) {}

  /// Errors: kConflict (the name or the OIDC pair is taken).
  Result<Account> create(const NewAccount& account, const Actor& actor, UnixMillis now);
  Result<Account> get(std::string_view id) const;
  Result<Account> find_by_name(std::string_view name) const;
  Result<Account> find_by_oidc(std::string_view issuer, std::string_view subject) const;
  /// By name, without regard to case.
  Result<Page<Account>> list(const PageRequest& page) const;
  Result<std::uint64_t> count() const;

  /// Errors: kDenied when no enabled admin would be left.
  Result<Account> change(std::string_view id, std::optional<std::int64_t> version,
                         const AccountChange& change, const Actor& actor, UnixMillis now);
  /// The row, its sessions and tokens go; what it decided (suppressions, scans) stays and names an
  /// id that leads nowhere. Errors: as change.
  Status remove(std::string_view id, std::optional<std::int64_t> version, const Actor& actor,
                UnixMillis now);

  /// Nothing when it has none.
  Result<std::optional<std::string>> password_hash(std::string_view id) const;
  /// Ends the account's sessions but `keep` (a session's digest).
  Result<Account> set_password(std::string_view id, std::string_view hash,
                               const std::optional<Digest>& keep, const Actor& actor,
                               UnixMillis now);
  /// The same password under newer parameters: no change anyone made, so not journalled and nothing
  /// ends. Errors: kConflict when the hash is not `old_hash` any more.
  Status rehash_password(std::string_view id, std::string_view old_hash, std::string_view new_hash);

  /// Nothing when it has none. Errors: kDenied when the key of the state does not open it.
  Result<std::optional<Totp>> totp(std::string_view id) const;
  /// Sets or replaces the second factor. `first_step` is the step of the code that proved it, used
  /// by that. `recovery_codes` are digests.
  Result<Account> set_totp(std::string_view id, ByteView secret, std::uint64_t first_step,
                           const std::vector<Digest>& recovery_codes, const Actor& actor,
                           UnixMillis now);
  Result<Account> clear_totp(std::string_view id, const Actor& actor, UnixMillis now);
  /// Marks a step as used. Errors: kDenied when that step or a later one was used already: of two
  /// logins with one code one wins. Not journalled (the session is).
  Status use_totp_step(std::string_view id, std::uint64_t step);
  /// Takes a recovery code away. Errors: kDenied when there is no such code (any more).
  Status use_recovery_code(std::string_view id, const Digest& code, const Actor& actor,
                           UnixMillis now);
  Result<std::uint64_t> recovery_codes_left(std::string_view id) const;

 private:
  StateCore& core_;
};

}  // namespace saiph::control
