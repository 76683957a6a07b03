// The part of PythonFacts that judges one call of a function with a risk by its arguments.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "detect/python/python_facts.h"
#include "detect/python/shell_command.h"
#include "detect/rules/python.h"

namespace saiph::detect {

namespace {

using formats::PythonArgument;
using formats::PythonOrigins;
using formats::PythonPlace;
using formats::PythonValue;
using Kind = formats::PythonValueKind;

constexpr PythonOrigins kHiddenOrigins = formats::kOriginBuilt | formats::kOriginDecoded;

// Functions that only look at a callable or type that is passed to them.
constexpr auto kLookers = std::to_array<std::string_view>(
    {"bool", "callable", "dict", "getattr", "hasattr", "id", "isinstance", "issubclass", "len",
     "list", "print", "repr", "set", "setattr", "str", "tuple", "type", "typing.cast", "super"});

// Functions that call what is passed to them, at once or soon.
constexpr auto kCallers = std::to_array<std::string_view>(
    {"apply", "atexit.register", "filter", "functools.reduce", "itertools.starmap", "map", "max",
     "min", "multiprocessing.Process", "reduce", "sorted", "threading.Thread", "threading.Timer",
     "weakref.finalize"});

const PythonArgument* keyword(const std::vector<PythonArgument>& arguments, std::string_view name) {
  for (const PythonArgument& argument : arguments) {
    if (argument.keyword == name) return &argument;
  }
  return nullptr;
}

const PythonArgument* positional(const std::vector<PythonArgument>& arguments, std::size_t index) {
  for (const PythonArgument& argument : arguments) {
    if (!argument.keyword.empty() || argument.starred) continue;
    if (index-- == 0) return &argument;
  }
  return nullptr;
}

bool is_true(const PythonArgument* argument) {
  return argument != nullptr && argument->value.is(Kind::kNumber) && argument->value.number != 0;
}
bool is_false(const PythonArgument* argument) {
  return argument != nullptr && argument->value.is(Kind::kNumber) && argument->value.number == 0;
}

}  // namespace

// The text of a command: a string, or a list of words joined by spaces.
std::string python_command_text(const PythonValue& value) {
  if (value.is(Kind::kText)) return std::string(value.text().substr(0, 64U << 10));
  std::string out;
  if (value.is(Kind::kList)) {
    for (const PythonValue& item : *value.items_ptr) {
      if (out.size() > 16'384) break;
      if (!out.empty()) out.push_back(' ');
      out.append(item.is(Kind::kText) ? item.text() : std::string_view("{}"));
    }
  }
  return out;
}

void PythonFacts::risky_call(PythonRisk risk, const PythonValue& callee, const Arguments& arguments,
                             const PythonPlace& place) {
  const std::string_view path = callee.text();
  switch (risk) {
    case PythonRisk::kProcess:
      process(path, arguments, callee.origins, place);
      break;
    case PythonRisk::kDynamicCode:
      dynamic_code(path, arguments, place);
      break;
    case PythonRisk::kDeserialise:
      deserialise(path, arguments, place);
      break;
    case PythonRisk::kNetwork:
      network(path, arguments, place);
      break;
    case PythonRisk::kOpen:
      open_file(path, arguments, place);
      break;
    case PythonRisk::kNative: {
      Hit& hit = add(rules::kPythonNativeCode, place, "calls " + std::string(path));
      hit.import = model_code_ ? Severity::kMedium : Severity::kLow;
      hit.entry = Severity::kMedium;
      hit.defined = Severity::kInfo;
      hit.script = Severity::kInfo;
      break;
    }
    case PythonRisk::kReflection: {
      Hit& hit = add(rules::kPythonComputedImport, place,
                     "calls " + std::string(path) + ", which reaches any name");
      hit.import = hit.entry = Severity::kMedium;
      hit.defined = Severity::kLow;
      break;
    }
    case PythonRisk::kDynamicImport: {
      const PythonArgument* name = positional(arguments, 0);
      if (name == nullptr || name->value.is_constant()) {
        if (name != nullptr && (name->value.origins & kHiddenOrigins) != 0) {
          const std::string_view module = name->value.text();
          if (is_capability_module(module)) {
            Hit& hit = add(rules::kPythonHiddenName, place,
                           "imports " + std::string(module) + " under a name that is put together");
            hit.entry = hit.import = Severity::kHigh;
            hit.defined = Severity::kMedium;
          }
        }
        break;
      }
      const bool hidden = (name->value.origins & kHiddenOrigins & ~formats::kOriginBuilt) != 0;
      Hit& hit = add(rules::kPythonComputedImport, place,
                     "imports a module by a computed name through " + std::string(path));
      hit.import = hidden ? Severity::kHigh : Severity::kLow;
      hit.entry = hidden ? Severity::kHigh : Severity::kLow;
      hit.defined = hit.script = hidden ? Severity::kMedium : Severity::kInfo;
      break;
    }
    case PythonRisk::kDelete: {
      Hit& hit = add(rules::kPythonFileDeletion, place, "calls " + std::string(path));
      hit.import = model_code_ ? Severity::kMedium : Severity::kLow;
      hit.entry = Severity::kLow;
      hit.script = hit.defined = Severity::kInfo;
      break;
    }
    case PythonRisk::kDuplicate: {
      const PythonArgument* target = positional(arguments, 1);
      const bool standard =
          target != nullptr && target->value.is(Kind::kNumber) && target->value.number <= 2;
      const PythonArgument* from = positional(arguments, 0);
      const bool socket = from != nullptr && from->value.is(Kind::kPath) &&
                          from->value.text().find("socket") != std::string_view::npos;
      if ((standard && socket) ||
          (standard && uses_sockets_ && from != nullptr && from->value.is(Kind::kPath) &&
           from->value.text().ends_with(".fileno()"))) {
        Hit& hit = add(rules::kPythonReverseShell, place,
                       "binds a socket to the standard streams with os.dup2");
        hit.script = hit.defined = Severity::kCritical;
      }
      break;
    }
    case PythonRisk::kNone:
      break;
  }
}

void PythonFacts::process(std::string_view path, const Arguments& arguments, PythonOrigins origins,
                          const PythonPlace& place) {
  const PythonArgument* first = positional(arguments, 0);
  if (first == nullptr) first = keyword(arguments, "args");
  if (first == nullptr) first = keyword(arguments, "cmd");
  PythonOrigins from = first == nullptr ? PythonOrigins{0} : first->value.origins;
  std::string command = first == nullptr ? std::string() : python_command_text(first->value);
  if (path.starts_with("os.spawn") || path.starts_with("os.exec") ||
      path.starts_with("os.posix_spawn") || path.starts_with("asyncio.create_subprocess_exec")) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      from |= arguments[i].value.origins;
      command.append(" ").append(python_command_text(arguments[i].value));
    }
  }
  const ShellRisk shell = shell_risk(command);
  if (shell == ShellRisk::kReverseShell) {
    Hit& hit =
        add(rules::kPythonReverseShell, place,
            std::string(path) + " runs a command that " + std::string(describe(shell)), command);
    hit.script = hit.defined = Severity::kCritical;
    return;
  }
  if (shell == ShellRisk::kDownloadAndRun || (from & formats::kOriginNetwork) != 0) {
    Hit& hit = add(rules::kPythonDownloadAndRun, place,
                   shell == ShellRisk::kDownloadAndRun
                       ? std::string(path) + " runs a command that runs what it downloads"
                       : std::string(path) + " runs something that came from the network",
                   command);
    hit.script = hit.defined = Severity::kHigh;
    if (shell != ShellRisk::kDownloadAndRun) hit.defined = Severity::kMedium;
    return;
  }
  if (shell == ShellRisk::kDecodeAndRun || (from & formats::kOriginEncodedText) != 0) {
    Hit& hit = add(rules::kPythonDecodedCode, place,
                   std::string(path) + " runs a command that is decoded first", command);
    hit.script = hit.defined = Severity::kHigh;
    return;
  }
  if (shell == ShellRisk::kStartup || shell == ShellRisk::kDestroy) {
    Hit& hit = add(
        shell == ShellRisk::kStartup ? rules::kPythonPersistence : rules::kPythonCommandExecution,
        place, std::string(path) + " runs a command that " + std::string(describe(shell)), command);
    hit.script = hit.defined = Severity::kHigh;
    hit.import = hit.entry = Severity::kCritical;
    return;
  }
  Hit& hit = add(rules::kPythonCommandExecution, place,
                 command.empty() ? "calls " + std::string(path)
                                 : "calls " + std::string(path) + " with a command",
                 command);
  if (path == "webbrowser.open" && (origins & kHiddenOrigins) == 0) {
    hit.import = hit.entry = Severity::kMedium;
    hit.defined = Severity::kInfo;
  }
  if (!model_code_) hit.indirect = Severity::kMedium;
  hit.script = Severity::kLow;
  hit.defined = Severity::kMedium;
}

void PythonFacts::dynamic_code(std::string_view path, const Arguments& arguments,
                               const PythonPlace& place) {
  const PythonArgument* code = positional(arguments, 0);
  if (code == nullptr) {
    if (arguments.empty()) return;
    code = arguments.data();
  }
  const PythonValue& value = code->value;
  const bool hidden = (value.origins & formats::kOriginDecoded) != 0;
  if ((value.origins & formats::kOriginNetwork) != 0) {
    Hit& hit = add(rules::kPythonDownloadAndRun, place,
                   std::string(path) + " runs code that came from the network");
    hit.script = hit.defined = Severity::kHigh;
    return;
  }
  if (hidden) {
    Hit& hit = add(rules::kPythonDecodedCode, place,
                   std::string(path) + " runs code that is decoded first",
                   value.is(Kind::kText) ? value.text() : std::string_view());
    const bool constant = (value.origins & formats::kOriginEncodedText) != 0;
    hit.script = hit.defined = constant ? Severity::kHigh : Severity::kMedium;
    if (!constant) hit.import = hit.entry = Severity::kHigh;
    if (value.is(Kind::kText) && value.is_constant()) nest(value.text(), place);
    return;
  }
  if (value.is(Kind::kText) && value.is_constant()) {
    nest(value.text(), place);
    return;
  }
  // compile() only prepares; what runs it is seen by itself.
  const bool prepares = path == "compile" || path.starts_with("types.");
  // A code object made from a text that was read: the call of exec around it counts once.
  if (path == "exec" && value.is(Kind::kPath) && value.text() == "compile()") {
    const bool file = (value.origins & formats::kOriginFile) != 0;
    Hit& hit =
        add(rules::kPythonDynamicCode, place,
            file ? "exec runs the text of a file" : "exec runs compiled text that is not constant");
    hit.import = hit.entry = file && !model_code_ ? Severity::kMedium : Severity::kHigh;
    if (!model_code_) hit.indirect = Severity::kMedium;
    return;
  }
  Hit& hit = add(rules::kPythonDynamicCode, place,
                 "calls " + std::string(path) + " with text that is not constant",
                 value.is(Kind::kText) ? value.text() : std::string_view());
  hit.script = Severity::kLow;
  hit.defined = prepares ? Severity::kLow : Severity::kMedium;
  if (prepares) hit.import = hit.entry = Severity::kMedium;
  if (!model_code_) hit.indirect = Severity::kMedium;
  if (value.is(Kind::kText)) {
    // A template with holes can be read but for the holes.
    std::string visible(value.text());
    for (std::size_t at = visible.find("{}"); at != std::string::npos;
         at = visible.find("{}", at)) {
      visible.replace(at, 2, "_");
    }
    nest(visible, place);
    hit.import = hit.entry = Severity::kMedium;
    hit.defined = Severity::kLow;
  }
  const bool file = (value.origins & formats::kOriginFile) != 0;
  if (file && !model_code_)
    hit.import = hit.entry = Severity::kMedium;  // setup.py reads its own version
}

void PythonFacts::deserialise(std::string_view path, const Arguments& arguments,
                              const PythonPlace& place) {
  const PythonArgument* data = positional(arguments, 0);
  const PythonOrigins from = data == nullptr ? PythonOrigins{0} : data->value.origins;
  if (path == "torch.load" && is_true(keyword(arguments, "weights_only"))) return;
  if (path == "numpy.load" || path == "np.load") {
    const PythonArgument* allow = keyword(arguments, "allow_pickle");
    if (allow == nullptr || is_false(allow)) return;
  }
  if (path.starts_with("yaml.load") || path == "yaml.full_load") {
    const PythonArgument* loader = keyword(arguments, "Loader");
    if (loader == nullptr) loader = positional(arguments, 1);
    if (loader != nullptr && loader->value.is(Kind::kPath) &&
        (loader->value.text().ends_with("SafeLoader") ||
         loader->value.text().ends_with("BaseLoader"))) {
      return;
    }
  }
  const bool encoded = (from & formats::kOriginEncodedText) != 0;
  if (encoded || (data != nullptr && data->value.is(Kind::kText) && path != "numpy.load" &&
                  path.ends_with("loads") && data->value.text().size() > 8)) {
    Hit& hit = add(rules::kPythonDecodedCode, place,
                   "calls " + std::string(path) + " on data that stands encoded in this file");
    hit.import = hit.entry = encoded ? Severity::kCritical : Severity::kHigh;
    hit.script = hit.defined = encoded ? Severity::kHigh : Severity::kMedium;
    return;
  }
  Hit& hit = add(rules::kPythonUnsafeDeserialisation, place, "calls " + std::string(path));
  hit.import = Severity::kMedium;
  hit.entry = Severity::kMedium;
  hit.script = Severity::kInfo;
  hit.defined = Severity::kLow;
  if ((from & formats::kOriginNetwork) != 0) {
    hit.detail += " on data from the network";
    hit.import = hit.entry = Severity::kHigh;
    hit.defined = Severity::kMedium;
  }
}

void PythonFacts::network(std::string_view path, const Arguments& arguments,
                          const PythonPlace& place) {
  const PythonOrigins from = formats::origins_of(arguments);
  std::string where;
  for (const PythonArgument& argument : arguments) {
    const std::string text = python_command_text(argument.value);
    if (text.find("://") != std::string::npos || (argument.value.is(Kind::kList) && where.empty()))
      where = text;
  }
  bool all_environment = false;
  for (const PythonArgument& argument : arguments) {
    const PythonValue& value = argument.value;
    const auto whole = [](const PythonValue& v) {
      return v.is(Kind::kPath) && (v.origins & formats::kOriginEnvironment) != 0 &&
             (v.text() == "os.environ" || v.text() == "os.environb" ||
              v.text().find("os.environ()") != std::string_view::npos ||
              v.text().find("os.environ.copy()") != std::string_view::npos ||
              v.text().find("os.environ.items()") != std::string_view::npos ||
              v.text() == "dict()" || v.text() == "str()" || v.text() == "json.dumps()");
    };
    if (whole(value)) all_environment = true;
    if (value.is(Kind::kList))
      all_environment |= std::any_of(value.items_ptr->begin(), value.items_ptr->end(), whole);
  }
  if ((from & formats::kOriginCredential) != 0 || all_environment) {
    Hit& hit = add(
        rules::kPythonDataExfiltration, place,
        "passes " +
            std::string(all_environment ? "the environment variables" : "a file of credentials") +
            " to " + std::string(path),
        where);
    hit.script = hit.defined = Severity::kHigh;
    return;
  }
  Hit& hit = add(rules::kPythonNetworkAccess, place, "calls " + std::string(path), where);
  hit.import = model_code_ ? Severity::kHigh : Severity::kMedium;
  hit.entry = Severity::kMedium;
  hit.script = Severity::kInfo;
  hit.defined = Severity::kInfo;
}

void PythonFacts::open_file(std::string_view path, const Arguments& arguments,
                            const PythonPlace& place) {
  const PythonArgument* file = positional(arguments, 0);
  if (file == nullptr ||
      !(file->value.is(Kind::kText) || (file->value.origins & formats::kOriginCredential) != 0))
    return;
  const PythonArgument* mode = positional(arguments, 1);
  if (mode == nullptr) mode = keyword(arguments, "mode");
  const bool writes = mode != nullptr && mode->value.is(Kind::kText) &&
                      mode->value.text().find_first_of("wax+") != std::string_view::npos;
  const std::string_view startup = startup_place(file->value.text());
  if (writes && !startup.empty()) {
    Hit& hit = add(rules::kPythonPersistence, place, "writes a " + std::string(startup),
                   file->value.text());
    hit.import = hit.entry = Severity::kCritical;
    hit.script = hit.defined = Severity::kHigh;
    return;
  }
  const std::string_view place_of_credentials = credential_place(file->value.text());
  if (!place_of_credentials.empty() || (file->value.origins & formats::kOriginCredential) != 0) {
    const bool mild = place_of_credentials == "account list";
    Hit& hit = add(
        rules::kPythonCredentialAccess, place,
        std::string(path) + " reads " +
            std::string(place_of_credentials.empty() ? "stored credentials" : place_of_credentials),
        file->value.text());
    hit.import = hit.entry = mild ? Severity::kMedium : Severity::kHigh;
    hit.script = hit.defined = Severity::kMedium;
    if (!model_code_ || mild) hit.script = hit.defined = Severity::kLow;
  }
}

void PythonFacts::passed_callables(const PythonValue& callee, const Arguments& arguments,
                                   const PythonPlace& place) {
  if (one_of(kLookers, callee.text())) return;
  const bool calls = one_of(kCallers, callee.text());
  for (const PythonArgument& argument : arguments) {
    if (!argument.value.is(Kind::kPath)) continue;
    const std::string_view path = argument.value.text();
    const PythonRisk risk = python_risk(path);
    if (risk != PythonRisk::kProcess && risk != PythonRisk::kDynamicCode) continue;
    if (path.ends_with(".Popen") || path.starts_with("types.")) {
      if (!calls) continue;  // a class, named for a type
    }
    Hit& hit = add(
        risk == PythonRisk::kProcess ? rules::kPythonCommandExecution : rules::kPythonDynamicCode,
        place, "passes " + std::string(path) + " to " + std::string(callee.text()));
    hit.import = hit.entry = calls ? Severity::kHigh : Severity::kMedium;
    hit.script = Severity::kLow;
    hit.defined = calls ? Severity::kMedium : Severity::kLow;
    if ((argument.value.origins & kHiddenOrigins) != 0) {
      hit.rule = &rules::kPythonHiddenName;
      hit.import = hit.entry = Severity::kCritical;
    }
  }
}

}  // namespace saiph::detect
