// StatementWriter: where a command's statements go. Into the ledger, when nobody else writes there;
// else through the running server that keeps it open.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/ledger_access.h"
#include "base/bytes.h"
#include "base/result.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"

namespace saiph::app {

/// One thread at a time.
class StatementWriter {
 public:
  /// `patience`: how long to wait while another command writes. Errors: as open_ledger; kDenied
  /// when the ledger stays locked and no server takes statements for it.
  static Result<StatementWriter> open(const std::string& ledger, const std::string& passphrase_file,
                                      std::chrono::milliseconds patience);

  /// Signs and appends. Errors: of sealing, Ledger::append and record_through_server.
  Result<ledger::Receipt> record(const ledger::Statement& statement);
  /// The same for the bytes of a statement, which are signed as they are.
  Result<ledger::Receipt> record(ByteView statement);

  /// The ledger itself; none when a server keeps it.
  const LedgerAccess* access() const { return access_ ? &*access_ : nullptr; }
  /// Errors: of Ledger::close; nothing to do beside a server.
  Status close();

 private:
  StatementWriter(std::string ledger, std::string passphrase_file,
                  std::chrono::milliseconds patience)
      : ledger_(std::move(ledger)),
        passphrase_file_(std::move(passphrase_file)),
        patience_(patience) {}
  Result<ledger::Receipt> hand_over(ByteView statement);

  std::string ledger_;
  std::string passphrase_file_;
  std::chrono::milliseconds patience_;
  std::optional<LedgerAccess> access_;
};

/// The decision for the server's side too: checks the bytes of a statement that somebody else made,
/// signs them as they are and appends them. Errors: kInvalidArgument (no statement, or a key
/// rotation, which only `rotate-key` writes), of sealing and Ledger::append. Any thread.
Result<ledger::Receipt> record_bytes(const LedgerAccess& access, ByteView statement);

}  // namespace saiph::app
