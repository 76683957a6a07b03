#include "detect/python/python_facts.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "base/text.h"
#include "detect/python/shell_command.h"
#include "detect/rules/python.h"

namespace saiph::detect {

namespace {

using formats::PythonArgument;
using formats::PythonOrigins;
using formats::PythonPlace;
using formats::PythonScope;
using formats::PythonScopeId;
using formats::PythonValue;
using Kind = formats::PythonValueKind;

constexpr PythonOrigins kHiddenOrigins = formats::kOriginBuilt | formats::kOriginDecoded;

// Methods that frameworks call by themselves while they load or use a model or data set.
constexpr auto kEntryNames = std::to_array<std::string_view>({"__call__",
                                                              "__del__",
                                                              "__getattr__",
                                                              "__getstate__",
                                                              "__init__",
                                                              "__init_subclass__",
                                                              "__new__",
                                                              "__post_init__",
                                                              "__reduce__",
                                                              "__set_name__",
                                                              "__setstate__",
                                                              "_generate_examples",
                                                              "_info",
                                                              "_init_weights",
                                                              "_load_from_state_dict",
                                                              "_split_generators",
                                                              "build",
                                                              "call",
                                                              "forward",
                                                              "from_config",
                                                              "from_pretrained",
                                                              "generate",
                                                              "get_config",
                                                              "handle",
                                                              "inference",
                                                              "initialize",
                                                              "load",
                                                              "load_context",
                                                              "load_model",
                                                              "postprocess",
                                                              "predict",
                                                              "prepare_inputs_for_generation",
                                                              "preprocess",
                                                              "setup"});

// Functions that only look at a callable or type that is passed to them.
constexpr auto kLookers = std::to_array<std::string_view>(
    {"bool", "callable", "dict", "getattr", "hasattr", "id", "isinstance", "issubclass", "len",
     "list", "print", "repr", "set", "setattr", "str", "tuple", "type", "typing.cast", "super"});

// Functions that call what is passed to them, at once or soon.
constexpr auto kCallers = std::to_array<std::string_view>(
    {"apply", "atexit.register", "filter", "functools.reduce", "itertools.starmap", "map", "max",
     "min", "multiprocessing.Process", "reduce", "sorted", "threading.Thread", "threading.Timer",
     "weakref.finalize"});

bool is_reducer(std::string_view name) {
  return name == "__reduce__" || name == "__reduce_ex__";
}

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

// The text of a command: a string, or a list of words joined by spaces.
std::string command_text(const PythonValue& value) {
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

}  // namespace

PythonOrigins PythonFacts::origins_of_call(std::string_view path,
                                           const std::vector<PythonArgument>& arguments) const {
  const PythonRisk risk = python_risk(path);
  if (risk == PythonRisk::kOpen || path == "pathlib.Path" || path == "os.path.expanduser" ||
      path == "os.path.join") {
    for (const PythonArgument& argument : arguments) {
      if (argument.value.is(Kind::kText) && !credential_place(argument.value.text()).empty())
        return formats::kOriginCredential;
      const PythonOrigins origins = argument.value.origins & formats::kOriginCredential;
      if (origins != 0) return origins;
    }
  }
  if (risk == PythonRisk::kProcess && !arguments.empty()) {
    const ShellRisk shell = shell_risk(command_text(arguments[0].value));
    if (shell == ShellRisk::kDownload) return formats::kOriginNetwork;
  }
  return 0;
}

bool PythonFacts::is_notable(std::string_view path) const {
  switch (python_risk(path)) {
    case PythonRisk::kProcess:
    case PythonRisk::kDynamicCode:
    case PythonRisk::kDeserialise:
    case PythonRisk::kNative:
    case PythonRisk::kReflection:
      return true;
    default:
      return path == "os" || path == "subprocess" || path == "getattr" || path == "__import__";
  }
}

PythonFacts::Hit& PythonFacts::add(const Rule& rule, const PythonPlace& place, std::string detail,
                                   std::string_view excerpt) {
  static thread_local Hit spare;
  if (hits_.size() >= kMaxHits) {
    overflowed_ = true;
    spare = {};
    return spare;
  }
  Hit& hit = hits_.emplace_back();
  hit.rule = &rule;
  hit.import = hit.entry = rule.severity;
  hit.place = place;
  hit.detail = std::move(detail);
  hit.excerpt = shorten(excerpt, 160);
  return hit;
}

void PythonFacts::on_scope(const PythonScope& scope) {
  scopes_.push_back(scope);
}

void PythonFacts::on_import(const formats::PythonImport& import) {
  if (import.module == "copyreg" || import.module == "copy_reg") registers_reducers_ = true;
  std::string_view module = import.module;
  if (!is_capability_module(module)) module = module.substr(0, module.find('.'));
  if (!is_capability_module(module)) return;
  if (std::find(capabilities_.begin(), capabilities_.end(), module) == capabilities_.end())
    capabilities_.emplace_back(module);
}

void PythonFacts::edge(const PythonPlace& from, const PythonValue& to) {
  const Edge edge{from.scope, static_cast<PythonScopeId>(to.number), from.script_only};
  if (!edges_.empty() && edges_.back() == edge) return;
  if (edges_.size() < kMaxEdges) {
    edges_.push_back(edge);
  } else {
    overflowed_ = true;
  }
}

void PythonFacts::nest(std::string_view code, const PythonPlace& place) {
  if (code.size() > kMaxNestedBytes - std::min(nested_bytes_, kMaxNestedBytes)) {
    overflowed_ = true;
    return;
  }
  nested_bytes_ += code.size();
  nested_.push_back({std::string(code), place});
}

void PythonFacts::on_call(const PythonValue& callee, const Arguments& arguments,
                          const PythonPlace& place) {
  if (callee.is(Kind::kFunction) || callee.is(Kind::kClass) || callee.is(Kind::kInstance)) {
    edge(place, callee);
  }
  for (const PythonArgument& argument : arguments) {
    if (argument.value.is(Kind::kFunction)) edge(place, argument.value);
  }
  if (!callee.is(Kind::kPath)) return;
  const std::string_view path = callee.text();
  const PythonRisk risk = python_risk(path);
  const bool hidden = (callee.origins & kHiddenOrigins) != 0;
  const bool reflected = (callee.origins & formats::kOriginReflected) != 0;
  if (risk != PythonRisk::kNone) {
    if (hidden && (reflected || risk == PythonRisk::kProcess || risk == PythonRisk::kDynamicCode) &&
        (risk == PythonRisk::kProcess || risk == PythonRisk::kDynamicCode ||
         risk == PythonRisk::kDeserialise || risk == PythonRisk::kNative ||
         risk == PythonRisk::kReflection)) {
      Hit& hit = add(rules::kPythonHiddenName, place,
                     "calls " + std::string(path) + " under a name that is put together");
      hit.script = hit.defined = Severity::kHigh;
    }
    risky_call(risk, callee, arguments, place);
  } else if (reflected && hidden &&
             (path == "os.?" || path == "subprocess.?" || path == "builtins.?" ||
              (path.starts_with("?.") && (callee.origins & formats::kOriginEncodedText) != 0))) {
    Hit& hit = add(rules::kPythonHiddenName, place,
                   "calls a function of " + std::string(path) + " under a decoded name");
    hit.import = hit.entry = Severity::kHigh;
    hit.defined = Severity::kMedium;
  } else if (reflected && (path.starts_with("os.?") || path.starts_with("subprocess.?") ||
                           path == "builtins.?")) {
    Hit& hit = add(rules::kPythonComputedImport, place,
                   "calls a function of " + std::string(path.substr(0, path.find('.'))) +
                       " by a computed name");
    hit.import = hit.entry = Severity::kMedium;
    hit.defined = Severity::kLow;
  }
  if (path == "copyreg.pickle" || path == "copy_reg.pickle" || path == "setattr" ||
      path == "type") {
    for (const PythonArgument& argument : arguments) {
      const PythonValue& value = argument.value;
      const bool names_it =
          path != "setattr" || (arguments.size() > 1 && arguments[1].value.is(Kind::kText) &&
                                is_reducer(arguments[1].value.text()));
      if (!value.is_mapping && path != "type" && names_it) pickle_recipe(value, path, place);
      if (!value.is_mapping || !value.is(Kind::kList)) continue;
      for (std::size_t i = 0; i + 1 < std::min<std::size_t>(value.items_ptr->size(), 256); i += 2) {
        if ((*value.items_ptr)[i].is(Kind::kText) && is_reducer((*value.items_ptr)[i].text()))
          pickle_recipe((*value.items_ptr)[i + 1], path, place);
      }
    }
  }
  if (path == "socket.socket" || path == "socket.create_connection") uses_sockets_ = true;
  passed_callables(callee, arguments, place);
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
  std::string command = first == nullptr ? std::string() : command_text(first->value);
  if (path.starts_with("os.spawn") || path.starts_with("os.exec") ||
      path.starts_with("os.posix_spawn") || path.starts_with("asyncio.create_subprocess_exec")) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      from |= arguments[i].value.origins;
      command.append(" ").append(command_text(arguments[i].value));
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
    const std::string text = command_text(argument.value);
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

// What __reduce__ returns is a recipe: whoever unpickles such an object calls its first item. The
// class builds a malicious pickle, whether or not this file does anything else with it.
void PythonFacts::pickle_recipe(const PythonValue& value, std::string_view where,
                                const PythonPlace& place) {
  if (!value.is(Kind::kList) || value.items_ptr->size() < 2) return;
  const PythonValue& callable = (*value.items_ptr)[0];
  if (!callable.is(Kind::kPath)) return;
  const std::string_view path = callable.text();
  const PythonRisk risk = python_risk(path);
  if (risk != PythonRisk::kProcess && risk != PythonRisk::kDynamicCode) return;
  if (path == "compile" || path.starts_with("types.")) return;  // they prepare, and run nothing
  const PythonValue& with = (*value.items_ptr)[1];
  const std::string what =
      with.is(Kind::kList) && !with.items_ptr->empty() ? command_text((*with.items_ptr)[0]) : "";
  Hit& hit =
      add(risk == PythonRisk::kProcess ? rules::kPythonCommandExecution : rules::kPythonDynamicCode,
          place, std::string(where) + " makes unpickling call " + std::string(path), what);
  hit.script = hit.defined = Severity::kHigh;
}

void PythonFacts::on_return(const PythonValue& value, const PythonPlace& place) {
  if (!value.is(Kind::kList) || place.scope == 0 || place.scope > scopes_.size()) return;
  const PythonScope& scope = scopes_[place.scope - 1];
  if (is_reducer(scope.name) || registers_reducers_) pickle_recipe(value, scope.name, place);
}

void PythonFacts::on_assign(std::string_view target, const PythonValue& value,
                            const PythonPlace& place) {
  if (value.is(Kind::kFunction) && target.starts_with("__")) edge(place, value);
  if (value.is(Kind::kList) && is_reducer(target)) pickle_recipe(value, target, place);
  if (!value.is(Kind::kPath)) return;
  const PythonRisk risk = python_risk(value.text());
  if (risk != PythonRisk::kProcess && risk != PythonRisk::kDynamicCode) return;
  const std::size_t dot = target.rfind('.');
  const std::string_view leaf = dot == std::string_view::npos ? target : target.substr(dot + 1);
  if (leaf.size() > 4 && leaf.starts_with("__") && leaf.ends_with("__")) {
    Hit& hit = add(rules::kPythonHiddenName, place,
                   "binds " + std::string(value.text()) + " to " + std::string(leaf));
    hit.script = hit.defined = Severity::kHigh;
  }
}

void PythonFacts::on_disguised_name(std::string_view written, std::string_view read,
                                    const PythonPlace& place) {
  // Mathematical letters in a formula's variable names are a habit; in the name of a builtin never.
  const bool matters =
      is_notable(read) || read == "getattr" || read == "import" || read.starts_with("__");
  Hit& hit = add(rules::kPythonDisguisedName, place,
                 "Python reads this identifier as " + std::string(read), written);
  hit.import = hit.entry = hit.defined = hit.script = matters ? Severity::kHigh : Severity::kLow;
}

void PythonFacts::on_dunder(std::string_view path, const PythonPlace& place) {
  const bool strong = path.ends_with(".__subclasses__") ||
                      path.find("__globals__") != std::string_view::npos ||
                      path.ends_with("__builtins__");
  const bool chained = path.find("__class__") != std::string_view::npos ||
                       path.find("__init__") != std::string_view::npos ||
                       path.starts_with("?.__base");
  if (!strong || !chained) return;
  Hit& hit = add(rules::kPythonObjectEscape, place, "reads " + std::string(path), path);
  hit.defined = Severity::kMedium;
  hit.script = Severity::kMedium;
  if (path.find("__class__") == std::string_view::npos) {
    hit.import = hit.entry = Severity::kMedium;
    hit.defined = Severity::kLow;
  }
}

std::vector<PythonFacts::ScopeReach> PythonFacts::reaches() const {
  std::vector<ScopeReach> reach(scopes_.size() + 1);
  reach[0].reach = PythonReach::kImport;
  std::vector<std::vector<PythonScopeId>> methods(scopes_.size() + 1);
  std::vector<std::vector<Edge>> calls(scopes_.size() + 1);
  std::vector<PythonScopeId> todo{0};
  for (const PythonScope& scope : scopes_) {
    if (scope.id >= reach.size() || scope.parent >= reach.size()) continue;
    const bool entry_name = one_of(kEntryNames, scope.name);
    if (scope.kind == PythonScope::Kind::kClass) {
      calls[scope.parent].push_back(
          {scope.parent, scope.id, false});  // the body runs with the scope around
    } else if (entry_name) {
      methods[scope.parent].push_back(scope.id);
      if (model_code_ && scope.parent != 0) {
        reach[scope.id].reach = PythonReach::kEntry;
        todo.push_back(scope.id);
      }
    }
  }
  for (const Edge& edge : edges_) {
    if (edge.from >= calls.size() || edge.to >= calls.size() || edge.to == 0) continue;
    if (scopes_[edge.to - 1].kind == PythonScope::Kind::kClass) {
      // Calling a class runs its constructor, not its body.
      for (const PythonScopeId method : methods[edge.to])
        calls[edge.from].push_back({edge.from, method, edge.script_only});
    } else {
      calls[edge.from].push_back(edge);
    }
  }
  // Breadth first, so that the first way found is the shortest. Reach only grows, by three steps at
  // most, so the work is linear in the edges.
  for (std::size_t i = 0; i < todo.size(); ++i) {
    const ScopeReach from = reach[todo[i]];
    for (const Edge& edge : calls[todo[i]]) {
      const PythonReach reached =
          edge.script_only ? std::min(from.reach, PythonReach::kScript) : from.reach;
      if (reach[edge.to].reach >= reached) continue;
      const bool body = scopes_[edge.to - 1].kind == PythonScope::Kind::kClass;
      reach[edge.to] = {reached, from.calls + (body ? 0U : 1U)};
      todo.push_back(edge.to);
    }
  }
  return reach;
}

std::string PythonFacts::scope_name(PythonScopeId id) const {
  if (id == 0 || id > scopes_.size()) return {};
  const PythonScope& scope = scopes_[id - 1];
  if (scope.parent != 0 && scope.parent <= scopes_.size())
    return scopes_[scope.parent - 1].name + "." + scope.name;
  return scope.name;
}

}  // namespace saiph::detect
