// The command line: arguments in, one invocation out. Nothing is printed or opened here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/inspect_request.h"
#include "app/ledger_request.h"
#include "app/rules_command.h"
#include "app/scan_request.h"
#include "app/serve_request.h"

namespace saiph::cli {

enum class Command : std::uint8_t {
  kPrint,   ///< `text` goes to standard output: help
  kRefuse,  ///< `text` goes to standard error: wrong usage, exit 2
  kScan,
  kInspect,
  kRules,
  kLedger,
  kServe,
  kState,
  kVersion,
};

struct Invocation {
  Command command = Command::kPrint;
  std::string text;
  app::ScanRequest scan;
  app::InspectRequest inspect;
  app::RulesRequest rules;
  app::LedgerRequest ledger;
  app::ServeRequest serve;
  app::StateRequest state;
};

/// `arguments` without the program's name. Wrong usage is a kRefuse with a message that says what
/// to write instead; nothing is thrown. One thread at a time; about 0.2 ms.
Invocation parse_command_line(const std::vector<std::string>& arguments);

/// Every long option of a command ("scan", "rules", "ledger verify") with its dashes, for tests and
/// completion.
std::vector<std::string> option_names(const std::string& command);

/// Parses and carries out; the process's exit code. `out` and `err` are standard output and error.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace saiph::cli
