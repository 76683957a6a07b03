#include "detect/python/torchscript.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "detect/python/python_policy.h"
#include "detect/rules/python.h"
#include "formats/python/python_reader.h"

namespace saiph::detect {

namespace {

// Operators that reach files or load something, by the name behind the namespace.
constexpr auto kFileOperators = std::to_array<std::string_view>(
    {"from_file", "load", "save", "_save", "load_library", "read_file", "write_file", "write_png",
     "write_jpeg", "_save_parameter", "open", "import_ir_module", "load_for_lite_interpreter",
     "_load_for_lite_interpreter", "hub_load"});

// Namespaces of operators that come with the framework and its own companions.
constexpr auto kKnownNamespaces = std::to_array<std::string_view>({"_quantized",
                                                                   "aten",
                                                                   "c10d_functional",
                                                                   "inductor",
                                                                   "ios",
                                                                   "mkl",
                                                                   "mkldnn",
                                                                   "onednn",
                                                                   "prim",
                                                                   "prims",
                                                                   "prepacked",
                                                                   "profiler",
                                                                   "quantized",
                                                                   "quantized_decomposed",
                                                                   "rngprims",
                                                                   "sparse",
                                                                   "static_runtime",
                                                                   "symm_mem",
                                                                   "tensorexpr",
                                                                   "torchaudio",
                                                                   "torchvision",
                                                                   "image",
                                                                   "video_reader",
                                                                   "torchtext",
                                                                   "xnnpack",
                                                                   "torch_scatter",
                                                                   "torch_sparse",
                                                                   "metal",
                                                                   "vulkan",
                                                                   "mps",
                                                                   "cuda",
                                                                   "fb",
                                                                   "internal"});

class TorchscriptFacts final : public formats::PythonHandler {
 public:
  explicit TorchscriptFacts(Inspection& inspection) : inspection_(inspection) {}

  void on_import(const formats::PythonImport& import) override {
    // The printer writes no imports of modules; "import __torch__..." of old archives is its own.
    if (import.module.starts_with("__torch__") || import.module == "torch") return;
    state(rules::kTorchscriptUnknownOperator, "imports " + std::string(import.module), import.place,
          Severity::kHigh);
  }

  void on_call(const formats::PythonValue& callee,
               const std::vector<formats::PythonArgument>& /*arguments*/,
               const formats::PythonPlace& place) override {
    if (!callee.is(formats::PythonValueKind::kPath)) return;
    const std::string_view path = callee.text();
    const std::string_view leaf =
        path.substr(path.rfind('.') == std::string_view::npos ? 0 : path.rfind('.') + 1);
    const bool operators =
        path.starts_with("torch.") || path.starts_with("ops.") || path.starts_with("aten.");
    if (operators &&
        std::find(kFileOperators.begin(), kFileOperators.end(), leaf) != kFileOperators.end()) {
      state(rules::kTorchscriptFileAccess, "calls " + std::string(path), place, Severity::kHigh);
      return;
    }
    if (path.starts_with("ops.") || path.starts_with("torch.ops.")) {
      std::string_view name = path.substr(path.starts_with("ops.") ? 4 : 10);
      name = name.substr(0, name.find('.'));
      if (std::find(kKnownNamespaces.begin(), kKnownNamespaces.end(), name) ==
          kKnownNamespaces.end()) {
        state(rules::kTorchscriptUnknownOperator, "calls the operator " + std::string(path), place,
              std::nullopt);
      }
      return;
    }
    const PythonRisk risk = python_risk(path);
    if (risk == PythonRisk::kProcess || risk == PythonRisk::kDynamicCode ||
        risk == PythonRisk::kNative || risk == PythonRisk::kDeserialise ||
        risk == PythonRisk::kDynamicImport || risk == PythonRisk::kOpen) {
      state(rules::kTorchscriptFileAccess, "calls " + std::string(path), place,
            Severity::kCritical);
    }
  }

 private:
  void state(const Rule& rule, std::string detail, const formats::PythonPlace& place,
             std::optional<Severity> severity) {
    FindingDraft draft;
    draft.severity = severity;
    draft.line = place.line;
    draft.offset = place.offset;
    draft.detail = std::move(detail);
    inspection_.finding(rule, std::move(draft));
  }

  Inspection& inspection_;
};

}  // namespace

void inspect_torchscript_source(std::string_view source, Inspection& inspection) {
  TorchscriptFacts facts(inspection);
  const auto summary = formats::read_python(source, facts, inspection.budget());
  if (!summary) return inspection.incomplete(summary.error());
  if (!summary->problem.empty()) {
    inspection.incomplete("malformed", "TorchScript source: " + summary->problem,
                          summary->problem_offset);
  }
  if (!summary->limit.empty())
    inspection.incomplete("limit", "TorchScript source: " + summary->limit, std::nullopt);
}

}  // namespace saiph::detect
