#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/file.h"
#include "crypto/secret.h"

namespace saiph::store {

namespace {

constexpr std::size_t kCachedStatements = 128;
/// No value of ours comes near; a hostile length never becomes an allocation.
constexpr int kMaxValueBytes = 16 << 20;
constexpr int kMaxProblems = 20;

ErrorCode code_of(int result) {
  switch (result) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return ErrorCode::kConflict;
    default:
      break;
  }
  switch (result & 0xFF) {
    case SQLITE_CONSTRAINT:
      return ErrorCode::kInvalidArgument;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL:
    case SQLITE_INTERRUPT:
      return ErrorCode::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kMalformed;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorCode::kDenied;
    case SQLITE_TOOBIG:
      return ErrorCode::kLimit;
    default:
      return ErrorCode::kInternal;
  }
}

/// SQLite's own words for a code; those of a file that is damaged say what to do.
std::string words_of(int result) {
  switch (result & 0xFF) {
    case SQLITE_CORRUPT:
      return "the file is damaged";
    case SQLITE_NOTADB:
      return "the file is no database, or it is damaged";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is writing to it";
    case SQLITE_FULL:
      return "the disk is full";
    default:
      return sqlite3_errstr(result);
  }
}

/// Looks before SQLite does: what it says about a file that it cannot open is never the reason.
Status look_at(const std::string& path, const DatabaseOptions& options) {
  struct stat about{};
  if (::lstat(path.c_str(), &about) == 0) {
    if (!S_ISREG(about.st_mode)) {
      return Error(ErrorCode::kDenied, path + " is not a regular file");
    }
    const int wanted = options.read_only ? R_OK : R_OK | W_OK;
    if (::access(path.c_str(), wanted) != 0) {
      return Error(ErrorCode::kDenied, path + ": " + system_message(errno));
    }
    return {};
  }
  if (errno != ENOENT) {
    return Error(ErrorCode::kUnavailable, path + ": " + system_message(errno));
  }
  if (options.read_only || !options.create) {
    return Error(ErrorCode::kNotFound, path + " does not exist");
  }
  // Made here, so that it never has another mode. SQLite gives its journals that of the file.
  const FileHandle made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.get() < 0) {
    const ErrorCode code = errno == EACCES   ? ErrorCode::kDenied
                           : errno == ENOENT ? ErrorCode::kNotFound
                                             : ErrorCode::kUnavailable;
    return Error(code, path + " cannot be made: " + system_message(errno));
  }
  return {};
}

bool configure(sqlite3* handle, int option, int value) {
  return sqlite3_db_config(handle, option, value, nullptr) == SQLITE_OK;
}

/// Owns a handle until it is a Database.
struct CloseHandle {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

/// Removes a file of SQLite's, and what it keeps beside it, unless it was renamed meanwhile.
class RemoveAtEnd {
 public:
  explicit RemoveAtEnd(std::string name) : name_(std::move(name)) {}
  RemoveAtEnd(const RemoveAtEnd&) = delete;
  RemoveAtEnd& operator=(const RemoveAtEnd&) = delete;
  ~RemoveAtEnd() {
    for (const char* const suffix : {"", "-wal", "-shm", "-journal"}) {
      ::unlink((name_ + suffix).c_str());
    }
  }

 private:
  std::string name_;
};

Status make_durable(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  if (file.get() < 0 || ::fsync(file.get()) != 0) {
    return Error(ErrorCode::kUnavailable, path + ": " + system_message(errno));
  }
  return {};
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      sql_(std::move(other.sql_)),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_error_(other.bind_error_) {}

Statement::~Statement() {
  if (statement_ != nullptr) database_->give_back(std::move(sql_), statement_);
}

void Statement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  note(sqlite3_bind_double(statement_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // A view of nothing may point nowhere, which SQLite would take for NULL.
  note(sqlite3_bind_text64(statement_, parameter, text.empty() ? "" : text.data(), text.size(),
                           SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, const Digest& digest) {
  return bind_blob(parameter, digest.bytes);
}

Statement& Statement::bind_blob(int parameter, ByteView bytes) {
  note(bytes.empty() ? sqlite3_bind_zeroblob(statement_, parameter, 0)
                     : sqlite3_bind_blob64(statement_, parameter, bytes.data(), bytes.size(),
                                           SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  note(sqlite3_bind_null(statement_, parameter));
  return *this;
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return database_->error_of(bind_error_, "cannot be asked");
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const int extended = sqlite3_extended_errcode(database_->handle_);
  // A failed statement holds no lock on to the next try.
  sqlite3_reset(statement_);
  return database_->error_of(extended, "cannot be asked");
}

Status Statement::run() {
  while (true) {
    SAIPH_TRY(const bool row, step());
    if (!row) return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::string Statement::text(int column) const {
  return std::string(as_text(blob(column)));
}

Bytes Statement::blob(int column) const {
  // Of a text these are its UTF-8 bytes.
  const void* const data = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  if (data == nullptr || size <= 0) return {};
  const ByteView bytes(static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size));
  return {bytes.begin(), bytes.end()};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

Result<Digest> Statement::digest(int column) const {
  const Bytes bytes = blob(column);
  Digest digest;
  if (bytes.size() != digest.bytes.size()) {
    return Error(ErrorCode::kMalformed, database_->path() + ": a digest has not 32 bytes");
  }
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path,
                                                 const DatabaseOptions& options) {
  SAIPH_CHECK(look_at(path, options));
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
  flags |= options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Handle handle(raw);
  if (opened != SQLITE_OK || !handle) {
    return Error(code_of(opened), path + " cannot be opened: " + words_of(opened));
  }
  sqlite3_busy_timeout(raw, options.busy_timeout_ms);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_limit(raw, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(raw, SQLITE_LIMIT_EXPR_DEPTH, 200);
  if (!configure(raw, SQLITE_DBCONFIG_DEFENSIVE, 1) ||
      !configure(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0) ||
      !configure(raw, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0) ||
      !configure(raw, SQLITE_DBCONFIG_DQS_DML, 0) || !configure(raw, SQLITE_DBCONFIG_DQS_DDL, 0) ||
      !configure(raw, SQLITE_DBCONFIG_ENABLE_FKEY, 1)) {
    return Error(ErrorCode::kInternal, path + ": SQLite lacks its safety settings");
  }
  std::unique_ptr<Database> database(new Database(path, handle.release(), options.read_only));
  SAIPH_CHECK(database->execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"));
  if (!options.read_only) {
    // The mode is part of the file; readers find it there.
    SAIPH_TRY(Statement mode, database->prepare("PRAGMA journal_mode = WAL"));
    SAIPH_TRY(const bool row, mode.step());
    if (!row || mode.text(0) != "wal") {
      return Error(ErrorCode::kUnsupported,
                   path + ": this file system cannot hold a write-ahead log");
    }
  }
  SAIPH_CHECK(database->execute(options.durability == DatabaseOptions::Durability::kFull
                                    ? "PRAGMA synchronous = FULL;"
                                    : "PRAGMA synchronous = NORMAL;"));
  // The first read of the file: what is no database says so here.
  SAIPH_CHECK(database->execute("SELECT count(*) FROM sqlite_schema;"));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : cache_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Error Database::error_of(int code, std::string_view doing) const {
  std::string message = fmt::format("{} {}: {}", path_, doing, words_of(code));
  // SQLite's message names columns and constraints, never values.
  const int primary = code & 0xFF;
  if (primary == SQLITE_CONSTRAINT || primary == SQLITE_ERROR || primary == SQLITE_IOERR) {
    message += fmt::format(" ({})", sqlite3_errmsg(handle_));
  }
  return {code_of(code), std::move(message)};
}

Status Database::execute(const std::string& script) {
  const int result = sqlite3_exec(handle_, script.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) {
    return error_of(sqlite3_extended_errcode(handle_), "cannot be changed");
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  if (const auto it = cache_.find(sql); it != cache_.end()) {
    sqlite3_stmt* const statement = it->second;
    cache_.erase(it);
    return Statement(*this, std::string(sql), statement);
  }
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK || statement == nullptr) return error_of(result, "cannot be asked");
  return Statement(*this, std::string(sql), statement);
}

void Database::give_back(std::string sql, sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  // Of two in use at once the second has no place: one text, one statement.
  if (cache_.size() >= kCachedStatements || !cache_.emplace(std::move(sql), statement).second) {
    sqlite3_finalize(statement);
  }
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(handle_);
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<Transaction> Transaction::begin(Database& database) {
  if (database.in_transaction()) {
    return Error(ErrorCode::kInternal, database.path() + ": a transaction is open already");
  }
  SAIPH_CHECK(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<Transaction> Transaction::begin_read(Database& database) {
  if (database.in_transaction()) {
    return Error(ErrorCode::kInternal, database.path() + ": a transaction is open already");
  }
  SAIPH_CHECK(database.execute("BEGIN"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // Some errors have rolled it back already.
  if (database_ == nullptr || !database_->in_transaction()) return;
  sqlite3_exec(database_->handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  if (database_ == nullptr || !database_->in_transaction()) {
    return Error(ErrorCode::kInternal, "the transaction has ended already");
  }
  SAIPH_CHECK(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

Status backup(Database& database, const std::string& path) {
  std::array<std::uint8_t, 8> random{};
  SAIPH_CHECK(crypto::random_bytes(random));
  std::string temporary = path + ".";
  for (const std::uint8_t byte : random) temporary += fmt::format("{:02x}", byte);
  const RemoveAtEnd cleanup(temporary);
  {
    SAIPH_TRY(const auto copy, Database::open(temporary));
    // Pages are copied as they are, the journal mode with them; a copy is one file.
    sqlite3_backup* const running =
        sqlite3_backup_init(copy->handle_, "main", database.handle_, "main");
    if (running == nullptr) {
      return copy->error_of(sqlite3_extended_errcode(copy->handle_), "cannot be written");
    }
    int result = SQLITE_OK;
    int busy = 0;
    while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED) {
      // All at once: the source is another connection's only as long as one read lock lasts.
      result = sqlite3_backup_step(running, -1);
      if (result == SQLITE_OK || result == SQLITE_DONE) continue;
      if (++busy > 100) break;
      sqlite3_sleep(20);
    }
    const int finished = sqlite3_backup_finish(running);
    if (result != SQLITE_DONE || finished != SQLITE_OK) {
      return copy->error_of(result == SQLITE_DONE ? finished : result, "cannot be written");
    }
    SAIPH_TRY(Statement mode, copy->prepare("PRAGMA journal_mode = DELETE"));
    SAIPH_CHECK(mode.run());
    SAIPH_TRY(const auto problems, check(*copy));
    if (!problems.empty()) {
      return Error(ErrorCode::kMalformed,
                   database.path() + " is damaged, no backup was made: " + problems.front());
    }
  }
  const FileHandle file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    return Error(ErrorCode::kUnavailable, path + " cannot be written: " + system_message(errno));
  }
  const std::size_t slash = path.rfind('/');
  return make_durable(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

Result<std::vector<std::string>> check(Database& database) {
  std::vector<std::string> problems;
  SAIPH_TRY(Statement integrity,
            database.prepare(fmt::format("PRAGMA integrity_check({})", kMaxProblems)));
  while (true) {
    SAIPH_TRY(const bool row, integrity.step());
    if (!row) break;
    if (const std::string text = integrity.text(0); text != "ok") problems.push_back(text);
  }
  SAIPH_TRY(Statement foreign, database.prepare("PRAGMA foreign_key_check"));
  while (problems.size() < kMaxProblems) {
    SAIPH_TRY(const bool row, foreign.step());
    if (!row) break;
    problems.push_back(fmt::format("row {} of {} names a row of {} that is not there",
                                   foreign.integer(1), foreign.text(0), foreign.text(2)));
  }
  return problems;
}

}  // namespace saiph::store
