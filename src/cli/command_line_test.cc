#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/help_text.h"

namespace saiph::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CommandLine, EveryScanOptionArrives) {
  const Invocation parsed = parse_command_line({"scan",         "--format",
                                                "jsonl",        "--output=out.jsonl",
                                                "--fail-on",    "low",
                                                "--policy",     "p.toml",
                                                "--suppress",   "s.toml",
                                                "--baseline",   "b.json",
                                                "--include",    "*.pt",
                                                "--include",    "*.bin",
                                                "--exclude",    "x/**",
                                                "--max-depth",  "2",
                                                "--max-memory", "8M",
                                                "--timeout",    "30s",
                                                "--jobs",       "3",
                                                "--fast",       "--digest",
                                                "always",       "--allow-incomplete",
                                                "--stdin-name", "n",
                                                "--color",      "never",
                                                "-v",           "-q",
                                                "dir",          "-",
                                                "--",           "--odd-name"});
  ASSERT_EQ(parsed.command, Command::kScan) << parsed.text;
  const app::ScanRequest& scan = parsed.scan;
  EXPECT_THAT(scan.paths, ElementsAre("dir", "-", "--odd-name"));
  EXPECT_EQ(scan.format, report::Format::kJsonl);
  EXPECT_EQ(scan.output, "out.jsonl");
  EXPECT_EQ(scan.fail_on, Severity::kLow);
  EXPECT_EQ(scan.policy_file, "p.toml");
  EXPECT_EQ(scan.suppress_file, "s.toml");
  EXPECT_EQ(scan.baseline_file, "b.json");
  EXPECT_THAT(scan.include, ElementsAre("*.pt", "*.bin"));
  EXPECT_THAT(scan.exclude, ElementsAre("x/**"));
  Limits limits;
  for (const LimitSetting& setting : scan.limits) ASSERT_TRUE(set_limit(limits, setting));
  EXPECT_EQ(limits.depth, 2U);
  EXPECT_EQ(limits.memory_bytes, 8U << 20);
  EXPECT_EQ(limits.wall_time.count(), 30'000);
  EXPECT_EQ(scan.jobs, 3U);
  EXPECT_TRUE(scan.fast && scan.verbose && scan.quiet);
  EXPECT_EQ(scan.digest, app::DigestMode::kAlways);
  EXPECT_EQ(scan.allow_incomplete, true);
  EXPECT_EQ(scan.stdin_name, "n");
  EXPECT_EQ(scan.colour, app::ColourMode::kNever);
  EXPECT_EQ(scan.arguments.front(), "scan");
}

TEST(CommandLine, DefaultsLeaveRoomForThePolicy) {
  const Invocation parsed = parse_command_line({"scan", "x"});
  ASSERT_EQ(parsed.command, Command::kScan);
  EXPECT_FALSE(parsed.scan.fail_on.has_value());
  EXPECT_FALSE(parsed.scan.allow_incomplete.has_value());
  EXPECT_TRUE(parsed.scan.limits.empty());
  EXPECT_EQ(parsed.scan.format, report::Format::kText);
  EXPECT_FALSE(parsed.scan.record);
}

TEST(CommandLine, ServeAndStateArrive) {
  const Invocation serve = parse_command_line({"serve",
                                               "--config",
                                               "c.toml",
                                               "--data",
                                               "d",
                                               "--listen",
                                               "127.0.0.1:0",
                                               "--listen",
                                               "[::1]:0",
                                               "--allow-plain",
                                               "--tls-certificate",
                                               "t",
                                               "--tls-key",
                                               "k",
                                               "--client-ca",
                                               "a",
                                               "--scan-root",
                                               "r",
                                               "--scan-root",
                                               "s",
                                               "--passphrase-file",
                                               "p",
                                               "--check",
                                               "-q"});
  ASSERT_EQ(serve.command, Command::kServe) << serve.text;
  EXPECT_EQ(serve.serve.config_file, "c.toml");
  EXPECT_EQ(serve.serve.data, "d");
  EXPECT_THAT(serve.serve.listen, ElementsAre("127.0.0.1:0", "[::1]:0"));
  EXPECT_THAT(serve.serve.scan_roots, ElementsAre("r", "s"));
  EXPECT_TRUE(serve.serve.allow_plain && serve.serve.check && serve.serve.quiet);
  EXPECT_FALSE(parse_command_line({"serve"}).serve.data.has_value());
  const Invocation backup =
      parse_command_line({"state", "backup", "--output", "b", "--without-keys"});
  ASSERT_EQ(backup.command, Command::kState) << backup.text;
  EXPECT_EQ(backup.state.action, app::StateAction::kBackup);
  EXPECT_TRUE(backup.state.without_keys);
  const Invocation restore = parse_command_line(
      {"state", "restore", "b", "--data", "d", "--format", "json", "--passphrase-file", "p"});
  EXPECT_THAT(restore.state.arguments, ElementsAre("b"));
  EXPECT_TRUE(restore.state.json);
}

TEST(CommandLine, WrongUsageSaysWhatToWrite) {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row rows[] = {
      {{"scan"}, "no path given; name files or folders, or - for standard input"},
      {{"scan", "--fromat", "json", "x"}, "\"--fromat\"; did you mean --format?"},
      {{"scan", "--zzzzzzzzz", "x"}, "there is no option \"--zzzzzzzzz\""},
      {{"scan", "--format", "jsn", "x"}, "did you mean \"json\"?"},
      {{"scan", "x", "--format"}, "--format needs a value"},
      {{"scan", "--format", "json", "--format", "html", "x"}, "--format can be given only once"},
      {{"scan", "--max-memory", "12Q", "x"}, "--max-memory: \"12Q\" is not a size"},
      {{"scan", "--max-members", "0", "x"}, "--max-members: members must be at least 1"},
      {{"scan", "--timeout", "30", "x"}, "--timeout: \"30\" is not a duration"},
      {{"scan", "--jobs", "0", "x"}, "--jobs: \"0\" is not a number from 1 to"},
      {{"scan", "--fail-on", "worst", "x"}, "--fail-on: \"worst\" is not info, low"},
      {{"scan", "--digest", "sometimes", "x"}, "--digest: \"sometimes\" is not auto"},
      {{"scan", "-", "-"}, "only once"},
      {{"scna", "x"}, "did you mean `saiph scan`?"},
      {{"model.pt"}, "to scan it, write `saiph scan model.pt`"},
      {{"rules", "--format", "xml"}, "--format: \"xml\" is not text, json or markdown"},
      {{"rules", "--all"}, "there is no option \"--all\""},
      {{"version", "x"}, "\"x\" is not expected here"},
      {{"ledger", "verfy"}, "did you mean verify?"},
      {{"ledger", "init"}, "init needs --origin NAME"},
      {{"ledger", "prove"}, "name at least one INDEX"},
      {{"ledger", "verify", "a", "b"}, "\"b\" is not expected here"},
      {{"ledger", "verify", "--orign", "x"}, "there is no option \"--orign\""},
      {{"ledger", "show", "--format", "xml"}, "--format: \"xml\" is not text or json"},
      {{"serve", "x"}, "\"x\" is not expected here"},
      {{"serve", "--lisen", "x"}, "did you mean --listen?"},
      {{"serve", "--data"}, "--data needs a value"},
      {{"state", "bakcup"}, "did you mean backup?"},
      {{"state", "backup"}, "backup needs --output FOLDER"},
      {{"state", "restore"}, "name the folder of a backup"},
      {{"state", "restore", "a", "b"}, "\"b\" is not expected here"},
      {{"state", "check", "--output", "x"}, "there is no option \"--output\""},
      {{"state", "reset-login"}, "name an account"},
      {{"scan", "--\x1b[31m", "x"}, "\\x1b[31m"}};
  for (const Row& row : rows) {
    const Invocation parsed = parse_command_line(row.arguments);
    EXPECT_EQ(parsed.command, Command::kRefuse) << row.message;
    EXPECT_THAT(parsed.text, HasSubstr(row.message));
    EXPECT_THAT(parsed.text, HasSubstr("--help"));
    EXPECT_EQ(parsed.text.find('\x1b'), std::string::npos);
  }
}

TEST(CommandLine, HelpIsPrintedAndNamesEveryOption) {
  EXPECT_EQ(parse_command_line({}).text, kMainHelp);
  for (const char* flag : {"--help", "-h", "help"}) {
    EXPECT_EQ(parse_command_line({flag}).text, kMainHelp);
  }
  const std::string scan_help = parse_command_line({"help", "scan"}).text;
  EXPECT_THAT(scan_help, HasSubstr("Usage: saiph scan [OPTIONS] PATH..."));
  EXPECT_EQ(parse_command_line({"scan", "--bad-option", "--help"}).text, scan_help);
  EXPECT_EQ(parse_command_line({"rules", "-h"}).text, kRulesHelp);
  EXPECT_EQ(parse_command_line({"scan", "--", "--help"}).command, Command::kScan);
  for (const std::string& name : option_names("scan")) EXPECT_THAT(kScanHelp, HasSubstr(name));
  for (const std::string& name : option_names("rules")) EXPECT_THAT(kRulesHelp, HasSubstr(name));
  for (const char* action :
       {"init", "attest", "append", "show", "prove", "check-proof", "verify", "checkpoint", "key",
        "export", "evidence-pack", "reindex", "rotate-key", "heartbeat"}) {
    EXPECT_THAT(kLedgerHelp, HasSubstr(action));
    const auto names = option_names(std::string("ledger ") + action);
    EXPECT_FALSE(names.empty());
    for (const std::string& name : names) EXPECT_THAT(kLedgerHelp, HasSubstr(name));
  }
  for (const std::string& name : option_names("serve")) EXPECT_THAT(kServeHelp, HasSubstr(name));
  for (const char* action : {"backup", "restore", "check", "reset-login"}) {
    EXPECT_THAT(kStateHelp, HasSubstr(action));
    for (const std::string& name : option_names(std::string("state ") + action)) {
      EXPECT_THAT(kStateHelp, HasSubstr(name));
    }
  }
  for (const std::string_view help :
       {kMainHelp, kScanHelp, kServeHelp, kStateHelp, kRulesHelp, kLedgerHelp, kVersionHelp}) {
    std::istringstream lines{std::string(help)};
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(CommandLine, HelpNamesTheLimitsOwnNumbers) {
  const std::string help = parse_command_line({"help", "scan"}).text;
  EXPECT_EQ(help.find('@'), std::string::npos);
  EXPECT_THAT(help, HasSubstr("(default: " + std::to_string(Limits{}.members) + ")"));
}

TEST(Run, ExitCodesAndStreams) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(run({}, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("Usage: saiph COMMAND"));
  EXPECT_EQ(run({"version"}, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("rule set "));
  EXPECT_EQ(run({"rules"}, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("artefact-polyglot"));
  EXPECT_EQ(run({"rules", "artefact-polyglot"}, out, err), 0);
  EXPECT_THAT(out.str(), HasSubstr("What to do"));
  EXPECT_EQ(err.str(), "");
  EXPECT_EQ(run({"rules", "artefact-polyglott"}, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("did you mean \"artefact-polyglot\"?"));
  EXPECT_EQ(run({"scan"}, out, err), 2);
}

}  // namespace
}  // namespace saiph::cli
