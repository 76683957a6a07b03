// `saiph rules` and `saiph version`: what this program knows, and what it is.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "report/rule_writer.h"

namespace saiph::app {

struct RulesRequest {
  std::vector<std::string> ids;  ///< empty: all
  bool check = false;            ///< `ids` are files of text rules to be checked
  report::RuleFormat format = report::RuleFormat::kText;
  bool explain = false;  ///< text: explain all; with ids this is always so
  bool colour = false;
  unsigned width = 100;
};

/// Prints rules. Answers 0, or 2 when an id is not known (with the nearest on `err`).
int run_rules(const RulesRequest& request, std::ostream& out, std::ostream& err);

/// `saiph rules check`: prints every problem of files of text rules as "file:line:column: what", on
/// `out`, and a line for each file. Answers 0 when all can be loaded and do what their examples
/// say, else 2.
int run_rules_check(const std::vector<std::string>& files, std::ostream& out, std::ostream& err);

/// Prints name, version and rule set. Answers 0.
int run_version(std::ostream& out);

}  // namespace saiph::app
