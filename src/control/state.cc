#include "control/state.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/file.h"
#include "control/index.h"
#include "control/state_core.h"
#include "control/state_schema.h"
#include "store/migration.h"

namespace saiph::control {

namespace {

constexpr std::int64_t kTokensKeptMs = 30 * kDayMs;
constexpr std::string_view kReconciledRow = "reconciled";
constexpr std::string_view kConfigurationChange = "urn:saiph:predicate:configuration-change:v1";

Result<std::uint64_t> remove_rows(store::Database& database, std::string_view sql, UnixMillis first,
                                  UnixMillis second) {
  SAIPH_TRY(store::Statement remove, database.prepare(sql));
  remove.bind(1, first);
  if (sql.find("?2") != std::string_view::npos) remove.bind(2, second);
  SAIPH_CHECK(remove.run());
  return static_cast<std::uint64_t>(database.changes());
}

Result<bool> was_made(store::Database& database, std::string_view change) {
  SAIPH_TRY(store::Statement select, database.prepare("SELECT 1 FROM changes WHERE id = ?1"));
  select.bind(1, change);
  return select.step();
}

/// The ledger's index up to which all changes are accounted for.
Result<std::optional<std::uint64_t>> reconciled(store::Database& database) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta WHERE key = "
                             "?1"));
  select.bind(1, kReconciledRow);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return std::optional<std::uint64_t>();
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(select.integer(0)));
}

/// Changes of the ledger from `begin` that the state does not know, oldest first.
Result<std::vector<std::string>> missing_changes(store::Database& database, const Index& index,
                                                 std::uint64_t begin) {
  EventFilter filter;
  filter.predicate_type = kConfigurationChange;
  if (begin != 0) filter.after = begin - 1;
  std::vector<std::string> missing;
  PageRequest page{kMaxPageItems, ""};
  do {
    SAIPH_TRY(const auto events, index.events(filter, page));
    for (const IndexedEvent& event : events.items) {
      if (event.change.empty() || event.what == kChangeNotApplied) continue;
      SAIPH_TRY(const bool made, was_made(database, event.change));
      if (!made) missing.push_back(event.change);
    }
    page.cursor = events.next;
  } while (!page.cursor.empty());
  std::reverse(missing.begin(), missing.end());
  return missing;
}

Status save_reconciled(store::Database& database, std::uint64_t size) {
  SAIPH_TRY(store::Transaction transaction, store::Transaction::begin(database));
  SAIPH_TRY(store::Statement upsert,
            database.prepare("INSERT OR REPLACE INTO meta VALUES(?1, CAST(?2 AS BLOB))"));
  upsert.bind(1, kReconciledRow).bind(2, std::to_string(size));
  SAIPH_CHECK(upsert.run());
  SAIPH_TRY(store::Statement forget,
            database.prepare("DELETE FROM changes WHERE ledger_index < ?1"));
  forget.bind(1, static_cast<std::int64_t>(size));
  SAIPH_CHECK(forget.run());
  return transaction.commit();
}

/// A check, the version and the key of a state that only this reads.
Result<std::vector<std::string>> examine(const std::string& path, const StateKey& key) {
  SAIPH_TRY(const auto database, store::Database::open(path, {.read_only = true}));
  SAIPH_TRY(std::vector<std::string> problems, store::check(*database));
  if (!problems.empty()) return problems;
  SAIPH_TRY(store::Statement select,
            database->prepare("SELECT (SELECT application_id FROM pragma_application_id), "
                              "(SELECT user_version FROM pragma_user_version)"));
  SAIPH_CHECK(select.step());
  if (select.integer(0) != kStateApplicationId) {
    return Error(ErrorCode::kDenied, path + " is no state of Saiph");
  }
  if (select.integer(1) > static_cast<std::int64_t>(state_migrations().size())) {
    return Error(ErrorCode::kUnsupported, path + " was written by a later version of Saiph");
  }
  SAIPH_TRY(store::Statement made_with,
            database->prepare("SELECT value FROM meta WHERE key = 'key'"));
  SAIPH_TRY(const bool row, made_with.step());
  if (row) {
    SAIPH_TRY(const Digest fingerprint, made_with.digest(0));
    if (fingerprint != key.fingerprint()) {
      return Error(ErrorCode::kDenied,
                   path + " was made with another key; copy its state.key back first");
    }
  }
  return problems;
}

bool exists(const std::string& path) {
  struct stat about{};
  return ::lstat(path.c_str(), &about) == 0;
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return Error(ErrorCode::kUnavailable, from + " cannot be renamed: " + system_message(errno));
}

}  // namespace

State::State(std::unique_ptr<StateCore> core)
    : core_(std::move(core)),
      accounts_(*core_),
      sessions_(*core_),
      tokens_(*core_),
      setup_(*core_),
      suppressions_(*core_),
      scans_(*core_),
      settings_(*core_),
      idempotency_(*core_) {}

State::~State() = default;

Result<std::unique_ptr<State>> State::open(const std::string& folder, ChangeJournal& journal) {
  SAIPH_TRY(std::unique_ptr<StateCore> core, StateCore::open(folder, journal));
  return std::unique_ptr<State>(new State(std::move(core)));
}

Digest State::actor_digest(std::string_view account) const {
  return core_->key().digest(account);
}

Result<std::uint64_t> State::reconcile(const Index& index, UnixMillis now) {
  // While no change is between its event and its commit.
  return core_->exclusive([&](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(const auto done, reconciled(database));
    SAIPH_TRY(const std::uint64_t size, index.size());
    std::uint64_t missing = 0;
    // A new state beside an old ledger made none of its changes, and need not say so of each.
    if (done) {
      SAIPH_TRY(const auto changes, missing_changes(database, index, *done));
      for (const std::string& change : changes) {
        SAIPH_CHECK(core_->record_not_applied(change, now));
      }
      missing = changes.size();
    }
    SAIPH_CHECK(save_reconciled(database, size));
    return missing;
  });
}

Result<Purged> State::purge(UnixMillis now) {
  SAIPH_TRY(const Settings settings, settings_.get());
  return core_->write(StateCore::Sync::kFull, [&](store::Database& database) -> Result<Purged> {
    Purged purged;
    SAIPH_TRY(purged.sessions,
              remove_rows(database, "DELETE FROM sessions WHERE expires <= ?1 OR last_seen <= ?2",
                          now, now - kSessionIdleMs));
    SAIPH_TRY(purged.idempotency_keys,
              remove_rows(database, "DELETE FROM idempotency WHERE begun <= ?1",
                          now - IdempotencyKeys::kKeptMs, 0));
    SAIPH_CHECK(remove_rows(database, "DELETE FROM setup WHERE expires <= ?1", now, 0));
    if (settings.legal_hold) return purged;
    SAIPH_TRY(purged.tokens, remove_rows(database,
                                         "DELETE FROM tokens WHERE min(expires, ifnull(revoked, "
                                         "expires)) <= ?1",
                                         now - kTokensKeptMs, 0));
    SAIPH_TRY(purged.scan_jobs, remove_rows(database, "DELETE FROM scan_jobs WHERE finished <= ?1",
                                            now - settings.retention_days * kDayMs, 0));
    return purged;
  });
}

// Both read the whole file: on a connection of their own, so that nobody waits.
Status State::backup(const std::string& path) {
  SAIPH_TRY(const auto database, store::Database::open(core_->path(), {.read_only = true}));
  return store::backup(*database, path);
}

Result<std::vector<std::string>> State::check() {
  SAIPH_TRY(const auto database, store::Database::open(core_->path(), {.read_only = true}));
  return store::check(*database);
}

Result<std::vector<std::string>> check_state(const std::string& folder) {
  SAIPH_TRY(const StateKey key, StateKey::load(folder + "/" + std::string(kStateKeyFile)));
  return examine(folder + "/" + std::string(kStateFile), key);
}

Status restore_state(const std::string& folder, const std::string& backup) {
  const std::string path = folder + "/" + std::string(kStateFile);
  const std::string incoming = path + ".restore";
  const std::string outgoing = path + ".before-restore";
  SAIPH_TRY(const StateKey key, StateKey::load(folder + "/" + std::string(kStateKeyFile)));
  {
    SAIPH_TRY(const auto problems, examine(backup, key));
    if (!problems.empty()) {
      return Error(ErrorCode::kMalformed, backup + " is damaged: " + problems.front());
    }
    SAIPH_TRY(const auto source, store::Database::open(backup, {.read_only = true}));
    SAIPH_CHECK(store::backup(*source, incoming));
  }
  if (exists(path)) {
    // Opening and closing folds the write-ahead log into the file, unless somebody else has it
    // open: then the log stays.
    const bool whole = store::Database::open(path, {.create = false}).has_value();
    if (whole && exists(path + "-wal")) {
      ::unlink(incoming.c_str());
      return Error(ErrorCode::kDenied, path + " is in use; stop the server first");
    }
    for (const char* const suffix : {"", "-wal", "-shm"}) {
      ::unlink((outgoing + suffix).c_str());
      // What could not be opened is kept with its log, as it is.
      if (exists(path + suffix)) SAIPH_CHECK(rename_file(path + suffix, outgoing + suffix));
    }
  }
  SAIPH_CHECK(rename_file(incoming, path));
  const FileHandle parent(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0) {
    return Error(ErrorCode::kUnavailable, folder + ": " + system_message(errno));
  }
  return {};
}

}  // namespace saiph::control
