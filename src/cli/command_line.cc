// The only file that includes the option parser: it is slow to compile, and it throws.
#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/escape.h"
#include "base/human.h"
#include "base/suggest.h"
#include "cli/help_text.h"
#include "report/format.h"

namespace saiph::cli {

namespace {

constexpr std::array<std::string_view, 8> kCommands = {"scan",  "inspect", "serve",   "state",
                                                       "rules", "ledger",  "version", "help"};
constexpr std::array<std::string_view, 2> kAnswerFormats = {"text", "json"};
constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high",
                                                         "critical"};
constexpr std::array<std::string_view, 3> kWhen = {"auto", "always", "never"};
constexpr std::uint64_t kMaxJobs = 1024;

/// What was typed, before it is understood.
struct ScanTexts {
  std::string format = "text";
  std::string colour = "auto";
  std::string fail_on;
  std::string digest = "auto";
  std::string jobs;
  bool allow_incomplete = false;
  std::vector<std::string> limits;  ///< one a row of limit_names(); empty: not given
};

std::string in_quotes(std::string_view text) {
  return "\"" + escape_terminal(shorten(text, 100)) + "\"";
}

Invocation refuse(std::string_view command, std::string_view what) {
  Invocation invocation;
  invocation.command = Command::kRefuse;
  invocation.text =
      fmt::format("saiph{}{}: {}\nTry `saiph {}--help`.\n", command.empty() ? "" : " ", command,
                  what, command.empty() ? "" : fmt::format("{} ", command));
  return invocation;
}

Invocation print(std::string_view text) {
  Invocation invocation;
  invocation.text = std::string(text);
  return invocation;
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

/// "--format: "jsn" is none of text, json ...; did you mean "json"?"
std::string not_one_of(std::string_view option, std::string_view word,
                       std::span<const std::string_view> words) {
  std::string out = fmt::format("{}: {} is not {}", option, in_quotes(word), listed(words));
  if (const std::string_view near = closest_word(word, words); !near.empty()) {
    out += fmt::format("; did you mean \"{}\"?", near);
  }
  return out;
}

template <typename Enum>
std::optional<Enum> parse_when(const std::string& text) {
  const auto it = std::find(kWhen.begin(), kWhen.end(), text);
  if (it == kWhen.end()) return std::nullopt;
  return static_cast<Enum>(it - kWhen.begin());
}

void add_scan_options(CLI::App& app, app::ScanRequest& request, ScanTexts& texts) {
  app.add_option("paths", request.paths);
  app.add_option("--format", texts.format);
  app.add_option("--output", request.output);
  app.add_option("--colour,--color", texts.colour);
  app.add_flag("-v,--verbose", request.verbose);
  app.add_flag("-q,--quiet", request.quiet);
  app.add_option("--fail-on", texts.fail_on);
  app.add_flag("--allow-incomplete", texts.allow_incomplete);
  app.add_option("--policy", request.policy_file);
  app.add_option("--suppress", request.suppress_file);
  app.add_option("--baseline", request.baseline_file);
  // One value at each use, so that a path that follows stays a path.
  app.add_option("--include", request.include)->allow_extra_args(false);
  app.add_option("--exclude", request.exclude)->allow_extra_args(false);
  app.add_option("--stdin-name", request.stdin_name);
  app.add_flag("--fast", request.fast);
  app.add_option("--digest", texts.digest);
  app.add_option("--jobs", texts.jobs);
  app.add_flag("--record", request.record);
  app.add_option("--ledger", request.ledger);
  app.add_option("--passphrase-file", request.passphrase_file);
  texts.limits.resize(limit_names().size());
  for (std::size_t i = 0; i < limit_names().size(); ++i) {
    const LimitName& row = limit_names()[i];
    if (!row.option.empty()) app.add_option(std::string(row.option), texts.limits[i]);
  }
}

std::optional<std::string> understand_jobs(const std::string& text, unsigned& jobs) {
  if (text.empty()) return std::nullopt;
  const auto count = parse_count(text);
  if (!count || *count == 0 || *count > kMaxJobs) {
    return fmt::format("--jobs: {} is not a number from 1 to {}", in_quotes(text), kMaxJobs);
  }
  jobs = static_cast<unsigned>(*count);
  return std::nullopt;
}

/// Turns texts into values; an error text when one is wrong.
std::optional<std::string> understand(const ScanTexts& texts, app::ScanRequest& request) {
  const auto format = report::parse_format(texts.format);
  if (!format) return not_one_of("--format", texts.format, report::format_names());
  request.format = *format;
  const auto colour = parse_when<app::ColourMode>(texts.colour);
  if (!colour) return not_one_of("--colour", texts.colour, kWhen);
  request.colour = *colour;
  const auto digest = parse_when<app::DigestMode>(texts.digest);
  if (!digest) return not_one_of("--digest", texts.digest, kWhen);
  request.digest = *digest;
  if (!texts.fail_on.empty()) {
    request.fail_on = parse_severity(texts.fail_on);
    if (!request.fail_on) return not_one_of("--fail-on", texts.fail_on, kSeverities);
  }
  if (texts.allow_incomplete) request.allow_incomplete = true;
  if (const auto problem = understand_jobs(texts.jobs, request.jobs)) return problem;
  Limits probe;
  for (std::size_t i = 0; i < texts.limits.size(); ++i) {
    if (texts.limits[i].empty()) continue;
    const LimitName& row = limit_names()[i];
    const auto value = parse_limit(row, texts.limits[i]);
    if (!value) return fmt::format("{}: {}", row.option, value.error().message());
    const LimitSetting setting{row.name, *value};
    if (const Status status = set_limit(probe, setting); !status) {
      return fmt::format("{}: {}", row.option, status.error().message());
    }
    request.limits.push_back(setting);
  }
  if (request.paths.empty()) {
    return "no path given; name files or folders, or - for standard input";
  }
  if (std::count(request.paths.begin(), request.paths.end(), "-") > 1) {
    return "- (standard input) can be given only once";
  }
  return std::nullopt;
}

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

/// What the parser did not know: options, since every path has its place.
std::optional<std::string> unknown_option(const CLI::App& app, bool takes_paths) {
  for (const std::string& extra : app.remaining()) {
    if (extra == "--") continue;
    if (!extra.starts_with('-')) {
      if (takes_paths) continue;
      return fmt::format("{} is not expected here", in_quotes(extra));
    }
    const std::string word = extra.substr(0, extra.find('='));
    const std::vector<std::string> names = names_of_options(app);
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string_view near = closest_word(word, views);
    return fmt::format("there is no option {}{}", in_quotes(word),
                       near.empty() ? "" : fmt::format("; did you mean {}?", near));
  }
  return std::nullopt;
}

/// Runs the parser; an error text when it complains.
std::optional<std::string> parse(CLI::App& app, const std::vector<std::string>& arguments,
                                 bool takes_paths) {
  app.allow_extras();
  app.set_help_flag();
  // The parser takes its arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend() - 1);
  try {
    app.parse(reversed);
  } catch (const CLI::ArgumentMismatch&) {
    // Its message names the option but not what to do.
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_lnames().empty() || option->get_expected_max() == 0) continue;
      const std::string name = "--" + option->get_lnames().front();
      const auto uses = std::count_if(arguments.begin(), arguments.end(), [&](const auto& text) {
        return text == name || text.starts_with(name + "=");
      });
      if (uses > 1 && option->get_expected_max() == 1) return name + " can be given only once";
      if (!arguments.empty() && arguments.back() == name) return name + " needs a value";
    }
    return "an option has no value, or one too many";
  } catch (const CLI::ParseError& error) {
    return escape_terminal(error.what());
  }
  return unknown_option(app, takes_paths);
}

Invocation parse_scan(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.command = Command::kScan;
  ScanTexts texts;
  CLI::App app;
  add_scan_options(app, invocation.scan, texts);
  if (const auto problem = parse(app, arguments, true)) return refuse("scan", *problem);
  if (const auto problem = understand(texts, invocation.scan)) return refuse("scan", *problem);
  invocation.scan.arguments = arguments;
  return invocation;
}

void add_rules_options(CLI::App& app, app::RulesRequest& request, std::string& format) {
  app.add_option("ids", request.ids);
  app.add_option("--format", format);
  app.add_flag("--explain", request.explain);
}

Invocation parse_rules(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.command = Command::kRules;
  std::string format = "text";
  CLI::App app;
  add_rules_options(app, invocation.rules, format);
  if (const auto problem = parse(app, arguments, true)) return refuse("rules", *problem);
  const auto parsed = report::parse_rule_format(format);
  if (!parsed) {
    return refuse("rules", not_one_of("--format", format, report::rule_format_names()));
  }
  invocation.rules.format = *parsed;
  auto& words = invocation.rules.ids;
  if (!words.empty() && words.front() == "check") {
    words.erase(words.begin());
    if (words.empty()) return refuse("rules", "check: name the files of text rules to check");
    invocation.rules.check = true;
  }
  return invocation;
}

constexpr std::array<std::string_view, 3> kInspectFormats = {"text", "json", "jsonl"};
constexpr std::array<std::string_view, 3> kInspectInputs = {"auto", "text", "jsonl"};

/// What was typed, before it is understood.
struct InspectTexts {
  std::string format = "text";
  std::string input = "auto";
  std::string channel = "user";
  std::string colour = "auto";
  std::string redact = "none";
  std::string jobs;
};

void add_inspect_options(CLI::App& app, app::InspectRequest& request, InspectTexts& texts) {
  app.add_option("input", request.input);
  app.add_option("--text", request.text);
  app.add_option("--input", texts.input);
  app.add_option("--channel", texts.channel);
  app.add_option("--policy", request.policy);
  app.add_option("--model", request.sources.model);
  app.add_option("--system-prompt", request.sources.system_prompt);
  app.add_option("--protected", request.sources.protecteds)->allow_extra_args(false);
  app.add_option("--passage", request.sources.passages)->allow_extra_args(false);
  app.add_option("--packages", request.sources.packages);
  app.add_option("--allow-host", request.sources.hosts)->allow_extra_args(false);
  app.add_option("--canary", request.sources.canaries)->allow_extra_args(false);
  app.add_option("--format", texts.format);
  app.add_flag("--views", request.wishes.views);
  app.add_option("--redact", texts.redact);
  app.add_option("--token-key", request.sources.token_key);
  app.add_option("--jobs", texts.jobs);
  app.add_option("--colour,--color", texts.colour);
}

/// The place of `word` among `words` as an enumerator.
template <typename Enum>
std::optional<Enum> one_of_words(std::span<const std::string_view> words, std::string_view word) {
  const auto it = std::find(words.begin(), words.end(), word);
  if (it == words.end()) return std::nullopt;
  return static_cast<Enum>(it - words.begin());
}

std::vector<std::string_view> channel_names() {
  std::vector<std::string_view> names;
  names.reserve(kChannelCount);
  for (std::size_t i = 0; i < kChannelCount; ++i) names.push_back(name_of(static_cast<Channel>(i)));
  return names;
}

std::vector<std::string_view> redaction_names() {
  std::vector<std::string_view> names;
  names.reserve(kTextRedactionCount);
  for (std::size_t i = 0; i < kTextRedactionCount; ++i) {
    names.push_back(name_of(static_cast<TextRedaction>(i)));
  }
  return names;
}

std::optional<std::string> understand(const InspectTexts& texts, app::InspectRequest& request) {
  const auto format = one_of_words<app::InspectFormat>(kInspectFormats, texts.format);
  if (!format) return not_one_of("--format", texts.format, kInspectFormats);
  request.format = *format;
  const auto input = one_of_words<app::InspectInput>(kInspectInputs, texts.input);
  if (!input) return not_one_of("--input", texts.input, kInspectInputs);
  request.input_kind = *input;
  const auto channel = parse_channel(texts.channel);
  if (!channel) return not_one_of("--channel", texts.channel, channel_names());
  request.channel = *channel;
  const auto colour = parse_when<app::ColourMode>(texts.colour);
  if (!colour) return not_one_of("--colour", texts.colour, kWhen);
  request.colour = *colour;
  if (const auto problem = understand_jobs(texts.jobs, request.jobs)) return problem;
  const auto redaction = one_of_words<TextRedaction>(redaction_names(), texts.redact);
  if (!redaction) return not_one_of("--redact", texts.redact, redaction_names());
  request.wishes.redaction = *redaction;
  if (!request.sources.token_key.empty() && *redaction != TextRedaction::kToken) {
    return "--token-key: is for --redact token";
  }
  if (request.text && !request.input.empty()) {
    return "--text and " + in_quotes(request.input) + ": give one text";
  }
  return std::nullopt;
}

Invocation parse_inspect(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.command = Command::kInspect;
  InspectTexts texts;
  CLI::App app;
  add_inspect_options(app, invocation.inspect, texts);
  if (const auto problem = parse(app, arguments, true)) return refuse("inspect", *problem);
  if (const auto problem = understand(texts, invocation.inspect)) {
    return refuse("inspect", *problem);
  }
  return invocation;
}

bool is_answer_format(const std::string& text) {
  return std::find(kAnswerFormats.begin(), kAnswerFormats.end(), text) != kAnswerFormats.end();
}

struct LedgerActionName {
  std::string_view name;
  app::LedgerAction action;
};
constexpr auto kLedgerActions = std::to_array<LedgerActionName>({
    {"init", app::LedgerAction::kInit},
    {"attest", app::LedgerAction::kAttest},
    {"heartbeat", app::LedgerAction::kHeartbeat},
    {"append", app::LedgerAction::kAppend},
    {"show", app::LedgerAction::kShow},
    {"prove", app::LedgerAction::kProve},
    {"check-proof", app::LedgerAction::kCheckProof},
    {"verify", app::LedgerAction::kVerify},
    {"checkpoint", app::LedgerAction::kCheckpoint},
    {"key", app::LedgerAction::kKey},
    {"export", app::LedgerAction::kExport},
    {"evidence-pack", app::LedgerAction::kEvidencePack},
    {"reindex", app::LedgerAction::kReindex},
    {"rotate-key", app::LedgerAction::kRotateKey},
});

struct LedgerTexts {
  std::string format = "text";
  std::string max_age;
  std::string from;
};

/// Only the options that the action knows: the others are mistakes, not wishes.
void add_ledger_options(CLI::App& app, app::LedgerRequest& request, LedgerTexts& texts) {
  using Action = app::LedgerAction;
  const Action action = request.action;
  const auto is = [action](std::initializer_list<Action> actions) {
    return std::find(actions.begin(), actions.end(), action) != actions.end();
  };
  app.add_option("arguments", request.arguments);
  app.add_option("--ledger", request.ledger);
  app.add_option("--format", texts.format);
  if (is({Action::kInit, Action::kAttest, Action::kHeartbeat, Action::kAppend,
          Action::kRotateKey})) {
    app.add_option("--passphrase-file", request.passphrase_file);
  }
  if (is({Action::kInit})) {
    app.add_option("--origin", request.origin);
    app.add_option("--key-file", request.key_file);
    app.add_option("--algorithm", request.algorithm);
  }
  if (is({Action::kAttest})) {
    app.add_option("--role", request.role);
    app.add_option("--claim", request.claim);
    app.add_option("--subject", request.subjects)->allow_extra_args(false);
  }
  if (is({Action::kRotateKey})) app.add_option("--reason", request.reason);
  if (is({Action::kProve, Action::kCheckpoint, Action::kKey, Action::kExport,
          Action::kEvidencePack})) {
    app.add_option("--output", request.output);
  }
  if (is({Action::kExport})) app.add_flag("--tiles", request.tiles);
  if (is({Action::kProve})) app.add_option("--from", texts.from);
  if (is({Action::kVerify, Action::kCheckProof})) app.add_option("--key", request.key);
  if (is({Action::kVerify})) {
    app.add_option("--trusted-checkpoint", request.trusted_checkpoint);
    app.add_option("--witness", request.witnesses)->allow_extra_args(false);
    app.add_option("--max-age", texts.max_age);
  }
}

std::optional<std::string> understand(const LedgerTexts& texts, app::LedgerRequest& request) {
  if (!is_answer_format(texts.format)) {
    return not_one_of("--format", texts.format, kAnswerFormats);
  }
  request.json = texts.format == "json";
  if (!texts.from.empty()) {
    const auto from = parse_count(texts.from);
    if (!from) return "--from: " + from.error().message();
    request.from = *from;
  }
  if (!texts.max_age.empty()) {
    const auto age = parse_duration(texts.max_age);
    if (!age) return "--max-age: " + age.error().message();
    request.max_age_seconds = static_cast<std::uint64_t>(age->count() / 1000);
  }
  // How many arguments an action takes.
  using Action = app::LedgerAction;
  std::size_t most = 0;
  if (request.action == Action::kShow || request.action == Action::kEvidencePack) most = SIZE_MAX;
  if (request.action == Action::kAppend || request.action == Action::kProve ||
      request.action == Action::kCheckProof || request.action == Action::kVerify) {
    most = 1;
  }
  if (request.arguments.size() > most) {
    return in_quotes(request.arguments[most]) + " is not expected here";
  }
  const bool needs_argument = request.action == Action::kAppend ||
                              request.action == Action::kCheckProof ||
                              request.action == Action::kEvidencePack ||
                              (request.action == Action::kProve && !request.from);
  if (needs_argument && request.arguments.empty()) {
    const bool file = request.action == Action::kAppend || request.action == Action::kCheckProof;
    return file ? "name a file" : "name at least one INDEX; `saiph ledger show` lists the newest";
  }
  if (request.action == Action::kInit && request.origin.empty()) {
    return "init needs --origin NAME, like example.org/ai-evidence";
  }
  return std::nullopt;
}

/// The row of a table of actions, or a refusal with the nearest.
template <typename Rows>
const typename Rows::value_type* find_action(std::string_view command, const Rows& rows,
                                             const std::string& word, Invocation& refusal) {
  for (const auto& row : rows) {
    if (row.name == word) return &row;
  }
  std::vector<std::string_view> names;
  names.reserve(rows.size());
  for (const auto& row : rows) names.push_back(row.name);
  const std::string_view near = closest_word(word, names);
  refusal =
      refuse(command, fmt::format("{} is not an action{}", in_quotes(word),
                                  near.empty() ? "" : fmt::format("; did you mean {}?", near)));
  return nullptr;
}

Invocation parse_ledger(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return print(kLedgerHelp);
  Invocation refusal;
  const LedgerActionName* it = find_action("ledger", kLedgerActions, arguments[1], refusal);
  if (it == nullptr) return refusal;
  Invocation invocation;
  invocation.command = Command::kLedger;
  invocation.ledger.action = it->action;
  LedgerTexts texts;
  CLI::App app;
  add_ledger_options(app, invocation.ledger, texts);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (const auto problem = parse(app, rest, true)) return refuse("ledger", *problem);
  if (const auto problem = understand(texts, invocation.ledger)) {
    return refuse("ledger", *problem);
  }
  return invocation;
}

void add_serve_options(CLI::App& app, app::ServeRequest& request) {
  app.add_option("--config", request.config_file);
  app.add_option("--data", request.data);
  app.add_option("--listen", request.listen)->allow_extra_args(false);
  app.add_flag("--allow-plain", request.allow_plain);
  app.add_option("--tls-certificate", request.tls_certificate);
  app.add_option("--tls-key", request.tls_key);
  app.add_option("--client-ca", request.client_ca);
  app.add_option("--scan-root", request.scan_roots)->allow_extra_args(false);
  app.add_option("--passphrase-file", request.passphrase_file);
  app.add_flag("--check", request.check);
  app.add_flag("-q,--quiet", request.quiet);
}

Invocation parse_serve(const std::vector<std::string>& arguments) {
  Invocation invocation;
  invocation.command = Command::kServe;
  CLI::App app;
  add_serve_options(app, invocation.serve);
  if (const auto problem = parse(app, arguments, false)) return refuse("serve", *problem);
  return invocation;
}

struct StateActionName {
  std::string_view name;
  app::StateAction action;
};
constexpr auto kStateActions = std::to_array<StateActionName>({
    {"backup", app::StateAction::kBackup},
    {"restore", app::StateAction::kRestore},
    {"check", app::StateAction::kCheck},
    {"reset-login", app::StateAction::kResetLogin},
});

void add_state_options(CLI::App& app, app::StateRequest& request, std::string& format) {
  using Action = app::StateAction;
  app.add_option("arguments", request.arguments);
  app.add_option("--data", request.data);
  app.add_option("--format", format);
  if (request.action == Action::kBackup) {
    app.add_option("--output", request.output);
    app.add_flag("--without-keys", request.without_keys);
  }
  if (request.action == Action::kRestore || request.action == Action::kResetLogin) {
    app.add_option("--passphrase-file", request.passphrase_file);
  }
}

std::optional<std::string> understand(const app::StateRequest& request) {
  using Action = app::StateAction;
  const bool takes = request.action == Action::kRestore || request.action == Action::kResetLogin;
  if (request.arguments.size() > (takes ? 1U : 0U)) {
    return in_quotes(request.arguments.back()) + " is not expected here";
  }
  if (takes && request.arguments.empty()) {
    return request.action == Action::kRestore ? "name the folder of a backup" : "name an account";
  }
  if (request.action == Action::kBackup && request.output.empty()) {
    return "backup needs --output FOLDER";
  }
  return std::nullopt;
}

Invocation parse_state(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) return print(kStateHelp);
  Invocation refusal;
  const StateActionName* it = find_action("state", kStateActions, arguments[1], refusal);
  if (it == nullptr) return refusal;
  Invocation invocation;
  invocation.command = Command::kState;
  invocation.state.action = it->action;
  std::string format = "text";
  CLI::App app;
  add_state_options(app, invocation.state, format);
  const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
  if (const auto problem = parse(app, rest, true)) return refuse("state", *problem);
  if (!is_answer_format(format)) {
    return refuse("state", not_one_of("--format", format, kAnswerFormats));
  }
  invocation.state.json = format == "json";
  if (const auto problem = understand(invocation.state)) return refuse("state", *problem);
  return invocation;
}

/// The limits' own numbers take the places of @name@, so that help cannot lag behind them.
std::string scan_help() {
  std::string help(kScanHelp);
  const Limits limits;
  for (const LimitName& row : limit_names()) {
    const std::string mark = fmt::format("@{}@", row.name);
    const std::size_t place = help.find(mark);
    if (place == std::string::npos) continue;
    const std::uint64_t value = limit_value(limits, row.name);
    std::string text = std::to_string(value);
    if (row.unit == LimitUnit::kMilliseconds) text = fmt::format("{}s", value / 1000);
    if (row.unit == LimitUnit::kBytes) {
      const bool whole_gigabytes = value % (std::uint64_t{1} << 30) == 0;
      text = whole_gigabytes ? fmt::format("{}G", value >> 30) : fmt::format("{}M", value >> 20);
    }
    help.replace(place, mark.size(), text);
  }
  return help;
}

std::string help_of(std::string_view command) {
  if (command == "scan") return scan_help();
  if (command == "inspect") return std::string(kInspectHelp);
  if (command == "rules") return std::string(kRulesHelp);
  if (command == "ledger") return std::string(kLedgerHelp);
  if (command == "serve") return std::string(kServeHelp);
  if (command == "state") return std::string(kStateHelp);
  if (command == "version") return std::string(kVersionHelp);
  return std::string(kMainHelp);
}

}  // namespace

Invocation parse_command_line(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return print(kMainHelp);
  const std::string& command = arguments.front();
  if (command == "--version" || command == "-V") {
    Invocation invocation;
    invocation.command = Command::kVersion;
    return invocation;
  }
  if (command == "--help" || command == "-h") return print(kMainHelp);
  if (std::find(kCommands.begin(), kCommands.end(), command) == kCommands.end()) {
    std::string text = fmt::format("{} is not a command", in_quotes(command));
    if (const std::string_view near = closest_word(command, kCommands); !near.empty()) {
      text += fmt::format("; did you mean `saiph {}`?", near);
    } else {
      text += fmt::format("; to scan it, write `saiph scan {}`",
                          escape_terminal(shorten(command, 100)));
    }
    return refuse("", text);
  }
  if (command == "help") return print(help_of(arguments.size() > 1 ? arguments[1] : ""));
  // Help wins over every mistake on the same line, but not over a path behind "--".
  for (std::size_t i = 1; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i] == "--help" || arguments[i] == "-h") return print(help_of(command));
  }
  if (command == "scan") return parse_scan(arguments);
  if (command == "inspect") return parse_inspect(arguments);
  if (command == "rules") return parse_rules(arguments);
  if (command == "ledger") return parse_ledger(arguments);
  if (command == "serve") return parse_serve(arguments);
  if (command == "state") return parse_state(arguments);
  if (arguments.size() > 1) {
    return refuse("version", in_quotes(arguments[1]) + " is not expected here");
  }
  Invocation invocation;
  invocation.command = Command::kVersion;
  return invocation;
}

std::vector<std::string> option_names(const std::string& command) {
  CLI::App app;
  app.set_help_flag();
  app::ScanRequest scan;
  app::RulesRequest rules;
  ScanTexts texts;
  std::string format;
  if (command == "scan") add_scan_options(app, scan, texts);
  if (command == "rules") add_rules_options(app, rules, format);
  app::InspectRequest inspect;
  InspectTexts inspect_texts;
  if (command == "inspect") add_inspect_options(app, inspect, inspect_texts);
  app::ServeRequest serve;
  if (command == "serve") add_serve_options(app, serve);
  app::StateRequest state;
  for (const StateActionName& row : kStateActions) {
    if (command != "state " + std::string(row.name)) continue;
    state.action = row.action;
    add_state_options(app, state, format);
  }
  app::LedgerRequest ledger;
  LedgerTexts ledger_texts;
  for (const LedgerActionName& row : kLedgerActions) {
    if (command != "ledger " + std::string(row.name)) continue;
    ledger.action = row.action;
    add_ledger_options(app, ledger, ledger_texts);
  }
  return names_of_options(app);
}

}  // namespace saiph::cli
