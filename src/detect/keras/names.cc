#include "detect/keras/names.h"

#include <algorithm>
#include <array>

#include "detect/keras/keras_names.inc"

namespace saiph::detect {

namespace {

// Classes that older Keras and TensorFlow wrote and the present package no longer has.
constexpr auto kLegacyClasses = std::to_array<std::string_view>({
    "AutoCastVariable",
    "BatchNormalizationV1",
    "BatchNormalizationV2",
    "ClassMethod",
    "CompositeTensor",
    "ConvLSTM2DCell",
    "CuDNNGRU",
    "CuDNNLSTM",
    "DenseFeatures",
    "FakeQuantWithMinMaxVars",
    "GRUV1",
    "GRUV2",
    "InstanceMethod",
    "InstanceProperty",
    "LSTMV1",
    "LSTMV2",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "LossScaleOptimizerV1",
    "Node",
    "PeepholeLSTMCell",
    "Policy",
    "PolicyV1",
    "RandomHeight",
    "RandomWidth",
    "SlicingOpLambda",
    "SyncBatchNormalization",
    "TFOpLambda",
    "TensorFlowOpLayer",
    "TensorShape",
    "ThresholdedReLU",
    "TypeSpec",
    "glorot_uniform",
    "zeros",
    "MaskedConv",
    "L1L2",
    "MaxoutDense",
    "AveragePooling1D",
    "Highway",
    "Merge",
    "GlorotUniform",
    "VarianceScaling",
    "MeanMetricWrapper",
    "LossFunctionWrapper",
    "Reduce",
    "SumOverBatchSize",
    "KerasTensor",
    "Zeros",
    "Ones",
    "InputSpec",
    "ListWrapper",
    "DictWrapper",
    "TrackableDict",
    "SparseCategoricalAccuracy",
    "SGDW",
    "Ftrl",
    "NonNeg",
    "PiecewiseConstantDecay",
});

constexpr auto kUnsafeFunctions = std::to_array<std::string_view>({
    "audio_dataset_from_directory",
    "clear_session",
    "clone_model",
    "deserialize",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "get_custom_objects",
    "get_file",
    "get_registered_object",
    "image_dataset_from_directory",
    "load_img",
    "load_model",
    "load_weights",
    "model_from_config",
    "model_from_json",
    "model_from_yaml",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "save_model",
    "save_weights",
    "serialize_keras_object",
    "set_backend",
    "text_dataset_from_directory",
    "func_load",
    "func_dump",
    "extract_archive",
    "_extract_archive",
    "unpack_singleton",
    "import_module",
    "copyfile",
    "rmtree",
});

constexpr auto kUnsafeBuiltins = std::to_array<std::string_view>({
    "__build_class__",
    "__import__",
    "breakpoint",
    "compile",
    "delattr",
    "eval",
    "exec",
    "execfile",
    "exit",
    "getattr",
    "globals",
    "help",
    "input",
    "license",
    "locals",
    "map",
    "memoryview",
    "open",
    "quit",
    "setattr",
    "type",
    "vars",
    "filter",
    "reduce",
    "apply",
    "file",
    "copyright",
    "credits",
});

// Third-party ways to an interpreter or a shell that a loader has been pointed at.
constexpr auto kInterpreters = std::to_array<std::string_view>({
    "IPython", "cffi",          "cloudpickle", "dill",       "distutils", "fabric",   "fsspec",
    "invoke",  "jsonpickle",    "joblib",      "nt",         "numpy",     "paramiko", "pexpect",
    "pip",     "pkg_resources", "plumbum",     "psutil",     "requests",  "scipy",    "setuptools",
    "sh",      "torch",         "urllib3",     "webbrowser", "yaml",      "ctypes",   "_io",
});

constexpr auto kCompanions = std::to_array<std::string_view>(
    {"keras_cv", "keras_hub", "keras_nlp", "keras_rs", "keras_tuner", "tensorflow_addons"});

template <typename Table>
bool among(const Table& table, std::string_view name) {
  return std::find(table.begin(), table.end(), name) != table.end();
}

template <typename Table>
bool in_sorted(const Table& table, std::string_view name) {
  return std::binary_search(table.begin(), table.end(), name);
}

}  // namespace

KerasModule keras_module(std::string_view module) {
  const std::string_view package = module.substr(0, module.find('.'));
  if (module.empty() || module == "builtins" || module == "__builtin__" || module == "__main__") {
    return KerasModule::kNone;
  }
  if (package == "keras" || package == "tf_keras" || module.starts_with("tensorflow.keras.") ||
      module.starts_with("tensorflow.python.keras.") || module == "tensorflow.keras") {
    return KerasModule::kKeras;
  }
  if (among(kCompanions, package)) return KerasModule::kCompanion;
  if (in_sorted(kPythonModules, package) || among(kInterpreters, package))
    return KerasModule::kPython;
  return KerasModule::kOther;
}

bool is_keras_class(std::string_view name) {
  return in_sorted(kKerasClasses, name) || among(kLegacyClasses, name);
}

bool is_keras_function(std::string_view name) {
  return in_sorted(kKerasFunctions, name);
}

bool is_unsafe_keras_function(std::string_view name) {
  return among(kUnsafeFunctions, name);
}

bool is_unsafe_builtin(std::string_view name) {
  return among(kUnsafeBuiltins, name);
}

bool is_unsafe_tensorflow_operation(std::string_view name) {
  const std::string_view leaf = name.substr(name.rfind('.') + 1);
  constexpr auto kLeaves = std::to_array<std::string_view>({
      "read_file",
      "write_file",
      "matching_files",
      "ReadFile",
      "WriteFile",
      "MatchingFiles",
      "PyFunc",
      "EagerPyFunc",
      "PyFuncStateless",
      "py_function",
      "py_func",
      "numpy_function",
      "SaveV2",
      "RestoreV2",
      "save",
      "restore",
      "load_op_library",
      "load_library",
      "PrintV2",
      "ShardedFilename",
      "MergeV2Checkpoints",
      "LookupTableImportV2",
      "InitializeTableFromTextFileV2",
      "TextFileInitializer",
      "delete_file",
      "rename",
      "gfile",
      "make_tensor_proto",
  });
  return among(kLeaves, leaf) || name.starts_with("io.gfile") ||
         name.find(".gfile.") != std::string_view::npos || name.starts_with("raw_ops.") ||
         name.starts_with("compat.v1.gfile");
}

}  // namespace saiph::detect
