#include <fmt/format.h>

#include "app/rules_command.h"
#include "base/escape.h"
#include "base/file.h"
#include "codec/toml/toml.h"
#include "match/rules/rule_set.h"

namespace saiph::app {

namespace {

/// As RuleSet::load has it.
constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

bool check_file(const std::string& path, std::ostream& out, std::ostream& err) {
  const auto file = FileSource::open(path);
  const auto bytes = file ? read_all(**file, kMaxBytes) : Result<Bytes>(file.error());
  if (!bytes) {
    err << fmt::format("saiph rules check: {}: {}\n", escape_terminal(path),
                       escape_terminal(bytes.error().describe()));
    return false;
  }
  const auto problems = match::check_rules({path, as_text(*bytes)});
  std::size_t errors = 0;
  for (const match::RuleProblem& problem : problems) {
    errors += problem.warning ? 0 : 1;
    out << fmt::format("{}:{}:{}: {}{}\n", escape_terminal(path), problem.position.line,
                       problem.position.column, problem.warning ? "warning: " : "",
                       problem.message);
  }
  const std::size_t warnings = problems.size() - errors;
  if (errors == 0) {
    out << fmt::format("{}: can be loaded and does what its examples say{}\n",
                       escape_terminal(path),
                       warnings == 0 ? "" : fmt::format(" ({} warnings)", warnings));
  } else {
    out << fmt::format("{}: {} {}, nothing of it is used until they are mended\n",
                       escape_terminal(path), errors, errors == 1 ? "problem" : "problems");
  }
  return errors == 0;
}

}  // namespace

int run_rules_check(const std::vector<std::string>& files, std::ostream& out, std::ostream& err) {
  bool good = true;
  for (const std::string& file : files) good = check_file(file, out, err) && good;
  out.flush();
  if (!out.good()) return 4;
  return good ? 0 : 2;
}

}  // namespace saiph::app
