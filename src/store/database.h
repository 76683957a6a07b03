// Database: one connection to an SQLite file, opened so that a crash loses nothing that was
// committed and a hostile file can do little. The only code of Saiph that speaks to SQLite.
//
// SQL texts are constants of ours; values go in through bind() and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace saiph::store {

class Database;

/// Errors of every function here that meets SQLite, by its result code:
/// kConflict (unique or primary key), kInvalidArgument (another constraint: check, not null,
/// foreign key), kUnavailable (busy longer than the patience, I/O error, disk full, out of memory),
/// kMalformed (the file is damaged or no database), kDenied (read only, permission, refused by
/// defensive settings), kNotFound (cannot be opened because it is not there), kLimit (a value or
/// row too large), kInternal (wrong SQL: a defect of Saiph). The message names the file.

/// One prepared statement. Given back to its database's cache when destroyed, which must happen
/// before the database is destroyed. Parameters and columns are counted as SQL does: parameters
/// from 1, columns from 0. One thread at a time, together with its database.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // The values of the parameters; texts and blobs are copied. A wrong index is told by step().
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, const char* text) {
    return bind(parameter, std::string_view(text));
  }
  Statement& bind(int parameter, bool value) { return bind(parameter, std::int64_t{value}); }
  /// The 32 bytes as a blob.
  Statement& bind(int parameter, const Digest& digest);
  Statement& bind_blob(int parameter, ByteView bytes);
  Statement& bind_null(int parameter);
  /// NULL when there is no value.
  template <typename T>
  Statement& bind(int parameter, const std::optional<T>& value) {
    return value ? bind(parameter, *value) : bind_null(parameter);
  }

  /// The next row: true when there is one, false at the end. Errors: as above, also those of bind.
  Result<bool> step();
  /// To the end, rows (of RETURNING or PRAGMA) ignored.
  Status run();
  /// Ready to run again; parameters keep their values until bound anew.
  void reset();

  // Columns of the present row, valid until the next step. Another type than the stored one is
  // converted as SQLite does; NULL gives 0, "" or no bytes.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;
  /// Errors: kMalformed when the column is not a blob of 32 bytes.
  Result<Digest> digest(int column) const;

 private:
  friend class Database;
  Statement(Database& database, std::string sql, sqlite3_stmt* statement)
      : database_(&database), sql_(std::move(sql)), statement_(statement) {}
  void note(int code);

  Database* database_;
  std::string sql_;
  sqlite3_stmt* statement_;
  int bind_error_ = 0;
};

struct DatabaseOptions {
  /// Nothing is written, not even beside the file; it must exist.
  bool read_only = false;
  /// A file that is not there is made, mode 0600.
  bool create = true;
  /// kFull: what COMMIT answered survives a power cut. kNormal: consistent, but the last commits
  /// may be lost with the power; for files that can be made anew.
  enum class Durability : std::uint8_t { kFull, kNormal } durability = Durability::kFull;
  /// How long to wait for another connection's write.
  int busy_timeout_ms = 5000;
};

/// One connection. Owners lock: one thread at a time, statements included.
class Database {
 public:
  /// Opens with WAL, foreign keys, defensive mode, no trusted schema, no extension loading, double-
  /// quoted strings off, cell size checks on. Symbolic links as the last component are refused.
  /// Errors: as above. Cost: some hundred microseconds.
  static Result<std::unique_ptr<Database>> open(const std::string& path,
                                                const DatabaseOptions& options = {});

  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const std::string& path() const { return path_; }
  bool read_only() const { return read_only_; }

  /// Runs a script of statements of ours, rows ignored.
  Status execute(const std::string& script);
  /// Compiles one statement, or takes it from the cache (at most 128 are kept).
  Result<Statement> prepare(std::string_view sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  std::int64_t changes() const;
  /// rowid of the last INSERT.
  std::int64_t last_row_id() const;
  bool in_transaction() const;

 private:
  friend class Statement;
  friend class Transaction;
  friend Status backup(Database& database, const std::string& path);
  Database(std::string path, sqlite3* handle, bool read_only)
      : path_(std::move(path)), handle_(handle), read_only_(read_only) {}
  Error error_of(int code, std::string_view doing) const;
  void give_back(std::string sql, sqlite3_stmt* statement);

  std::string path_;
  sqlite3* handle_;
  bool read_only_;
  std::map<std::string, sqlite3_stmt*, std::less<>> cache_;
};

/// BEGIN IMMEDIATE ... COMMIT; what was not committed is rolled back by the destructor. Not nested.
class Transaction {
 public:
  /// Errors: kUnavailable when another connection writes for longer than the patience; kInternal
  /// when one is open already.
  static Result<Transaction> begin(Database& database);
  /// A consistent view for several reads, without taking the write lock.
  static Result<Transaction> begin_read(Database& database);

  Transaction(Transaction&& other) noexcept : database_(other.database_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  /// On disk when this answers (with Durability::kFull). After an error nothing of it is.
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// Copies a database that may be in use into `path`: written under a temporary name beside it, mode
/// 0600, synced, checked, then renamed over `path`. Other connections may read and write meanwhile.
/// Errors: as above, kUnavailable. On error `path` is as it was.
Status backup(Database& database, const std::string& path);

/// SQLite's integrity_check and foreign_key_check. Empty: nothing wrong was found; else at most 20
/// sentences. Errors: as above (kMalformed: so damaged that it cannot even be checked).
/// Cost: reads the whole file.
Result<std::vector<std::string>> check(Database& database);

}  // namespace saiph::store
