#include "detect/pickle/policy.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace saiph::detect {

namespace {

// Attributes that lead out of an object into the interpreter.
constexpr auto kInternals = std::to_array<std::string_view>({
    "__base__",       "__bases__",        "__builtins__",
    "__call__",       "__class__",        "__closure__",
    "__code__",       "__defaults__",     "__delattr__",
    "__dict__",       "__func__",         "__get__",
    "__getattr__",    "__getattribute__", "__globals__",
    "__import__",     "__init__",         "__init_subclass__",
    "__kwdefaults__", "__loader__",       "__module__",
    "__mro__",        "__new__",          "__reduce__",
    "__reduce_ex__",  "__self__",         "__set__",
    "__setattr__",    "__setstate__",     "__spec__",
    "__subclasses__", "__wrapped__",      "f_back",
    "f_builtins",     "f_globals",        "f_locals",
    "gi_code",        "gi_frame",         "mro",
    "tb_frame",
});

bool is_internal(std::string_view part) {
  return std::binary_search(kInternals.begin(), kInternals.end(), part);
}

std::vector<std::string_view> split_dots(std::string_view text) {
  std::vector<std::string_view> parts;
  constexpr std::size_t kMostParts = 32;
  while (parts.size() < kMostParts) {
    const auto dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) break;
    text.remove_prefix(dot + 1);
  }
  return parts;
}

std::string join(const std::vector<std::string_view>& parts, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t i = from; i < to; ++i) {
    if (i != from) text += '.';
    text += parts[i];
  }
  return text;
}

bool denied(std::string_view module, std::string_view name, NameJudgement& out) {
  const auto row = find_denied(module, name);
  if (!row) return false;
  out.grade = NameGrade::kDenied;
  out.why = row->why;
  out.references = row->references;
  return true;
}

// A module's name under which another one keeps its copy: "pip._vendor.requests" is requests.
std::string_view without_vendor(std::string_view module) {
  for (const std::string_view infix :
       {"._vendor.", ".externals.", ".extern.", ".vendored.", ".vendor.", "._distutils."}) {
    const auto at = module.rfind(infix);
    if (at == std::string_view::npos) continue;
    return infix == "._distutils." ? module.substr(at + 2) : module.substr(at + infix.size());
  }
  return module;
}

// "random" + "_os.system": every split of the chain into a module and the rest, with and without
// the module it starts in, a leading underscore being the usual private alias.
bool chain_denied(std::string_view module, std::string_view name, NameJudgement& out) {
  const auto parts = split_dots(name);
  for (std::size_t split = 1; split < parts.size(); ++split) {
    const std::string rest = join(parts, split, parts.size());
    if (denied(std::string(module) + "." + join(parts, 0, split), rest, out)) {
      out.reaches = std::string(module) + "." + join(parts, 0, split) + "." + rest;
      return true;
    }
    for (std::size_t from = 0; from < split; ++from) {
      std::string inner = join(parts, from, split);
      while (inner.starts_with('_') && !inner.starts_with("__")) inner.erase(0, 1);
      const std::string top = inner.substr(0, inner.find('.'));
      if (package_kind(top) != PackageKind::kUnknown && denied(inner, rest, out)) {
        out.reaches = inner + "." + rest;
        return true;
      }
    }
  }
  return false;
}

bool trusted(const formats::PickleName& name, const Trust& trust) {
  const std::string full = name.module + "." + name.name;
  if (std::find(trust.classes.begin(), trust.classes.end(), full) != trust.classes.end())
    return true;
  return std::any_of(trust.modules.begin(), trust.modules.end(), [&](const std::string& module) {
    std::string_view prefix = module;
    if (prefix.ends_with('.')) prefix.remove_suffix(1);
    return name.module == prefix ||
           (name.module.size() > prefix.size() && name.module.starts_with(prefix) &&
            name.module[prefix.size()] == '.');
  });
}

}  // namespace

NameJudgement judge_pickle_name(const formats::PickleName& name, const Trust& trust) {
  NameJudgement out;
  const auto allowed = find_allowed(name.module, name.name);
  if (allowed && allowed->core) {
    out.grade = NameGrade::kAllowed;
    out.uses = allowed->uses;
    out.shape = allowed->shape;
    return out;
  }
  // The loader may or may not map Python 2 names, and copies of a module live under other names.
  const auto [old_module, old_name] = formats::map_python2_name(name.raw_module, name.raw_name);
  const std::string_view vendored = without_vendor(name.module);
  if (denied(name.module, name.name, out) || denied(name.raw_module, name.raw_name, out) ||
      denied(old_module, old_name, out) ||
      (vendored != name.module && denied(vendored, name.name, out)) ||
      chain_denied(name.module, name.name, out)) {
    return out;
  }
  if (allowed) {
    out.grade = NameGrade::kAllowed;
    out.uses = allowed->uses;
    return out;
  }
  // Cython's own reconstruction: checks a checksum, makes the class, sets plain attributes.
  if (name.name.starts_with("__pyx_unpickle_") &&
      package_kind(name.module) == PackageKind::kFramework) {
    out.grade = NameGrade::kAllowed;
    out.uses = formats::PickleTraits::kImport;
    out.shape = PickleShape::kUnpickle;
    return out;
  }
  const auto parts = split_dots(name.name);
  if (std::any_of(parts.begin(), parts.end(), is_internal)) {
    out.reaches = name.module + "." + name.name;
  } else if (parts.size() > 1) {
    std::string_view first = parts[0];
    while (first.starts_with('_')) first.remove_prefix(1);
    // A class may be called like a module, but modules are lower case and so are few classes.
    if (package_kind(first) == PackageKind::kStandard)
      out.reaches = std::string(first) + "." + join(parts, 1, parts.size());
  }
  if (out.reaches.empty() && trusted(name, trust)) {
    out.grade = NameGrade::kTrusted;
    out.uses = formats::PickleTraits::kImport | formats::PickleTraits::kRebuild |
               formats::PickleTraits::kCall;
    return out;
  }
  // TorchScript's own archive namespace: resolved inside the archive, never by Python's import.
  if (name.module == "__torch__" || name.module.starts_with("__torch__.")) {
    out.grade = NameGrade::kAllowed;
    out.uses = formats::PickleTraits::kImport | formats::PickleTraits::kRebuild;
    return out;
  }
  switch (package_kind(name.module)) {
    case PackageKind::kStandard:
      out.grade = name.module == "__main__" ? NameGrade::kThirdParty : NameGrade::kStandard;
      break;
    case PackageKind::kFramework:
      out.grade = NameGrade::kFramework;
      break;
    case PackageKind::kUnknown:
      out.grade = NameGrade::kThirdParty;
      break;
  }
  return out;
}

}  // namespace saiph::detect
