// State: what people change, in `state.db`. It is truth: nothing else holds it. Kept beside
// `state.key`, 32 random bytes (0600) under which second factors are sealed and accounts are named
// in the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/accounts.h"
#include "control/change_journal.h"
#include "control/idempotency.h"
#include "control/scan_jobs.h"
#include "control/sessions.h"
#include "control/settings.h"
#include "control/suppressions.h"

namespace saiph::control {

inline constexpr std::string_view kStateFile = "state.db";
inline constexpr std::string_view kStateKeyFile = "state.key";

class StateCore;
class Index;

/// What a purge took away.
struct Purged {
  std::uint64_t sessions = 0;
  std::uint64_t tokens = 0;
  std::uint64_t idempotency_keys = 0;
  std::uint64_t scan_jobs = 0;
};

/// Any thread. Reads do not wait for changes; changes are made one after another, each with an
/// event in the ledger (change_journal.h) and one sync.
class State {
 public:
  /// Opens or makes `folder`/state.db and state.key; the folder must exist. The journal must
  /// outlive it. Errors: kUnsupported (a later version wrote it), kMalformed (damaged: restore a
  /// backup), kDenied (the key is not that of the file, or others may read it), kNotFound (the
  /// file is there, its key is not), kUnavailable.
  static Result<std::unique_ptr<State>> open(const std::string& folder, ChangeJournal& journal);

  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();

  Accounts& accounts() { return accounts_; }
  Sessions& sessions() { return sessions_; }
  ApiTokens& tokens() { return tokens_; }
  Setup& setup() { return setup_; }
  Suppressions& suppressions() { return suppressions_; }
  ScanJobs& scans() { return scans_; }
  SettingsTable& settings() { return settings_; }
  IdempotencyKeys& idempotency() { return idempotency_; }

  /// At each start, once the index has caught up and before the first change: every configuration
  /// change that the ledger holds since the last time, and that this state did not make (a crash
  /// came between, or a backup was restored), is recorded as "change-not-applied". Answers how
  /// many. The first time it only remembers where it begins. Errors: of the index and the journal.
  Result<std::uint64_t> reconcile(const Index& index, UnixMillis now);

  /// What is over: sessions and idempotency keys always; tokens 30 days after their end, and
  /// finished scan jobs, by the retention, unless there is a legal hold. For app, some times an
  /// hour. Not journalled.
  Result<Purged> purge(UnixMillis now);

  /// The keyed digest that stands for an account in the ledger. Any thread.
  Digest actor_digest(std::string_view account) const;

  /// An online copy of state.db (store::backup). The key is not in it: copy state.key yourself, and
  /// keep the two apart. Errors: of store::backup.
  Status backup(const std::string& path);
  /// Sentences about damage; empty: none was found. Errors: of store::check.
  Result<std::vector<std::string>> check();

 private:
  explicit State(std::unique_ptr<StateCore> core);

  std::unique_ptr<StateCore> core_;
  Accounts accounts_;
  Sessions sessions_;
  ApiTokens tokens_;
  Setup setup_;
  Suppressions suppressions_;
  ScanJobs scans_;
  SettingsTable settings_;
  IdempotencyKeys idempotency_;
};

/// Puts a backup in the place of `folder`/state.db, after it was checked and its version and key
/// were compared; the file that was there becomes state.db.before-restore. Nothing may have the
/// state open. Errors: as State::open; on error the present state stays.
Status restore_state(const std::string& folder, const std::string& backup);

/// store::check of a state that nothing needs to have open. Errors: as State::open.
Result<std::vector<std::string>> check_state(const std::string& folder);

}  // namespace saiph::control
