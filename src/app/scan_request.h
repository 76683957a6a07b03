// ScanRequest: everything that `saiph scan` was asked, as plain values. The command line fills it;
// app::run_scan carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/limit_names.h"
#include "domain/severity.h"
#include "report/format.h"

namespace saiph::app {

/// Of which files a SHA-256 is computed: those with findings; every file; none.
enum class DigestMode : std::uint8_t { kAuto, kAlways, kNever };
/// Colour in the text report: when it goes to a terminal and NO_COLOR is unset; always; never.
enum class ColourMode : std::uint8_t { kAuto, kAlways, kNever };

/// Precedence of settings: command line, then policy file, then defaults.
struct ScanRequest {
  std::vector<std::string> paths;  ///< at least one; "-" is standard input
  std::string stdin_name = "stdin";
  report::Format format = report::Format::kText;
  std::string output;                ///< file for the report; empty or "-": `out`
  std::optional<Severity> fail_on;   ///< absent: the policy's, else high
  std::string policy_file;           ///< TOML; empty: none
  std::string suppress_file;         ///< TOML; empty: none
  std::string baseline_file;         ///< earlier json or jsonl report; empty: none
  std::vector<std::string> include;  ///< patterns of base/glob.h; empty: everything
  std::vector<std::string> exclude;  ///< wins over include
  std::vector<LimitSetting> limits;  ///< --max-* and --timeout, over the policy's
  unsigned jobs = 0;                 ///< 0: one a processor core
  bool fast = false;                 ///< structure only
  DigestMode digest = DigestMode::kAuto;
  std::optional<bool> allow_incomplete;  ///< absent: the policy's, else false
  bool record = false;                   ///< the report becomes an entry of the ledger
  std::string ledger = "./saiph-data/ledger";
  std::string passphrase_file;  ///< first line: passphrase of the ledger's key
  ColourMode colour = ColourMode::kAuto;
  bool verbose = false;  ///< text report: list files without findings too
  bool quiet = false;    ///< no progress, no warnings on `err`
  /// Gives up sockets, new programs and writing before the first file is read; cannot be undone in
  /// this process, so only tests that go on afterwards switch it off.
  bool confine = true;
  std::vector<std::string> arguments;  ///< as typed, for the report
};

/// Scans and reports. The report goes to `out` (or the output file), progress and messages to
/// `err`. Answers the exit code: 0 nothing found, 1 findings at or over the threshold, 2 usage or
/// configuration error, 3 incomplete, 4 internal error. Throws nothing. One thread at a time.
int run_scan(const ScanRequest& request, std::ostream& out, std::ostream& err);

}  // namespace saiph::app
