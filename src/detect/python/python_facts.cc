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

bool is_reducer(std::string_view name) {
  return name == "__reduce__" || name == "__reduce_ex__";
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
    const ShellRisk shell = shell_risk(python_command_text(arguments[0].value));
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
  const std::string what = with.is(Kind::kList) && !with.items_ptr->empty()
                               ? python_command_text((*with.items_ptr)[0])
                               : "";
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

}  // namespace saiph::detect
