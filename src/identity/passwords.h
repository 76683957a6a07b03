// Passwords: which ones are taken, and hashing with a bound on memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/password_hash.h"

namespace saiph::identity {

inline constexpr std::size_t kMinPasswordCharacters = 12;
inline constexpr std::size_t kMaxPasswordCharacters = 256;

/// Whether an account named `account_name` may have this password (after NIST SP 800-63B, 5.1.1.2:
/// length and known weakness, no rules about kinds of characters). Errors: kInvalidArgument with
/// one sentence for the person: fewer than 12 or more than 256 characters (code points), not valid
/// UTF-8, control characters, the account's name (in any case, also repeated or with digits
/// behind), one of the commonest passwords, or a short pattern repeated. Any thread.
Status check_password_policy(std::string_view password, std::string_view account_name);

struct PasswordHasherOptions {
  crypto::Argon2Cost cost;
  /// Hashes computed at a time: each holds cost.memory_kib. More wait.
  unsigned at_once = 2;
  /// Callers that may wait; more are turned away at once (kLimit), so that a flood of logins
  /// holds neither memory nor all worker threads.
  unsigned waiting = 32;
};

/// Argon2id behind a gate. Any thread; a call blocks while others hash.
class PasswordHasher {
 public:
  /// Errors: kInvalidArgument for a cost over crypto's maxima or at_once of 0.
  static Result<std::unique_ptr<PasswordHasher>> make(const PasswordHasherOptions& options);

  /// The PHC string of a new password (policy is the caller's step before). Errors: kLimit when too
  /// many wait, kUnavailable, kInvalidArgument (too long).
  Result<std::string> hash(std::string_view password);
  /// Errors: as crypto::verify_password, and kLimit.
  Result<crypto::PasswordCheck> verify(std::string_view phc, std::string_view password);
  /// For an account that does not exist or has no password: costs what verify costs and matches
  /// nothing, so that the time of an answer does not tell which names exist. Errors: kLimit.
  Status verify_nobody(std::string_view password);

 private:
  PasswordHasher(const PasswordHasherOptions& options, std::string decoy);
  Status enter();
  void leave();

  const PasswordHasherOptions options_;
  const std::string decoy_;  ///< the hash of a random password
  std::mutex mutex_;
  std::condition_variable free_;
  unsigned running_ = 0;  ///< guarded by mutex_
  unsigned waiting_ = 0;  ///< guarded by mutex_
};

}  // namespace saiph::identity
