// A scan's report as evidence: the report goes into the content store, a statement about it into
// the ledger. The report comes from a process that read hostile bytes, so it is read as untrusted
// data.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/result.h"
#include "domain/severity.h"
#include "ledger/format/statement.h"
#include "ledger/ledger.h"
#include "ledger/storage/folder.h"

namespace saiph::app {

/// Takes a statement to the ledger; it is on disk when this answers.
using RecordStatement = std::function<Result<ledger::Receipt>(const ledger::Statement&)>;

/// On whose behalf a server had it scanned; both empty for a command.
struct ReportOrigin {
  std::string job;    ///< id of the job
  std::string actor;  ///< keyed digest of the account, never its name
  /// Names in the report are labels that anybody may choose: they say nothing about places.
  bool upload = false;
};

/// What the report's summary says.
struct ReportFigures {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t clean = 0;
  std::uint64_t with_findings = 0;
  std::uint64_t incomplete = 0;
  std::array<std::uint64_t, 5> by_severity{};  ///< index: Severity
  /// Findings, else incomplete (also when there was no file), else clean.
  Verdict verdict() const;
};

struct RecordedReport {
  ledger::Receipt receipt;
  Digest body;
  ReportFigures figures;
};

/// `report` is a whole report in JSON Lines, `folder` the ledger's. The statement is about every
/// file when all digests are known and the names fit, else about the report. Errors: kMalformed
/// (cut off, no summary, not such a report); of the content store and of `record`. Any thread, if
/// `record` is so. Cost: one reading of the report, and writing it.
Result<RecordedReport> record_report(ledger::Folder& folder, const ByteSource& report,
                                     int exit_code, const ReportOrigin& origin,
                                     const RecordStatement& record);

}  // namespace saiph::app
