#include "control/erasable_store.h"

#include <array>
#include <utility>

#include "crypto/secret.h"
#include "crypto/sha256.h"
#include "store/migration.h"

namespace saiph::control {

namespace {

constexpr std::size_t kSaltBytes = 32;
/// "SPHT"
constexpr std::int32_t kTextsApplicationId = 0x53504854;
constexpr std::array<store::Migration, 1> kMigrations = {{{"texts", R"sql(
CREATE TABLE texts(
  digest BLOB PRIMARY KEY CHECK(length(digest) = 32),
  created INTEGER NOT NULL,
  salt BLOB CHECK(length(salt) = 32),
  text BLOB,
  erased INTEGER,
  marked INTEGER NOT NULL DEFAULT 0,
  CHECK((salt IS NULL) = (erased IS NOT NULL)),
  CHECK((text IS NULL) = (erased IS NOT NULL))
) STRICT;
CREATE INDEX texts_by_time ON texts(created) WHERE erased IS NULL;
)sql"}}};

}  // namespace

Result<std::unique_ptr<ErasableStore>> ErasableStore::open(const std::string& path,
                                                           ChangeJournal& journal) {
  SAIPH_TRY(auto database, store::Database::open(path));
  SAIPH_CHECK(store::migrate(*database, kTextsApplicationId, kMigrations));
  // Freed pages are overwritten, not only unlinked.
  SAIPH_CHECK(database->execute("PRAGMA secure_delete = ON"));
  return std::unique_ptr<ErasableStore>(new ErasableStore(std::move(database), journal));
}

Digest ErasableStore::salted_digest(ByteView salt, ByteView text) {
  crypto::Sha256 hash;
  hash.update(salt);
  hash.update(text);
  return hash.finish();
}

Result<Digest> ErasableStore::put(ByteView text, UnixMillis now) {
  if (text.size() > kMaxTextBytes) return Error(ErrorCode::kLimit, "a text has at most 4 MiB");
  std::array<std::uint8_t, kSaltBytes> salt{};
  SAIPH_CHECK(crypto::random_bytes(salt));
  const Digest digest = salted_digest(salt, text);
  const std::lock_guard lock(mutex_);
  SAIPH_TRY(store::Statement insert,
            database_->prepare("INSERT INTO texts VALUES(?1, ?2, ?3, ?4, NULL, 0)"));
  insert.bind(1, digest).bind(2, now).bind_blob(3, salt).bind_blob(4, text);
  SAIPH_CHECK(insert.run());
  return digest;
}

Result<ErasableText> ErasableStore::get(const Digest& digest) const {
  const std::lock_guard lock(mutex_);
  SAIPH_TRY(store::Statement select,
            database_->prepare("SELECT text, salt, created, erased FROM texts WHERE digest = ?1"));
  select.bind(1, digest);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kNotFound, "there is no such text");
  if (!select.is_null(3)) return Error(ErrorCode::kNotFound, "the text was erased");
  ErasableText found{select.blob(0), select.blob(1), select.integer(2)};
  if (salted_digest(found.salt, found.text) != digest) {
    return Error(ErrorCode::kMalformed, "the text is not the one that was kept");
  }
  return found;
}

Status ErasableStore::run(std::string_view sql, UnixMillis now) {
  SAIPH_TRY(store::Statement statement, database_->prepare(sql));
  if (sql.find("?1") != std::string_view::npos) statement.bind(1, now);
  return statement.run();
}

Status ErasableStore::erase_marked(Change change, UnixMillis now) {
  // Without an id: the state's own reconciliation is not about texts (finish_erasures is).
  change.time = now;
  change.object_kind = "text";
  const auto recorded = journal_.record(change);
  if (!recorded) {
    SAIPH_CHECK(run("UPDATE texts SET marked = 0 WHERE marked = 1", now));
    return recorded.error().wrap("nothing was erased: it cannot be recorded");
  }
  SAIPH_CHECK(
      run("UPDATE texts SET salt = NULL, text = NULL, erased = ?1, marked = 0 WHERE "
          "marked = 1",
          now));
  // The log holds earlier pages until it is cut. It cannot be while another process reads.
  SAIPH_TRY(store::Statement cut, database_->prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  SAIPH_TRY(const bool row, cut.step());
  if (row && cut.integer(0) != 0) {
    return Error(ErrorCode::kUnavailable, "the text was erased, but its traces stay in " +
                                              database_->path() +
                                              "-wal until nobody else reads the file");
  }
  return cut.run();
}

Status ErasableStore::erase(const Digest& digest, const Actor& actor,
                            const std::optional<Digest>& actor_digest, UnixMillis now) {
  const std::lock_guard lock(mutex_);
  {
    SAIPH_TRY(store::Statement mark, database_->prepare("UPDATE texts SET marked = 1 WHERE digest "
                                                        "= ?1 AND erased IS NULL"));
    mark.bind(1, digest);
    SAIPH_CHECK(mark.run());
    if (database_->changes() == 0) {
      SAIPH_TRY(store::Statement select,
                database_->prepare("SELECT 1 FROM texts WHERE digest = ?1"));
      select.bind(1, digest);
      SAIPH_TRY(const bool row, select.step());
      if (row) return Error(ErrorCode::kConflict, "the text was erased already");
      return Error(ErrorCode::kNotFound, "there is no such text");
    }
  }
  Change change;
  change.actor_kind = actor.kind;
  change.actor = actor_digest;
  change.what = "text-erased";
  change.object = digest.text();
  return erase_marked(std::move(change), now);
}

Result<std::uint64_t> ErasableStore::erase_older(UnixMillis before, UnixMillis now) {
  const std::lock_guard lock(mutex_);
  SAIPH_CHECK(run("UPDATE texts SET marked = 1 WHERE created < ?1 AND erased IS NULL", before));
  const std::int64_t erased = database_->changes();
  if (erased == 0) return std::uint64_t{0};
  Change change;
  change.what = "texts-erased";
  change.object = std::to_string(erased);
  SAIPH_CHECK(erase_marked(std::move(change), now));
  return static_cast<std::uint64_t>(erased);
}

Result<std::uint64_t> ErasableStore::finish_erasures(UnixMillis now) {
  const std::lock_guard lock(mutex_);
  std::int64_t marked = 0;
  {
    SAIPH_TRY(store::Statement select,
              database_->prepare("SELECT count(*) FROM texts WHERE marked = 1"));
    SAIPH_CHECK(select.step());
    marked = select.integer(0);
  }
  if (marked == 0) return std::uint64_t{0};
  Change change;
  change.what = "texts-erased";
  change.object = std::to_string(marked);
  SAIPH_CHECK(erase_marked(std::move(change), now));
  return static_cast<std::uint64_t>(marked);
}

Result<std::uint64_t> ErasableStore::count() const {
  const std::lock_guard lock(mutex_);
  SAIPH_TRY(store::Statement select,
            database_->prepare("SELECT count(*) FROM texts WHERE erased IS NULL"));
  SAIPH_CHECK(select.step());
  return static_cast<std::uint64_t>(select.integer(0));
}

}  // namespace saiph::control
