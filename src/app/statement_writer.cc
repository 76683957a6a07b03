#include "app/statement_writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "app/record_socket.h"
#include "ledger/format/envelope.h"

namespace saiph::app {

namespace {

/// Between two tries for the lock.
constexpr std::chrono::milliseconds kPause{100};
/// An ending server gives its socket up before its lock.
constexpr std::chrono::milliseconds kHandOver{30'000};

}  // namespace

Result<ledger::Receipt> record_bytes(const LedgerAccess& access, ByteView statement) {
  const auto decoded = ledger::decode_statement(statement);
  if (!decoded) return Error(ErrorCode::kInvalidArgument, decoded.error().describe());
  if (ledger::parse_predicate_type_uri(decoded->predicate_type) ==
      ledger::PredicateType::kKeyRotation) {
    return Error(ErrorCode::kInvalidArgument, "keys change with `saiph ledger rotate-key` only");
  }
  // The bytes as they came: a statement may hold more than Saiph understands.
  const auto envelope =
      ledger::seal_envelope(ledger::kInTotoPayloadType, statement, *access.signer);
  if (!envelope && envelope.error().code() == ErrorCode::kLimit) {
    return Error(ErrorCode::kInvalidArgument, envelope.error().describe());
  }
  if (!envelope) return envelope.error();
  return access.ledger->append(as_bytes(*envelope));
}

Result<StatementWriter> StatementWriter::open(const std::string& ledger,
                                              const std::string& passphrase_file,
                                              std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  StatementWriter writer(ledger, passphrase_file, patience);
  while (true) {
    auto access = open_ledger(ledger, passphrase_file);
    if (access) {
      writer.access_ = std::move(*access);
      return writer;
    }
    if (access.error().code() != ErrorCode::kDenied) return access.error();
    if (server_records(ledger)) return writer;
    if (std::chrono::steady_clock::now() >= end) return access.error();
    std::this_thread::sleep_for(kPause);
  }
}

Result<ledger::Receipt> StatementWriter::record(const ledger::Statement& statement) {
  if (access_) return app::record(*access_, statement);
  SAIPH_TRY(const std::string text, ledger::encode_statement(statement));
  return hand_over(as_bytes(text));
}

Result<ledger::Receipt> StatementWriter::record(ByteView statement) {
  if (access_) return record_bytes(*access_, statement);
  return hand_over(statement);
}

Result<ledger::Receipt> StatementWriter::hand_over(ByteView statement) {
  auto receipt = record_through_server(ledger_, statement);
  if (receipt || receipt.error().code() != ErrorCode::kNotFound) return receipt;
  // The server has ended since; its lock goes with it, or another one has begun.
  SAIPH_TRY(*this, open(ledger_, passphrase_file_, std::max(patience_, kHandOver)));
  if (access_) return record_bytes(*access_, statement);
  return record_through_server(ledger_, statement);
}

Status StatementWriter::close() {
  if (!access_) return {};
  return access_->ledger->close();
}

}  // namespace saiph::app
