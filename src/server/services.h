// Everything that the server needs of others. Given by its maker; nothing is global.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/result.h"
#include "base/unix_time.h"
#include "control/index.h"
#include "control/state.h"
#include "domain/rule.h"
#include "domain/scan_service.h"
#include "domain/text_inspector.h"
#include "identity/oidc.h"
#include "identity/passwords.h"
#include "identity/throttle.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/folder.h"
#include "server/console_assets.h"

namespace saiph::server {

/// What a backup made.
struct BackupFile {
  std::string file;  ///< name in the folder of backups
  std::uint64_t bytes = 0;
  Digest digest;
};

/// References must outlive the server; functions are called from its threads, several at a time.
struct Services {
  control::State& state;
  control::Index& index;
  ledger::Ledger& ledger;
  ledger::Folder& ledger_folder;
  ScanService& scans;
  identity::PasswordHasher& passwords;
  identity::LoginThrottle& throttle;
  /// Null: no identity provider.
  identity::OidcClient* oidc = nullptr;
  /// Null: this server inspects no texts, and says so.
  const TextInspector* texts = nullptr;
  std::span<const Rule* const> rules = {};
  std::span<const ConsoleAsset> console = {};

  /// The present keys of the ledger (a rotation changes them).
  std::function<ledger::Settings()> ledger_settings = {};
  /// Signs a statement and appends it; on disk when this answers.
  std::function<Result<ledger::Receipt>(const ledger::Statement&)> record = {};
  /// Records a report in JSON Lines that was made elsewhere, in the name of an account (id).
  /// Errors: kMalformed (no whole report), and of the ledger.
  std::function<Result<ledger::Receipt>(const ByteSource& report, int exit_code,
                                        std::string_view account)>
      record_report = {};
  /// Copies the state into the folder of backups.
  std::function<Result<BackupFile>(UnixMillis now)> backup = {};
  /// The time of day. Only app reads clocks.
  std::function<UnixMillis()> now = {};
  /// One line for the log, without its end; texts of clients in it are escaped.
  std::function<void(std::string_view line)> log = {};
};

struct ApiOptions {
  std::string version;
  /// The button of the login page when there is an identity provider, and its issuer.
  std::string oidc_name;
  std::string oidc_issuer;
  /// Told to people only; the scan service checks.
  std::vector<std::string> scan_roots;
  std::uint64_t max_upload_bytes = std::uint64_t{10} << 30;
  std::uint64_t max_report_bytes = std::uint64_t{256} << 20;
  /// Checkpoint and tiles for strangers too.
  bool public_tiles = false;
  /// Where exports and evidence packs are put together; must exist. Emptied by the server's maker
  /// at its start.
  std::string scratch_folder;
  UnixMillis started = 0;
  /// Threads for quick work. Passwords and bulk work have two each.
  std::size_t quick_workers = 4;
  std::size_t quick_queue = 256;
  /// Live streams of one account, and of all.
  std::size_t streams_per_account = 8;
  std::size_t streams = 128;
  /// How often open streams are spoken to, so that nothing in between closes them.
  std::int64_t heartbeat_ms = 15 * kSecondMs;
  /// Reads of auditors are recorded together, at the latest after so long.
  std::int64_t auditor_batch_ms = 30 * kSecondMs;
};

}  // namespace saiph::server
