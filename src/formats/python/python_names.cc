// The part of PythonEvaluator that knows names, attributes and calls.
#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "base/text.h"
#include "formats/python/compatibility_letters.h"
#include "formats/python/python_evaluator.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

constexpr std::size_t kMaxStarModules = 64;
// List items that may be alive in one pass; about 7 MB.
constexpr std::size_t kMaxItems = 100'000;
// List items that may be looked at in one pass to choose one of them.
constexpr std::size_t kMaxScannedItems = 2'000'000;
constexpr std::size_t kMaxParameters = 8;
constexpr std::size_t kMaxBoundArguments = 64;
// operator.call(operator.call, ...) and its kin: how often one call leads to another.
constexpr std::size_t kMaxRedirects = 8;

// Functions whose result is, or stands for, their first argument.
constexpr auto kPassing =
    std::to_array<std::string_view>({"classmethod", "contextlib.closing", "contextlib.nullcontext",
                                     "copy.copy", "copy.deepcopy", "staticmethod"});

// Methods that look a name up in a namespace.
constexpr auto kLookups =
    std::to_array<std::string_view>({".get", ".__getitem__", ".__getattribute__", ".pop"});

bool is_dunder(std::string_view name) {
  return name.size() > 4 && name.starts_with("__") && name.ends_with("__");
}

// Attributes that lead from any object to the interpreter's inside.
constexpr auto kInner = std::to_array<std::string_view>(
    {"__subclasses__", "__globals__", "__builtins__", "__mro__", "__base__", "__bases__",
     "__code__", "__getattribute__", "__closure__", "__loader__", "__import__", "__reduce_ex__"});

bool is_builtins(std::string_view path) {
  return path == "builtins" || path == "__builtins__" || path == "__builtin__";
}

bool is_namespace_call(std::string_view path) {
  return path == "globals()" || path == "locals()" || path == "vars()";
}

}  // namespace

void PythonEvaluator::begin_pass(bool report) {
  report_ = report;
  if (!frames_.empty()) module_names_ = std::move(frames_.front().names);
  frames_.clear();
  folder_ = PythonFolder();
  fields_.clear();
  bound_names_ = 0;
  items_left_ = kMaxItems;
  scan_left_ = kMaxScannedItems;
  place_ = {};
  push_names(0);
}

void PythonEvaluator::push_names(PythonScopeId scope) {
  frames_.push_back({scope, {}, {}});
}

void PythonEvaluator::pop_names() {
  if (frames_.size() <= 1) return;
  bound_names_ -= std::min(bound_names_, frames_.back().names.size());
  frames_.pop_back();
}

void PythonEvaluator::declare_global(std::string_view name) {
  auto& globals = frames_.back().globals;
  if (frames_.size() > 1 && globals.size() < 256) globals.emplace_back(name);
}

std::string PythonEvaluator::folded_name(std::string_view name) {
  return is_ascii(name) ? std::string(name) : fold_compatibility(name);
}

void PythonEvaluator::bind_global(std::string_view name, PythonValue value) {
  auto& names = frames_.front().names;
  if (const auto found = names.find(name); found != names.end()) {
    found->second = std::move(value);
  } else if (bound_names_ < kMaxNames) {
    ++bound_names_;
    names.emplace(std::string(name), std::move(value));
  } else {
    names_overflowed_ = true;
  }
}

PythonValue PythonEvaluator::parameter(PythonScopeId scope, std::size_t position,
                                       std::string_view name,
                                       const PythonValue& default_value) const {
  if (const auto found = parameters_.find(scope); found != parameters_.end()) {
    for (const Parameter& known : found->second) {
      if (known.keyword.empty() ? known.position == position : known.keyword == name)
        return known.value;
    }
  }
  const bool notable = default_value.is(Kind::kPath) && handler_->is_notable(default_value.text());
  return notable ? default_value : PythonValue{};
}

void PythonEvaluator::note_parameters(PythonScopeId scope,
                                      const std::vector<PythonArgument>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const PythonArgument& argument = arguments[i];
    if (!argument.value.is(Kind::kPath) || !handler_->is_notable(argument.value.text())) continue;
    if (bound_names_ >= kMaxNames) {
      names_overflowed_ = true;
      return;
    }
    auto& known = parameters_[scope];
    const bool seen = std::any_of(known.begin(), known.end(), [&](const Parameter& parameter) {
      return argument.keyword.empty() ? parameter.keyword.empty() && parameter.position == i
                                      : parameter.keyword == argument.keyword;
    });
    if (seen || known.size() >= kMaxParameters) continue;
    ++bound_names_;
    known.push_back({i, std::string(argument.keyword), argument.value});
  }
}

void PythonEvaluator::bind(std::string_view name, PythonValue value) {
  std::string folded;
  if (!is_ascii(name)) {
    folded = fold_compatibility(name);
    name = folded;
  }
  auto* frame = &frames_.back();
  if (std::find(frame->globals.begin(), frame->globals.end(), name) != frame->globals.end()) {
    frame = &frames_.front();
  }
  const auto found = frame->names.find(name);
  if (found != frame->names.end()) {
    const PythonValue& old = found->second;
    const bool keep = conditional_ && old.is(Kind::kPath) && handler_->is_notable(old.text()) &&
                      !(value.is(Kind::kPath) && handler_->is_notable(value.text()));
    if (!keep) found->second = std::move(value);
    return;
  }
  if (bound_names_ >= kMaxNames) {
    names_overflowed_ = true;
    return;
  }
  ++bound_names_;
  frame->names.emplace(std::string(name), std::move(value));
}

void PythonEvaluator::bind_attribute(PythonScopeId class_scope, std::string_view name,
                                     PythonValue value) {
  auto& names = class_names_[class_scope];
  const auto found = names.find(name);
  if (found != names.end()) {
    const PythonValue& old = found->second;
    if (old.is(Kind::kFunction) && !value.is(Kind::kPath)) return;
    found->second = std::move(value);
    return;
  }
  if (bound_names_ >= kMaxNames) {
    names_overflowed_ = true;
    return;
  }
  ++bound_names_;
  names.emplace(std::string(name), std::move(value));
}

void PythonEvaluator::add_return(PythonScopeId scope, const PythonValue& value) {
  PythonValue& known = returns_[scope];
  const auto origins = static_cast<PythonOrigins>(known.origins | value.origins);
  if (known.is(Kind::kUnknown) || (value.is(Kind::kPath) && handler_->is_notable(value.text())))
    known = value;
  known.origins = origins;
}

void PythonEvaluator::add_star_module(std::string_view module) {
  if (std::find(star_modules_.begin(), star_modules_.end(), module) != star_modules_.end()) return;
  if (star_modules_.size() < kMaxStarModules)
    star_modules_.emplace_back(module);
  else
    names_overflowed_ = true;
}

PythonValue PythonEvaluator::path(std::string text, PythonOrigins origins) {
  if (text.size() > kMaxPath) return PythonValue::unknown(origins);
  origins |= handler_->origins_of_path(text);
  return PythonValue::of_path(std::move(text), origins);
}

PythonValue PythonEvaluator::look_up(std::string_view name) {
  std::string folded;
  if (!is_ascii(name)) {
    folded = fold_compatibility(name);
    if (folded != name && is_ascii(folded) && report_)
      handler_->on_disguised_name(name, folded, place_);
    name = folded;
  }
  for (const auto& [local, value] : std::views::reverse(locals_)) {
    if (local == name) return value;
  }
  for (const Names& frame : std::views::reverse(frames_)) {
    if (const auto found = frame.names.find(name); found != frame.names.end()) return found->second;
  }
  if (frames_.size() > 1) {
    if (const auto found = module_names_.find(name); found != module_names_.end())
      return found->second;
  }
  for (const std::string& module : star_modules_) {
    if (std::string full = module + "." + std::string(name); handler_->is_notable(full)) {
      return path(std::move(full), 0);
    }
  }
  return path(std::string(name), 0);
}

PythonValue PythonEvaluator::attribute(const PythonValue& base, std::string_view written) {
  std::string folded;
  std::string_view name = written;
  if (!is_ascii(written)) {
    folded = fold_compatibility(written);
    if (folded != written && is_ascii(folded) && report_)
      handler_->on_disguised_name(written, folded, place_);
    name = folded;
  }
  if (is_dunder(name) && report_ && std::find(kInner.begin(), kInner.end(), name) != kInner.end()) {
    std::string full(base.is(Kind::kPath) ? base.text() : std::string_view("?"));
    handler_->on_dunder(full.append(".").append(name), place_);
  }
  switch (base.kind) {
    case Kind::kPath: {
      const bool looks_up =
          std::any_of(kLookups.begin(), kLookups.end(),
                      [&](std::string_view lookup) { return lookup.substr(1) == name; });
      if (is_builtins(base.text()) && name != "__dict__" && !looks_up)
        return path(std::string(name), base.origins);
      if (name == "__call__") return base;
      // A function of the builtins knows their module: print.__self__.
      if (name == "__self__" && base.text().find_first_of(".?[(") == std::string_view::npos)
        return path("builtins", base.origins | kOriginReflected);
      return path(std::string(base.text()).append(".").append(name), base.origins);
    }
    case Kind::kList: {
      if (!has_method(base, name)) break;
      PythonValue method = base;
      method.kind = Kind::kMethod;
      method.name_ptr = std::make_shared<const std::string>(name);
      return method;
    }
    case Kind::kText: {
      if (is_dunder(name)) return path(std::string("?.").append(name), base.origins);
      PythonValue method = base;
      method.kind = Kind::kMethod;
      method.name_ptr = std::make_shared<const std::string>(name);
      return method;
    }
    case Kind::kFunction:
      if (name == "__call__") return base;
      break;
    case Kind::kInstance:
    case Kind::kClass: {
      const auto names = class_names_.find(static_cast<PythonScopeId>(base.number));
      if (names != class_names_.end()) {
        if (const auto found = names->second.find(name); found != names->second.end())
          return found->second;
      }
      break;
    }
    default:
      break;
  }
  return path(std::string("?.").append(name), base.origins);
}

PythonValue PythonEvaluator::subscript(const PythonValue& base, const PythonValue& index) {
  if (base.is(Kind::kList)) return item_at(base, index);
  if (!base.is(Kind::kPath)) return folder_.subscript(base, index, false);
  const auto origins = static_cast<PythonOrigins>(base.origins | index.origins);
  const std::string_view text = base.text();
  const bool known = index.is(Kind::kText) && index.is_constant();
  const std::string key(known ? index.text() : std::string_view("?"));
  const auto reflected = static_cast<PythonOrigins>(origins | kOriginReflected);
  if (is_namespace_call(text) && known) {
    PythonValue value = look_up(key);
    value.origins |= reflected;
    return value;
  }
  if (text == "sys.modules" || is_builtins(text)) return path(key, reflected);
  if (text.ends_with(".__dict__")) {
    const PythonValue owner = path(std::string(text.substr(0, text.size() - 9)), reflected);
    return attribute(owner, key);
  }
  if (text.ends_with(".__globals__") || text.ends_with("__builtins__")) return path(key, reflected);
  return path(std::string(text).append("[]"), origins);
}

// operator.call(f, x), functools.partial(f)(x) and operator.methodcaller("f", x)(object) call
// something else: answers whether, what, and with which arguments.
bool PythonEvaluator::redirect(const PythonValue& callee,
                               const std::vector<PythonArgument>& arguments, PythonValue& target,
                               std::vector<PythonArgument>& passed) {
  const bool partial = callee.is(Kind::kPath) && callee.items_ptr != nullptr;
  const bool method = callee.is(Kind::kGetter) && callee.name() == "call" && !arguments.empty();
  if (partial || method) {
    PythonValue next = callee;
    std::vector<PythonArgument> all;
    for (const PythonValue& item : *callee.items_ptr) all.push_back({{}, false, item});
    if (partial) {
      next.items_ptr.reset();
      const std::size_t room = kMaxBoundArguments * 4 - std::min(all.size(), kMaxBoundArguments);
      all.insert(all.end(), arguments.begin(),
                 arguments.begin() + static_cast<std::ptrdiff_t>(std::min(arguments.size(), room)));
    } else {
      next = attribute(arguments[0].value, callee.text());
      next.origins |= callee.origins | kOriginReflected;
    }
    target = std::move(next);
    passed = std::move(all);
    return true;
  }
  if (!callee.is(Kind::kPath) || callee.text() != "operator.call" || arguments.empty())
    return false;
  PythonValue next = arguments[0].value;
  std::vector<PythonArgument> rest(arguments.begin() + 1, arguments.end());
  target = std::move(next);
  passed = std::move(rest);
  return true;
}

// functools.partial(f, x), operator.methodcaller("f", x): the first argument with the others bound.
PythonValue PythonEvaluator::partial(const std::vector<PythonArgument>& arguments,
                                     std::size_t bound_from, PythonOrigins origins) {
  PythonValue value = arguments[0].value;
  value.origins |= origins;
  std::vector<PythonValue> bound;
  if (value.is(Kind::kPath) && value.items_ptr) bound = *value.items_ptr;
  for (std::size_t i = bound_from; i < arguments.size(); ++i) {
    if (bound.size() < kMaxBoundArguments && arguments[i].keyword.empty())
      bound.push_back(arguments[i].value);
  }
  if (value.is(Kind::kPath) || value.is(Kind::kText)) {
    const bool room = bound.size() <= items_left_;
    if (room) items_left_ -= bound.size();
    if (!room) bound.clear();
    value.items_ptr = std::make_shared<const std::vector<PythonValue>>(std::move(bound));
  }
  return value;
}

PythonValue PythonEvaluator::call(const PythonValue& given,
                                  const std::vector<PythonArgument>& given_arguments) {
  PythonValue target;
  std::vector<PythonArgument> passed;
  const bool redirected = redirect(given, given_arguments, target, passed);
  for (std::size_t i = 1; redirected && i < kMaxRedirects; ++i) {
    if (!redirect(target, passed, target, passed)) break;
  }
  const PythonValue& callee = redirected ? target : given;
  const std::vector<PythonArgument>& arguments = redirected ? passed : given_arguments;
  if (report_) handler_->on_call(callee, arguments, place_);
  const auto origins = static_cast<PythonOrigins>(callee.origins | origins_of(arguments));
  switch (callee.kind) {
    case Kind::kPath:
      return call_path(callee, arguments);
    case Kind::kMethod:
      if (callee.items_ptr) return list_method(callee, arguments);
      return folder_.method(callee, arguments);
    case Kind::kGetter: {
      if (arguments.empty()) return PythonValue::unknown(origins);
      PythonValue value =
          callee.name() == "item"
              ? subscript(arguments[0].value, PythonValue::of_text(std::string(callee.text())))
              : attribute(arguments[0].value, callee.text());
      value.origins |= origins | kOriginReflected;
      return value;
    }
    case Kind::kFunction: {
      note_parameters(static_cast<PythonScopeId>(callee.number), arguments);
      const auto found = returns_.find(static_cast<PythonScopeId>(callee.number));
      PythonValue value = found == returns_.end() ? PythonValue{} : found->second;
      if (value.is(Kind::kText)) value.kind = Kind::kUnknown;  // it depends on the arguments
      value.origins |= origins & ~kOriginReflected;
      // A decoder of this file on a constant of this file.
      const bool constant = std::any_of(
          arguments.begin(), arguments.end(),
          [](const PythonArgument& argument) { return argument.value.is(Kind::kText); });
      if (constant && (value.origins & kOriginDecoded) != 0) value.origins |= kOriginEncodedText;
      return value;
    }
    case Kind::kClass: {
      const auto names = class_names_.find(static_cast<PythonScopeId>(callee.number));
      if (names != class_names_.end()) {
        const auto init = names->second.find(std::string_view("__init__"));
        if (init != names->second.end() && init->second.is(Kind::kFunction))
          note_parameters(static_cast<PythonScopeId>(init->second.number), arguments);
      }
      PythonValue value = callee;
      value.kind = Kind::kInstance;
      return value;
    }
    default:
      return PythonValue::unknown(origins);
  }
}

PythonValue PythonEvaluator::call_path(const PythonValue& callee,
                                       const std::vector<PythonArgument>& arguments) {
  const std::string_view name = callee.text();
  const auto origins = static_cast<PythonOrigins>(callee.origins | origins_of(arguments));
  const auto known_text = [&](std::size_t i) {
    return i < arguments.size() && arguments[i].value.is(Kind::kText) &&
           arguments[i].value.is_constant();
  };
  if (name == "getattr" && arguments.size() >= 2) {
    PythonValue value =
        attribute(arguments[0].value, known_text(1) ? arguments[1].value.text() : "?");
    value.origins |= origins | kOriginReflected;
    return value;
  }
  if (name == "__import__" || name == "importlib.import_module" || name == "importlib.__import__" ||
      name == "__loader__.load_module" || name == "__spec__.loader.load_module") {
    if (!known_text(0)) return path("?", origins | kOriginReflected);
    std::string_view module = arguments[0].value.text();
    if (report_) handler_->on_import({module, {}, place_});
    if (name != "importlib.import_module" && arguments.size() < 4)
      module = module.substr(0, module.find('.'));
    return path(std::string(module), origins);
  }
  if (name == "vars" && !arguments.empty()) {
    if (arguments[0].value.is(Kind::kPath))
      return path(std::string(arguments[0].value.text()) + ".__dict__", origins);
    return PythonValue::unknown(origins);
  }
  if (name == "functools.partial" && !arguments.empty()) return partial(arguments, 1, origins);
  if ((name == "operator.attrgetter" || name == "operator.itemgetter" ||
       name == "operator.methodcaller") &&
      known_text(0)) {
    PythonValue value = arguments[0].value;
    if (name == "operator.methodcaller") value = partial(arguments, 1, origins);
    value.kind = Kind::kGetter;
    if (name != "operator.attrgetter") {
      value.name_ptr =
          std::make_shared<const std::string>(name == "operator.itemgetter" ? "item" : "call");
    }
    return value;
  }
  if (one_of(kPassing, name) && !arguments.empty()) {
    PythonValue value = arguments[0].value;
    value.origins |= callee.origins;
    return value;
  }
  if (name == "setattr" && arguments.size() >= 3 && known_text(1) &&
      (arguments[0].value.is(Kind::kClass) || arguments[0].value.is(Kind::kInstance))) {
    bind_attribute(static_cast<PythonScopeId>(arguments[0].value.number), arguments[1].value.text(),
                   arguments[2].value);
  }
  if (auto items = call_on_items(name, arguments)) return std::move(*items);
  for (const std::string_view lookup : kLookups) {
    if (!name.ends_with(lookup) || !known_text(0)) continue;
    const std::string_view owner = name.substr(0, name.size() - lookup.size());
    if (lookup == ".__getattribute__")
      return attribute(path(std::string(owner), origins | kOriginReflected),
                       arguments[0].value.text());
    if (owner.ends_with(".__dict__") || owner == "sys.modules" || is_namespace_call(owner) ||
        is_builtins(owner)) {
      return subscript(path(std::string(owner), origins), arguments[0].value);
    }
  }
  if (auto folded = folder_.function(name, arguments)) {
    folded->origins |= callee.origins;
    return std::move(*folded);
  }
  const PythonOrigins own = handler_->origins_of_call(name, arguments);
  return path(std::string(name).append("()"), origins | own);
}

}  // namespace saiph::formats
