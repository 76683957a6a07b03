#include "control/state_core.h"

#include "control/identifier.h"
#include "control/state.h"
#include "control/state_schema.h"

namespace saiph::control {

namespace {

constexpr std::string_view kKeyRow = "key";

/// The key that the database was made with, if it says.
Result<std::optional<Digest>> key_of(store::Database& database) {
  SAIPH_TRY(store::Statement select, database.prepare("SELECT value FROM meta WHERE key = ?1"));
  select.bind(1, kKeyRow);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return std::optional<Digest>();
  SAIPH_TRY(const Digest digest, select.digest(0));
  return std::optional<Digest>(digest);
}

Result<StateKey> open_key(const std::string& path, store::Database& database) {
  SAIPH_TRY(const auto expected, key_of(database));
  auto key = StateKey::load(path);
  if (!key && key.error().code() == ErrorCode::kNotFound) {
    if (expected) {
      return Error(ErrorCode::kNotFound,
                   path +
                       " is gone, and without it second factors cannot be read; copy it back "
                       "from where it is kept");
    }
    key = StateKey::create(path);
  }
  if (!key) return key.error();
  if (!expected) {
    SAIPH_TRY(store::Statement insert, database.prepare("INSERT INTO meta VALUES(?1, ?2)"));
    insert.bind(1, kKeyRow).bind(2, key->fingerprint());
    SAIPH_CHECK(insert.run());
  } else if (*expected != key->fingerprint()) {
    return Error(ErrorCode::kDenied, path + " is not the key of " + database.path());
  }
  return key;
}

}  // namespace

StateCore::SyncMode::SyncMode(store::Database& database, Sync sync) {
  if (sync == Sync::kFull) return;
  // When it fails the commit is synced: slower, not wrong.
  if (database.execute("PRAGMA synchronous = NORMAL")) database_ = &database;
}

StateCore::SyncMode::~SyncMode() {
  if (database_ == nullptr) return;
  // Between transactions this cannot fail: it sets a number in memory.
  static_cast<void>(database_->execute("PRAGMA synchronous = FULL"));
}

Result<std::unique_ptr<StateCore>> StateCore::open(const std::string& folder,
                                                   ChangeJournal& journal) {
  const std::string path = folder + "/" + std::string(kStateFile);
  auto writer = store::Database::open(path);
  if (!writer) {
    if (writer.error().code() != ErrorCode::kMalformed) return writer.error();
    return writer.error().wrap("the state cannot be read; restore a backup");
  }
  SAIPH_CHECK(store::migrate(**writer, kStateApplicationId, state_migrations()));
  SAIPH_TRY(StateKey key, open_key(folder + "/" + std::string(kStateKeyFile), **writer));
  std::unique_ptr<StateCore> core(new StateCore(path, std::move(key), journal));
  core->writer_ = std::move(*writer);
  SAIPH_TRY(core->reader_, store::Database::open(path, {.read_only = true}));
  return core;
}

Status StateCore::record_and_commit(store::Transaction& transaction, const Actor& actor,
                                    UnixMillis now, const ChangeNote& note) {
  if (note.what.empty()) return transaction.commit();
  Change change;
  SAIPH_TRY(change.id, new_identifier(now));
  change.time = now;
  change.actor_kind = actor.kind;
  if (!actor.account.empty()) change.actor = key_.digest(actor.account);
  change.what = note.what;
  change.object_kind = note.object_kind;
  change.object = note.object;
  if (note.before) change.before = key_.digest(*note.before);
  if (note.after) change.after = key_.digest(*note.after);
  const auto index = journal_.record(change);
  if (!index) return index.error().wrap("the change was not made: it cannot be recorded");
  const auto finish = [&]() -> Status {
    SAIPH_TRY(store::Statement insert, writer_->prepare("INSERT INTO changes VALUES(?1, ?2)"));
    insert.bind(1, change.id).bind(2, static_cast<std::int64_t>(*index));
    SAIPH_CHECK(insert.run());
    return transaction.commit();
  };
  const Status committed = finish();
  if (!committed) {
    // When this fails too, the next start finds it (State::reconcile).
    static_cast<void>(record_not_applied(change.id, now));
    return committed.error().wrap("the change was recorded but not made");
  }
  return {};
}

Status StateCore::record_not_applied(std::string_view change, UnixMillis now) {
  Change notice;
  SAIPH_TRY(notice.id, new_identifier(now));
  notice.time = now;
  notice.what = kChangeNotApplied;
  notice.object_kind = "change";
  notice.object = change;
  SAIPH_CHECK(journal_.record(notice));
  return {};
}

}  // namespace saiph::control
