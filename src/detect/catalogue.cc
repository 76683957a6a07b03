#include "detect/catalogue.h"

#include <array>

#include "detect/archive/inspect_archive.h"
#include "detect/dataset/inspect_dataset.h"
#include "detect/executable/inspect_executable.h"
#include "detect/gguf/inspect_gguf.h"
#include "detect/hdf5/inspect_hdf5.h"
#include "detect/jinja/jinja_detector.h"
#include "detect/json/inspect_json.h"
#include "detect/keras/inspect_keras.h"
#include "detect/media/inspect_media.h"
#include "detect/notebook/notebook_detector.h"
#include "detect/numpy/inspect.h"
#include "detect/onnx/inspect_onnx.h"
#include "detect/pickle/inspect.h"
#include "detect/placeholder/inspect_placeholder.h"
#include "detect/python/bytecode_detector.h"
#include "detect/python/python_detector.h"
#include "detect/repository/repository_detector.h"
#include "detect/safetensors/inspect_safetensors.h"
#include "detect/tensorflow/inspect_tensorflow.h"
#include "detect/tflite/inspect_tflite.h"

namespace saiph::detect {

namespace {

using formats::FormatId;

// One row per (format, inspector). Each detector folder owns its rows; keep them sorted by folder.
constexpr std::array kDetectors = std::to_array<Detector>({
    {FormatId::kZip, &inspect_zip},
    {FormatId::kTar, &inspect_tar},
    {FormatId::kGzip, &inspect_gzip},
    {FormatId::kZlib, &inspect_zlib},
    {FormatId::kBzip2, &inspect_bzip2},
    {FormatId::kXz, &inspect_xz},
    {FormatId::kLzma, &inspect_lzma},
    {FormatId::kZstd, &inspect_zstd},
    {FormatId::kLz4, &inspect_lz4},
    {FormatId::kSevenZip, &inspect_opaque},
    {FormatId::kRar, &inspect_opaque},
    {FormatId::kElf, &inspect_executable},
    {FormatId::kPe, &inspect_executable},
    {FormatId::kMachO, &inspect_executable},
    {FormatId::kScript, &inspect_script},
    {FormatId::kMedia, &inspect_media},
    {FormatId::kGitLfsPointer, &inspect_git_lfs_pointer},
    {FormatId::kEmpty, &inspect_empty},
    {FormatId::kCsv, &inspect_csv},
    {FormatId::kJsonLines, &inspect_json_lines},
    {FormatId::kParquet, &inspect_parquet},
    {FormatId::kGguf, &inspect_gguf},
    {FormatId::kGgml, &inspect_ggml},
    {FormatId::kHdf5, &inspect_hdf5},
    {FormatId::kJinja, &inspect_jinja},
    {FormatId::kJson, &inspect_json},
    {FormatId::kJson, &inspect_keras},
    {FormatId::kNotebook, &inspect_notebook},
    {FormatId::kNumpy, &inspect_npy},
    {FormatId::kOnnx, &inspect_onnx},
    {FormatId::kPickle, &inspect_pickle},
    {FormatId::kUnknown, &inspect_unknown_for_pickles},
    {FormatId::kPython, &inspect_python},
    {FormatId::kPythonBytecode, &inspect_python_bytecode},
    {FormatId::kJson, &inspect_repository_json},
    {FormatId::kPython, &inspect_loader_script},
    {FormatId::kRequirements, &inspect_requirements},
    {FormatId::kYaml, &inspect_yaml},
    {FormatId::kSafetensors, &inspect_safetensors},
    {FormatId::kTfSavedModel, &inspect_tensorflow},
    {FormatId::kTfMetaGraph, &inspect_tensorflow},
    {FormatId::kTfGraphDef, &inspect_tensorflow},
    {FormatId::kTfKerasMetadata, &inspect_tensorflow},
    {FormatId::kTfFingerprint, &inspect_fingerprint},
    {FormatId::kTfCheckpoint, &inspect_checkpoint_index},
    {FormatId::kTfTextGraph, &inspect_tensorflow_text},
    {FormatId::kTfRecord, &inspect_records},
    {FormatId::kTensorData, &inspect_tensor_data},
    {FormatId::kTflite, &inspect_tflite},
});

}  // namespace

std::span<const Detector> detectors() {
  return kDetectors;
}

std::span<const InspectFunction> general_inspectors() {
  static constexpr std::array<InspectFunction, 3> kGeneral = {
      &inspect_partial_download, &inspect_startup_hook, &inspect_serving_config};
  return kGeneral;
}

}  // namespace saiph::detect
