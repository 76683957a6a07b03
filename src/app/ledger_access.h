// Opening a ledger the way the program does: settings, key, half-finished rotations.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/signature.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/folder.h"

namespace saiph::app {

/// An open ledger with what belongs to it. The ledger goes first when it is destroyed.
struct LedgerAccess {
  std::unique_ptr<ledger::DiskFolder> folder;
  ledger::Settings settings;
  std::shared_ptr<const crypto::Signer> signer;  ///< absent when opened for reading
  std::unique_ptr<ledger::Ledger> ledger;
};

/// Errors: those of settings, keys and Ledger::open_to_read.
Result<LedgerAccess> open_ledger_to_read(const std::string& path);
/// With the signing key; a rotation that a crash interrupted is finished or forgotten, as the log
/// says. All of it under the ledger's lock. `passphrase_file` may be empty when the key file is not
/// sealed. Errors: as above; kDenied when another process writes; kInvalidArgument when the key
/// cannot be had (sealed, wrong passphrase, key file open to others).
Result<LedgerAccess> open_ledger(const std::string& path, const std::string& passphrase_file);

/// Signs a statement and appends it. Errors: of sealing and Ledger::append.
Result<ledger::Receipt> record(const LedgerAccess& access, const ledger::Statement& statement);

struct LedgerPlan {
  std::string path;
  std::string origin;
  std::string key_file;  ///< empty: in the ledger's folder
  crypto::SignatureAlgorithm algorithm = crypto::SignatureAlgorithm::kEd25519;
};
struct NewLedger {
  std::string key_place;
  ledger::VerifierKey key;
};
/// Makes a ledger and its key, sealed where there is a passphrase. Errors: kDenied when there is
/// anything already (what to do stands in the message), kInvalidArgument for an origin that names
/// no log, of the file system.
Result<NewLedger> create_ledger(const LedgerPlan& plan, const crypto::SecretBytes& passphrase);

/// "Still here, and this was the tree": its subject is the checkpoint. Errors: of hashing.
Result<ledger::Statement> heartbeat_statement(const ledger::Head& head, std::string_view time);

/// Where a key named in settings is: relative paths start at the ledger's folder.
std::string key_place(const std::string& ledger, const std::string& key);
/// The first line of a passphrase file; empty for no file.
Result<crypto::SecretBytes> read_passphrase(const std::string& file);
ledger::LedgerOptions ledger_options(const ledger::Settings& settings);

}  // namespace saiph::app
