#include "store/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/temporary_folder_for_test.h"
#include "store/migration.h"

namespace saiph::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int32_t kKind = 0x53545354;

std::unique_ptr<Database> open_or_fail(const std::string& path, DatabaseOptions options = {}) {
  auto database = Database::open(path, options);
  EXPECT_TRUE(database) << database.error().describe();
  return database ? std::move(*database) : nullptr;
}

std::int64_t count_of(Database& database, const char* sql) {
  auto statement = database.prepare(sql);
  EXPECT_TRUE(statement) << statement.error().describe();
  const auto row = statement->step();
  EXPECT_TRUE(row && *row);
  return statement->integer(0);
}

TEST(Database, ValuesComeBackAsTheyWent) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  ASSERT_TRUE(database
                  ->execute("CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB, e BLOB, f) "
                            "STRICT"
                            ";")
                  .has_value() == false);  // STRICT wants a type for f
  ASSERT_TRUE(database->execute(
      "CREATE TABLE t(a INTEGER, b REAL, c TEXT, d BLOB, e BLOB, f TEXT) STRICT"));
  Digest digest;
  digest.bytes.fill(7);
  const std::string text("zero \0 inside, \xC3\xBC", 17);
  {
    auto insert = database->prepare("INSERT INTO t VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    ASSERT_TRUE(insert);
    insert->bind(1, std::int64_t{-5}).bind(2, 0.25).bind(3, text).bind(4, digest);
    insert->bind_blob(5, {}).bind(6, std::optional<std::string>());
    ASSERT_TRUE(insert->run());
    EXPECT_EQ(database->changes(), 1);
    EXPECT_EQ(database->last_row_id(), 1);
  }
  auto select = database->prepare("SELECT a, b, c, d, e, f FROM t");
  ASSERT_TRUE(select);
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(select->integer(0), -5);
  EXPECT_EQ(select->real(1), 0.25);
  EXPECT_EQ(select->text(2), text);
  EXPECT_EQ(*select->digest(3), digest);
  EXPECT_FALSE(select->is_null(4));
  EXPECT_THAT(select->blob(4), IsEmpty());
  EXPECT_EQ(select->digest(4).error().code(), ErrorCode::kMalformed);
  EXPECT_TRUE(select->is_null(5));
  EXPECT_EQ(select->optional_text(5), std::nullopt);
  EXPECT_EQ(select->optional_integer(0), -5);
  EXPECT_FALSE(*select->step());
}

TEST(Database, ErrorsHaveTheirCodes) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  ASSERT_TRUE(
      database->execute("CREATE TABLE p(id TEXT PRIMARY KEY) STRICT;"
                        "CREATE TABLE c(p TEXT REFERENCES p(id), n INTEGER CHECK(n < 10)) STRICT;"
                        "INSERT INTO p VALUES('x');"));
  EXPECT_EQ(database->execute("INSERT INTO p VALUES('x')").error().code(), ErrorCode::kConflict);
  EXPECT_EQ(database->execute("INSERT INTO c VALUES('y', 1)").error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(database->execute("INSERT INTO c VALUES('x', 11)").error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(database->prepare("SELEC 1").error().code(), ErrorCode::kInternal);
  EXPECT_EQ(database->execute("SELECT \"no such column\"").error().code(), ErrorCode::kInternal);
  auto wrong = database->prepare("SELECT ?1");
  wrong->bind(2, std::int64_t{1});
  EXPECT_FALSE(wrong->step());
  auto large = database->prepare("INSERT INTO p VALUES(?1)");
  large->bind(1, std::string((16U << 20) + 1, 'a'));
  EXPECT_EQ(large->step().error().code(), ErrorCode::kLimit);
  // Defensive: the schema table cannot be written to, other files cannot be attached.
  EXPECT_FALSE(database->execute("PRAGMA writable_schema = ON; DELETE FROM sqlite_schema"));
  EXPECT_FALSE(database->execute("ATTACH '/tmp/other.db' AS other"));
}

TEST(Database, FilesAreOursAloneAndLinksAreNotFollowed) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  const auto database = open_or_fail(path);
  ASSERT_TRUE(database->execute("CREATE TABLE t(a INTEGER) STRICT"));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat about{};
    ASSERT_EQ(::stat((path + suffix).c_str(), &about), 0) << suffix;
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << suffix;
  }
  const std::string link = folder.path() + "/link.db";
  ASSERT_EQ(::symlink(path.c_str(), link.c_str()), 0);
  EXPECT_EQ(Database::open(link).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(Database::open(folder.path()).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(Database::open(folder.path() + "/none/a.db").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Database::open(folder.path() + "/b.db", {.read_only = true}).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(Database::open(folder.path() + "/b.db", {.create = false}).error().code(),
            ErrorCode::kNotFound);
  const auto reader = open_or_fail(path, {.read_only = true});
  EXPECT_EQ(reader->execute("INSERT INTO t VALUES(1)").error().code(), ErrorCode::kDenied);
}

TEST(Database, WhatIsNotCommittedIsGone) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  ASSERT_TRUE(database->execute("CREATE TABLE t(a INTEGER) STRICT"));
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(transaction);
    EXPECT_EQ(Transaction::begin(*database).error().code(), ErrorCode::kInternal);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES(1)"));
  }
  EXPECT_EQ(count_of(*database, "SELECT count(*) FROM t"), 0);
  {
    auto transaction = Transaction::begin(*database);
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES(1)"));
    ASSERT_TRUE(transaction->commit());
    EXPECT_FALSE(transaction->commit());
  }
  EXPECT_EQ(count_of(*database, "SELECT count(*) FROM t"), 1);
}

TEST(Database, AWriterWaitsAndReadersDoNot) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  const auto writer = open_or_fail(path);
  const auto other = open_or_fail(path, {.busy_timeout_ms = 20});
  ASSERT_TRUE(writer->execute("CREATE TABLE t(a INTEGER) STRICT"));
  auto transaction = Transaction::begin(*writer);
  ASSERT_TRUE(writer->execute("INSERT INTO t VALUES(1)"));
  const auto refused = Transaction::begin(*other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.error().message(), HasSubstr("another process is writing"));
  EXPECT_EQ(count_of(*other, "SELECT count(*) FROM t"), 0);
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(count_of(*other, "SELECT count(*) FROM t"), 1);
}

TEST(Database, AProcessThatIsKilledLosesNothingCommitted) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  ASSERT_TRUE(open_or_fail(path)->execute("CREATE TABLE t(a INTEGER) STRICT"));
  const ::pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto database = Database::open(path);
    if (!database || !(*database)->execute("INSERT INTO t VALUES(1)")) ::_exit(1);
    auto transaction = Transaction::begin(**database);
    if (!transaction || !(*database)->execute("INSERT INTO t VALUES(2)")) ::_exit(1);
    ::_exit(0);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto database = open_or_fail(path);
  EXPECT_EQ(count_of(*database, "SELECT sum(a) FROM t"), 1);
  EXPECT_THAT(*check(*database), IsEmpty());
}

TEST(Database, DamageIsSaid) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  {
    const auto database = open_or_fail(path);
    ASSERT_TRUE(database->execute(
        "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT) STRICT;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
        "INSERT INTO t SELECT i, 'some text that takes room ' || i FROM n;"
        "CREATE INDEX by_b ON t(b);"));
  }
  const auto size = std::filesystem::file_size(path);
  const std::string whole = folder.path() + "/whole.db";
  std::filesystem::copy_file(path, whole);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(size / 2 / 4096 * 4096));
    file << std::string(4096, 'x');
  }
  {
    const auto database = open_or_fail(path);
    const auto problems = check(*database);
    EXPECT_TRUE(!problems || !problems->empty());
    const Status copied = backup(*database, folder.path() + "/copy.db");
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code(), ErrorCode::kMalformed);
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/copy.db"));
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(size, 'y');
  const auto refused = Database::open(path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kMalformed);
  EXPECT_THAT(refused.error().message(), HasSubstr("a.db"));
  EXPECT_THAT(refused.error().message(), HasSubstr("damaged"));
  std::filesystem::resize_file(whole, 100);
  EXPECT_EQ(Database::open(whole).error().code(), ErrorCode::kMalformed);
}

TEST(Backup, IsWholeWhileOthersWrite) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  ASSERT_TRUE(database->execute("CREATE TABLE t(a INTEGER) STRICT; INSERT INTO t VALUES(1)"));
  const auto other = open_or_fail(folder.path() + "/a.db");
  auto transaction = Transaction::begin(*other);
  ASSERT_TRUE(other->execute("INSERT INTO t VALUES(2)"));
  const std::string copy = folder.path() + "/copy.db";
  std::ofstream(copy) << "what was there before";
  const Status copied = backup(*database, copy);
  ASSERT_TRUE(copied) << copied.error().describe();
  ASSERT_TRUE(transaction->commit());
  const auto restored = open_or_fail(copy, {.read_only = true});
  EXPECT_EQ(count_of(*restored, "SELECT sum(a) FROM t"), 1);
  struct stat about{};
  ASSERT_EQ(::stat(copy.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.path().filename().string().starts_with("copy.db") ? 1U : 0U;
  }
  EXPECT_EQ(files, 1U);
  EXPECT_FALSE(backup(*database, folder.path() + "/none/copy.db"));
}

constexpr Migration kFirst{"first", "CREATE TABLE a(x INTEGER) STRICT; INSERT INTO a VALUES(1);"};
constexpr Migration kSecond{"second", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x;"};
constexpr Migration kBroken{"broken",
                            "CREATE TABLE b(x INTEGER) STRICT; INSERT INTO nowhere "
                            "VALUES(1);"};

TEST(Migrations, StepsAreMadeOnceAndKeepWhatIsThere) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  const std::array one = {kFirst};
  const std::array two = {kFirst, kSecond};
  {
    const auto database = open_or_fail(path);
    EXPECT_EQ(*migrate(*database, kKind, one), 1U);
    EXPECT_EQ(*migrate(*database, kKind, one), 0U);
  }
  EXPECT_EQ(migrate(*open_or_fail(path, {.read_only = true}), kKind, two).error().code(),
            ErrorCode::kInvalidArgument);
  const auto database = open_or_fail(path);
  EXPECT_EQ(*migrate(*database, kKind, two), 1U);
  EXPECT_EQ(*schema_version(*database), 2U);
  EXPECT_EQ(count_of(*database, "SELECT y FROM a"), 1);
}

TEST(Migrations, ANewerFileIsRefusedAndUnchanged) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/a.db";
  const std::array two = {kFirst, kSecond};
  const std::array one = {kFirst};
  ASSERT_TRUE(migrate(*open_or_fail(path), kKind, two));
  const auto database = open_or_fail(path);
  const auto refused = migrate(*database, kKind, one);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("later version"));
  EXPECT_EQ(*schema_version(*database), 2U);
  EXPECT_EQ(migrate(*database, kKind + 1, two).error().code(), ErrorCode::kDenied);
}

TEST(Migrations, AFailedStepLeavesTheStepBefore) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  const std::array broken = {kFirst, kBroken};
  const auto failed = migrate(*database, kKind, broken);
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().describe(), HasSubstr("broken"));
  EXPECT_EQ(*schema_version(*database), 1U);
  EXPECT_EQ(count_of(*database, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST(Migrations, AForeignFileIsRefused) {
  const TemporaryFolder folder;
  const auto database = open_or_fail(folder.path() + "/a.db");
  ASSERT_TRUE(database->execute("CREATE TABLE theirs(x INTEGER)"));
  const std::array one = {kFirst};
  EXPECT_EQ(migrate(*database, kKind, one).error().code(), ErrorCode::kDenied);
}

}  // namespace
}  // namespace saiph::store
