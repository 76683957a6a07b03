#include "detect/repository/package_names.h"

#include <algorithm>
#include <array>

namespace saiph::detect {

namespace {

constexpr auto kPopular = std::to_array<std::string_view>({"accelerate",
                                                           "aiohttp",
                                                           "anthropic",
                                                           "beautifulsoup4",
                                                           "bitsandbytes",
                                                           "catboost",
                                                           "cryptography",
                                                           "datasets",
                                                           "deepspeed",
                                                           "diffusers",
                                                           "django",
                                                           "einops",
                                                           "fastapi",
                                                           "flask",
                                                           "gradio",
                                                           "huggingface-hub",
                                                           "joblib",
                                                           "keras",
                                                           "langchain",
                                                           "lightgbm",
                                                           "matplotlib",
                                                           "mlflow",
                                                           "numpy",
                                                           "onnxruntime",
                                                           "openai",
                                                           "opencv-python",
                                                           "pandas",
                                                           "pillow",
                                                           "protobuf",
                                                           "pydantic",
                                                           "pytorch-lightning",
                                                           "pyyaml",
                                                           "requests",
                                                           "safetensors",
                                                           "scikit-learn",
                                                           "scipy",
                                                           "seaborn",
                                                           "sentencepiece",
                                                           "setuptools",
                                                           "streamlit",
                                                           "tensorboard",
                                                           "tensorflow",
                                                           "tokenizers",
                                                           "torch",
                                                           "torchaudio",
                                                           "torchvision",
                                                           "transformers",
                                                           "triton",
                                                           "urllib3",
                                                           "wandb",
                                                           "xformers",
                                                           "xgboost"});

// Real projects whose names happen to be close to those.
constexpr auto kOthers = std::to_array<std::string_view>(
    {"dataset", "torchx", "torchy", "flasks", "kerash", "openais", "tensorflows", "seaborns",
     "tokenizer", "urllib", "pylint", "scapy", "pandasql", "numpyx", "tritonx", "onnxruntime-gpu",
     "panda", "diffuser"});

// One insertion, deletion, replacement or swap of neighbours.
bool one_apart(std::string_view a, std::string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  if (a.size() == b.size()) {
    if (i == a.size()) return false;
    if (a.substr(i + 1) == b.substr(i + 1)) return true;
    return i + 1 < a.size() && a[i] == b[i + 1] && a[i + 1] == b[i] &&
           a.substr(i + 2) == b.substr(i + 2);
  }
  return a.substr(i) == b.substr(i + 1);
}

}  // namespace

std::string_view imitated_package(std::string_view name) {
  if (name.size() < 4 || name.size() > 40) return {};
  if (std::find(kPopular.begin(), kPopular.end(), name) != kPopular.end()) return {};
  if (std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end()) return {};
  for (const std::string_view popular : kPopular) {
    if (one_apart(name, popular)) return popular;
  }
  return {};
}

}  // namespace saiph::detect
