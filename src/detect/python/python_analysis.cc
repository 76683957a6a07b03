#include "detect/python/python_analysis.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "detect/python/python_facts.h"
#include "detect/rules/python.h"
#include "formats/python/python_reader.h"

namespace saiph::detect {

namespace {

constexpr std::uint32_t kMaxNesting = 3;

struct Task {
  std::string code;
  PythonReach reach = PythonReach::kImport;
  bool script_only = false;
  std::uint32_t depth = 0;
  std::uint32_t line = 0;
};

Severity graded(const PythonFacts::Hit& hit, PythonReach reach) {
  switch (reach) {
    case PythonReach::kImport:
      return hit.import;
    case PythonReach::kEntry:
      return hit.entry;
    case PythonReach::kScript:
      return hit.script;
    case PythonReach::kDefined:
      return hit.defined;
  }
  return hit.defined;
}

std::string_view describe(PythonReach reach) {
  switch (reach) {
    case PythonReach::kImport:
      return "at import";
    case PythonReach::kEntry:
      return "when the model or data set is loaded or used";
    case PythonReach::kScript:
      return "when the file is run as a program";
    case PythonReach::kDefined:
      return "when this function is called";
  }
  return {};
}

bool changes_text(std::string_view encoding) {
  return encoding == "utf-7" || encoding == "utf7" || encoding == "rot13" || encoding == "rot-13" ||
         encoding == "unicode-escape" || encoding == "raw-unicode-escape" || encoding == "hex" ||
         encoding == "base64" || encoding == "punycode" || encoding == "idna" ||
         encoding == "zlib" || encoding == "bz2" || encoding == "uu" ||
         encoding.starts_with("utf-16") || encoding.starts_with("utf-32") || encoding == "cp037" ||
         encoding == "cp500" || encoding == "hz" || encoding.starts_with("iso2022") ||
         encoding.starts_with("iso-2022");
}

void state(const PythonFacts& facts, const Task& task, const PythonContext& context,
           Inspection& inspection) {
  const std::vector<PythonFacts::ScopeReach> reaches = facts.reaches();
  for (const PythonFacts::Hit& hit : facts.hits()) {
    const PythonFacts::ScopeReach scope =
        hit.place.scope < reaches.size() ? reaches[hit.place.scope] : PythonFacts::ScopeReach{};
    PythonReach reach = scope.reach;
    if (reach == PythonReach::kImport && (hit.place.script_only || task.script_only)) {
      reach = PythonReach::kScript;
    }
    reach = std::min(reach, task.reach);
    FindingDraft draft;
    draft.severity = graded(hit, reach);
    if (hit.indirect && reach == PythonReach::kImport && scope.calls > 1)
      draft.severity = hit.indirect;
    const std::uint32_t line = task.depth == 0 ? hit.place.line : task.line;
    draft.line = line;
    if (context.pieces.empty()) {
      if (task.depth == 0) draft.offset = hit.place.offset;
    } else {
      const auto next = std::upper_bound(
          context.pieces.begin(), context.pieces.end(), line,
          [](std::uint32_t value, const auto& piece) { return value < piece.first; });
      if (next != context.pieces.begin()) {
        draft.part = std::prev(next)->second;
        draft.line = line - std::prev(next)->first + 1;
      }
    }
    const std::string function = facts.scope_name(hit.place.scope);
    if (!function.empty()) draft.part += (draft.part.empty() ? "" : ", ") + function;
    draft.detail = hit.detail + ", " + std::string(describe(reach));
    if (task.depth > 0) draft.detail += ", in code that stands in a constant";
    draft.excerpt = hit.excerpt;
    inspection.finding(*hit.rule, std::move(draft));
  }
}

}  // namespace

PythonVerdict analyse_python(std::string_view source, const PythonContext& context,
                             Inspection& inspection) {
  PythonVerdict verdict;
  std::vector<Task> tasks(1);
  tasks[0].script_only = context.as_program;
  if (context.as_program) tasks[0].reach = PythonReach::kScript;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Task task = std::move(tasks[i]);
    const std::string_view code = task.depth == 0 ? source : std::string_view(task.code);
    PythonFacts facts(context.model_code);
    auto summary = formats::read_python(code, facts, inspection.budget());
    if (!summary) {
      inspection.incomplete(summary.error());
      state(facts, task, context, inspection);
      return verdict;
    }
    state(facts, task, context, inspection);
    if (task.depth == 0) {
      verdict.parsed = summary->problem.empty();
      verdict.statements = summary->statements;
      verdict.imports = summary->imports;
      verdict.definitions = summary->definitions;
      if (!summary->problem.empty()) {
        inspection.incomplete("malformed", "Python source: " + summary->problem,
                              summary->problem_offset);
      }
      if (!summary->limit.empty())
        inspection.incomplete("limit", "Python source: " + summary->limit, std::nullopt);
      if (facts.overflowed())
        inspection.incomplete("limit", "Python source: more calls than are followed in one file",
                              std::nullopt);
      if (changes_text(summary->encoding)) {
        FindingDraft draft;
        draft.detail = "declares the encoding " + summary->encoding;
        draft.line = 1;
        inspection.finding(rules::kPythonUnusualEncoding, std::move(draft));
        inspection.incomplete("unsupported", "Python source in the encoding " + summary->encoding,
                              std::nullopt);
      }
      if (!facts.capabilities().empty()) {
        FindingDraft draft;
        draft.detail = "imports ";
        for (std::size_t k = 0; k < facts.capabilities().size(); ++k) {
          draft.detail += (k == 0 ? "" : ", ") + facts.capabilities()[k];
        }
        inspection.finding(rules::kPythonCapabilities, std::move(draft));
      }
    }
    if (task.depth >= kMaxNesting) {
      if (!facts.nested().empty()) {
        inspection.incomplete("limit", "Python code in constants nested deeper than is followed",
                              std::nullopt);
      }
      continue;
    }
    const std::vector<PythonFacts::ScopeReach> reaches = facts.reaches();
    for (const PythonFacts::Nested& nested : facts.nested()) {
      if (tasks.size() >= 64) {
        inspection.incomplete("limit", "more code in constants than is followed", std::nullopt);
        break;
      }
      Task inner;
      inner.code = nested.code;
      inner.reach = nested.place.scope < reaches.size()
                        ? std::min(reaches[nested.place.scope].reach, task.reach)
                        : task.reach;
      inner.script_only = nested.place.script_only || task.script_only;
      inner.depth = task.depth + 1;
      inner.line = task.depth == 0 ? nested.place.line : task.line;
      tasks.push_back(std::move(inner));
    }
  }
  return verdict;
}

}  // namespace saiph::detect
