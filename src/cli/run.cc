#include <unistd.h>

#include <exception>

#include "cli/command_line.h"

namespace saiph::cli {

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  try {
    Invocation invocation = parse_command_line(arguments);
    switch (invocation.command) {
      case Command::kPrint:
        out << invocation.text << std::flush;
        return 0;
      case Command::kRefuse:
        err << invocation.text << std::flush;
        return 2;
      case Command::kScan:
        return app::run_scan(invocation.scan, out, err);
      case Command::kInspect:
        return app::run_inspect(invocation.inspect, out, err);
      case Command::kRules:
        if (invocation.rules.check) return app::run_rules_check(invocation.rules.ids, out, err);
        invocation.rules.colour = isatty(STDOUT_FILENO) == 1;
        return app::run_rules(invocation.rules, out, err);
      case Command::kLedger:
        return app::run_ledger(invocation.ledger, out, err);
      case Command::kServe:
        return app::run_serve(invocation.serve, out, err);
      case Command::kState:
        return app::run_state(invocation.state, out, err);
      case Command::kVersion:
        return app::run_version(out);
    }
  } catch (const std::exception& error) {
    // Nothing of ours throws: this is memory that ran out, or a defect.
    err << "saiph: internal error: " << error.what() << "\n";
  }
  return 4;
}

}  // namespace saiph::cli
