#include "detect/repository/targets.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "detect/python/python_policy.h"

namespace saiph::detect {

namespace {

// Whole modules from which no configuration needs a callable.
constexpr auto kDangerousModules = std::to_array<std::string_view>({"__builtin__",
                                                                    "_posixsubprocess",
                                                                    "asyncio",
                                                                    "builtins",
                                                                    "code",
                                                                    "commands",
                                                                    "ctypes",
                                                                    "dill",
                                                                    "cloudpickle",
                                                                    "importlib",
                                                                    "joblib",
                                                                    "marshal",
                                                                    "multiprocessing",
                                                                    "nt",
                                                                    "os",
                                                                    "pickle",
                                                                    "pip",
                                                                    "posix",
                                                                    "pty",
                                                                    "pydoc",
                                                                    "runpy",
                                                                    "shutil",
                                                                    "site",
                                                                    "socket",
                                                                    "subprocess",
                                                                    "sys",
                                                                    "tempfile",
                                                                    "timeit",
                                                                    "types",
                                                                    "urllib",
                                                                    "webbrowser",
                                                                    "requests",
                                                                    "operator",
                                                                    "functools",
                                                                    "pkgutil",
                                                                    "codecs",
                                                                    "shelve",
                                                                    "threading",
                                                                    "signal",
                                                                    "platform",
                                                                    "uuid",
                                                                    "logging"});

// Of those modules, what only computes.
constexpr auto kHarmless = std::to_array<std::string_view>(
    {"builtins.bool",     "builtins.dict",     "builtins.float", "builtins.int",
     "builtins.len",      "builtins.list",     "builtins.max",   "builtins.min",
     "builtins.range",    "builtins.round",    "builtins.set",   "builtins.slice",
     "builtins.sorted",   "builtins.str",      "builtins.sum",   "builtins.tuple",
     "functools.partial", "logging.getLogger", "os.cpu_count",   "os.getcwd",
     "os.path.basename",  "os.path.dirname",   "os.path.join",   "types.SimpleNamespace"});

// Ways to any other name that frameworks themselves offer.
constexpr auto kReflective = std::to_array<std::string_view>(
    {"hydra.utils.call", "hydra.utils.get_class", "hydra.utils.get_method",
     "hydra.utils.get_object", "hydra.utils.get_static_method", "hydra.utils.instantiate",
     "hydra._internal.utils._locate", "numpy.testing._private.utils.runstring",
     "torch.utils.collect_env.run", "nemo.utils.model_utils.import_class_by_path",
     "torch.serialization.load", "torch.hub.load_state_dict_from_url", "torch.jit.load",
     "keras.models.load_model"});

constexpr auto kFrameworks = std::to_array<std::string_view>({"accelerate",
                                                              "albumentations",
                                                              "audiocraft",
                                                              "bitsandbytes",
                                                              "collections",
                                                              "datasets",
                                                              "datetime",
                                                              "deepspeed",
                                                              "diffusers",
                                                              "einops",
                                                              "evaluate",
                                                              "fairseq",
                                                              "fairseq2",
                                                              "flax",
                                                              "gluonts",
                                                              "hydra",
                                                              "jax",
                                                              "kornia",
                                                              "lightning",
                                                              "math",
                                                              "megatron",
                                                              "mlflow",
                                                              "monai",
                                                              "nemo",
                                                              "numpy",
                                                              "omegaconf",
                                                              "optax",
                                                              "pandas",
                                                              "pathlib",
                                                              "peft",
                                                              "pytorch_lightning",
                                                              "sklearn",
                                                              "tensorflow",
                                                              "keras",
                                                              "timm",
                                                              "tokenizers",
                                                              "torch",
                                                              "torchaudio",
                                                              "torchmetrics",
                                                              "torchvision",
                                                              "transformers",
                                                              "trl",
                                                              "wandb",
                                                              "segmentation_models_pytorch",
                                                              "sentence_transformers",
                                                              "pytorchvideo",
                                                              "torch_geometric",
                                                              "rlhf",
                                                              "verl",
                                                              "lhotse"});

std::string_view top_of(std::string_view path) {
  return path.substr(0, path.find('.'));
}

constexpr auto kCallableKeys =
    std::to_array<std::string_view>({"_component_", "class_path", "__target__"});

}  // namespace

TargetVerdict judge_target_of(std::string_view key, std::string_view value) {
  if (key == "_target_") return judge_target(value);
  if (key == "loader_module")  // MLflow imports it
    return value.empty() ? TargetVerdict::kKnown : judge_target(value);
  if (value.find('.') == std::string_view::npos) return TargetVerdict::kKnown;
  // "target" has many meanings; only a callable that is dangerous says which one this is.
  if (key == "target") {
    return python_risk(value) != PythonRisk::kNone ? TargetVerdict::kDangerous
                                                   : TargetVerdict::kKnown;
  }
  return one_of(kCallableKeys, key) ? judge_target(value) : TargetVerdict::kKnown;
}

TargetVerdict judge_target(std::string_view target) {
  while (!target.empty() && (target.front() == ' ' || target.front() == '/'))
    target.remove_prefix(1);
  if (std::find(kHarmless.begin(), kHarmless.end(), target) != kHarmless.end())
    return TargetVerdict::kKnown;
  const auto contains = [&](const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (python_risk(target) != PythonRisk::kNone || contains(kReflective, target))
    return TargetVerdict::kDangerous;
  if (contains(kDangerousModules, top_of(target))) return TargetVerdict::kDangerous;
  // A framework's module carries other modules: "torch.os.system", "numpy.sys".
  for (std::size_t dot = target.find('.'); dot != std::string_view::npos;
       dot = target.find('.', dot + 1)) {
    const std::string_view part = top_of(target.substr(dot + 1));
    if (part == "os" || part == "subprocess" || part == "sys" || part == "builtins" ||
        part == "importlib" || part == "shutil" || part.starts_with("__")) {
      return TargetVerdict::kDangerous;
    }
  }
  return contains(kFrameworks, top_of(target)) ? TargetVerdict::kKnown : TargetVerdict::kUnknown;
}

}  // namespace saiph::detect
