#include "app/scan_recorder.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>

#include "app/ledger_access.h"
#include "app/record_socket.h"
#include "app/report_evidence.h"
#include "app/statement_writer.h"
#include "base/escape.h"
#include "base/file.h"
#include "crypto/key_file.h"

namespace saiph::app {

namespace {

constexpr int kExitDone = 0;
constexpr int kExitFindings = 1;
constexpr int kExitUsage = 2;
constexpr int kExitIncomplete = 3;
constexpr int kExitInternal = 4;
/// Another scan may be recording: its turn is short.
constexpr std::chrono::seconds kLockPatience{10};

struct CloseFile {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): this is the owner's deleter
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using TemporaryFile = std::unique_ptr<std::FILE, CloseFile>;

/// The child's copy of the report.
class FileSink final : public report::Sink {
 public:
  explicit FileSink(std::FILE* file) : file_(file) {}
  Status write(std::string_view bytes) override {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) {
      return Error(ErrorCode::kUnavailable, "the copy of the report cannot be written");
    }
    return {};
  }

 private:
  std::FILE* file_;
};

/// Whether the ledger is there and its key can be had, before time is spent on a scan.
Status check_ledger(const RecordOptions& options) {
  ledger::DiskFolder folder(options.ledger);
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(folder));
  if (settings.key.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a copy of a ledger cannot be written to");
  }
  const std::string place = key_place(options.ledger, settings.key);
  if (place.starts_with("pkcs11:")) return {};
  SAIPH_TRY(const bool sealed, crypto::key_file_at_is_sealed(place));
  if (sealed && options.passphrase_file.empty() && !server_records(options.ledger)) {
    return Error(ErrorCode::kInvalidArgument,
                 "the ledger's key is sealed: --passphrase-file FILE unseals it");
  }
  return {};
}

struct Recorded {
  ledger::Receipt receipt;
  Status closed;  ///< what failed after the entry was on disk
};

Result<Recorded> record_copy(const RecordOptions& options, std::FILE* report, int exit_code) {
  // The descriptor is the parent's own; what the child wrote is read by position.
  const int copy = ::dup(::fileno(report));
  if (copy < 0) return Error(ErrorCode::kUnavailable, "the report cannot be read");
  FileHandle handle(copy);
  const ::off_t size = ::lseek(handle.get(), 0, SEEK_END);
  if (size < 0) return Error(ErrorCode::kUnavailable, "the report cannot be read");
  const FileSource source(std::move(handle), static_cast<std::uint64_t>(size));
  SAIPH_TRY(StatementWriter writer,
            StatementWriter::open(options.ledger, options.passphrase_file, kLockPatience));
  ledger::DiskFolder folder(options.ledger);
  SAIPH_TRY(const RecordedReport recorded,
            app::record_report(folder, source, exit_code, {},
                               [&writer](const ledger::Statement& statement) {
                                 return writer.record(statement);
                               }));
  return Recorded{recorded.receipt, writer.close()};
}

}  // namespace

int record_scan(const RecordOptions& options, std::ostream& out, std::ostream& err,
                const std::function<int(report::Sink&)>& scan) {
  if (const Status ready = check_ledger(options); !ready) {
    err << "saiph: --record: " << escape_terminal(ready.error().describe()) << "\n";
    return kExitUsage;
  }
  const TemporaryFile report(std::tmpfile());
  if (!report) {
    err << "saiph: --record: no temporary file can be made\n";
    return kExitUsage;
  }
  out.flush();
  err.flush();
  const ::pid_t child = ::fork();
  if (child < 0) {
    err << "saiph: --record: no process can be started: " << system_message(errno) << "\n";
    return kExitInternal;
  }
  if (child == 0) {
    FileSink sink(report.get());
    int code = scan(sink);
    out.flush();
    err.flush();
    if (std::fflush(report.get()) != 0 && code == kExitDone) code = kExitIncomplete;
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status)) {
    err << fmt::format("saiph: the scan ended by signal {}; nothing was recorded\n",
                       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return kExitInternal;
  }
  const int code = WEXITSTATUS(status);
  if (code == kExitUsage) return code;
  const auto recorded = record_copy(options, report.get(), code);
  if (!recorded) {
    err << "saiph: the report was not recorded: " << escape_terminal(recorded.error().describe())
        << "\n";
    return code == kExitDone ? kExitIncomplete : code;
  }
  if (!options.quiet) {
    err << fmt::format("saiph: recorded as entry {} of {}\n", recorded->receipt.index,
                       escape_terminal(options.ledger));
  }
  if (!recorded->closed) {
    err << "saiph: warning: recorded, but the ledger could not be closed: "
        << escape_terminal(recorded->closed.error().describe()) << "\n";
  }
  return code;
}

}  // namespace saiph::app
