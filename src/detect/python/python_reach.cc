// The part of PythonFacts that knows when a function runs: at import, when a framework calls it, as
// a program, or only when somebody calls it.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "detect/python/python_facts.h"

namespace saiph::detect {

namespace {

using formats::PythonScope;
using formats::PythonScopeId;

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

}  // namespace

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
