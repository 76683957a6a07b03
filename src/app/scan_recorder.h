// `saiph scan --record`: a scan whose report becomes an entry of the ledger.
//
// The scan runs in a child process, which confines itself before it reads the first hostile byte
// and never sees the ledger's key. This process waits, reads the report as untrusted data, keeps it
// in the content store and appends a statement about it.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "report/sink.h"

namespace saiph::app {

struct RecordOptions {
  std::string ledger;
  std::string passphrase_file;
  bool quiet = false;
};

/// Forks: call it on the only thread. `scan` runs in the child, writes a JSON Lines report to the
/// sink besides what it prints, and answers an exit code. Answers that code, or 2 when the ledger
/// or its key cannot be opened, or (instead of 0) 3 when the report could not be recorded, or 4
/// when the child died. A recorded report keeps its code: what fails later is a warning. Messages
/// go to `err`.
int record_scan(const RecordOptions& options, std::ostream& out, std::ostream& err,
                const std::function<int(report::Sink&)>& scan);

}  // namespace saiph::app
