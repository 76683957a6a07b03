#include "store/migration.h"

#include <fmt/format.h>

namespace saiph::store {

namespace {

Result<std::int64_t> number(Database& database, std::string_view pragma) {
  SAIPH_TRY(Statement statement, database.prepare(pragma));
  SAIPH_TRY(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

/// Whose file it is, and how many steps it has had.
Result<std::uint32_t> look_at(Database& database, std::int32_t application_id,
                              std::size_t known_steps) {
  SAIPH_TRY(const std::int64_t application, number(database, "PRAGMA application_id"));
  SAIPH_TRY(const std::int64_t version, number(database, "PRAGMA user_version"));
  SAIPH_TRY(const std::int64_t tables, number(database, "SELECT count(*) FROM sqlite_schema"));
  const bool fresh = application == 0 && version == 0 && tables == 0;
  if (!fresh && application != application_id) {
    return Error(ErrorCode::kDenied, database.path() + " is not a file of this kind");
  }
  if (version < 0 || static_cast<std::uint64_t>(version) > known_steps) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{} was written by a later version of Saiph (its format is {}, this "
                             "version knows {}); nothing was changed",
                             database.path(), version, known_steps));
  }
  return static_cast<std::uint32_t>(version);
}

}  // namespace

Result<std::uint32_t> schema_version(Database& database) {
  SAIPH_TRY(const std::int64_t version, number(database, "PRAGMA user_version"));
  return static_cast<std::uint32_t>(version);
}

Result<std::uint32_t> migrate(Database& database, std::int32_t application_id,
                              std::span<const Migration> migrations) {
  SAIPH_TRY(std::uint32_t version, look_at(database, application_id, migrations.size()));
  if (version == migrations.size()) return 0U;
  if (database.read_only()) {
    return Error(ErrorCode::kInvalidArgument,
                 database.path() + " is of an earlier version and opened for reading only");
  }
  std::uint32_t made = 0;
  while (version < migrations.size()) {
    SAIPH_TRY(Transaction transaction, Transaction::begin(database));
    // Another process may have been faster.
    SAIPH_TRY(version, look_at(database, application_id, migrations.size()));
    if (version == migrations.size()) break;
    const Migration& step = migrations[version];
    if (const Status done = database.execute(std::string(step.sql)); !done) {
      return done.error().wrap(fmt::format("step {} ({}) of bringing {} up to date", version + 1,
                                           step.name, database.path()));
    }
    SAIPH_CHECK(database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                             application_id, version + 1)));
    SAIPH_CHECK(transaction.commit());
    ++version;
    ++made;
  }
  return made;
}

}  // namespace saiph::store
