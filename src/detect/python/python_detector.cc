#include "detect/python/python_detector.h"

#include <algorithm>
#include <array>

#include "detect/python/python_analysis.h"
#include "detect/python/torchscript.h"

namespace saiph::detect {

namespace {

// Twice the largest hand-written module known; generated tables beyond it are incomplete.
constexpr std::uint64_t kMaxSourceBytes = 8U << 20;

// What lies beside the source of a model or data set.
constexpr auto kModelFiles = std::to_array<std::string_view>(
    {"config.json", "tokenizer_config.json", "model_index.json", "dataset_infos.json",
     "adapter_config.json", "generation_config.json", "preprocessor_config.json",
     "processor_config.json", "saved_model.pb", "model.safetensors", "pytorch_model.bin", "MLmodel",
     "dataset_info.json"});
constexpr auto kModelNames = std::to_array<std::string_view>(
    {"modeling_", "modelling_", "configuration_", "tokenization_", "processing_",
     "image_processing_", "feature_extraction_", "pipeline"});

bool is_weight_file(std::string_view name) {
  return name.ends_with(".safetensors") || name.ends_with(".gguf") || name.ends_with(".onnx") ||
         name.ends_with(".keras") || (name.starts_with("pytorch_model") && name.ends_with(".bin"));
}

bool belongs_to_model(Inspection& inspection) {
  const std::string_view name = inspection.name();
  if (!inspection.role().empty() || name == "handler.py") return true;
  if (std::any_of(kModelNames.begin(), kModelNames.end(),
                  [&](std::string_view start) { return name.starts_with(start); }))
    return true;
  const auto siblings = inspection.siblings();
  return std::any_of(siblings.begin(), siblings.end(), [](const Sibling& sibling) {
    return std::find(kModelFiles.begin(), kModelFiles.end(), sibling.name) != kModelFiles.end() ||
           is_weight_file(sibling.name);
  });
}

}  // namespace

void inspect_python(Inspection& inspection) {
  const ByteSource& source = inspection.source();
  const std::uint64_t size = std::min<std::uint64_t>(source.size(), kMaxSourceBytes);
  if (source.size() > size)
    inspection.incomplete("limit", "Python source longer than 8 MiB is read in part", size);
  auto bytes = read_range(source, 0, size, kMaxSourceBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  const std::string_view text = as_text(*bytes);
  if (inspection.role() == "torchscript") return inspect_torchscript_source(text, inspection);
  PythonContext context;
  context.model_code = belongs_to_model(inspection);
  analyse_python(text, context, inspection);
}

}  // namespace saiph::detect
