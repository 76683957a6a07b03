// What the index takes from one entry of the ledger. For this room only.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/unix_time.h"
#include "control/index.h"
#include "ledger/format/statement.h"

namespace saiph::control {

/// An entry, read. Nothing here fails: what cannot be read is said in event.incomplete.
struct IndexEntry {
  IndexedEvent event;
  std::optional<ledger::Statement> statement;
  // Of scan reports.
  bool is_scan_report = false;
  std::optional<Digest> report;
  std::optional<std::string> job;
  bool full = false;         ///< not `--fast`: what is not reported was not there
  bool from_upload = false;  ///< names are labels that anybody may choose
};

/// Any thread; linear.
IndexEntry read_entry(std::uint64_t index, ByteView bytes);

}  // namespace saiph::control
