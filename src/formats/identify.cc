#include <algorithm>
#include <array>
#include <cstring>

#include "base/byte_reader.h"
#include "codec/decompress/decompress.h"
#include "codec/json/utf.h"
#include "codec/tar/tar.h"
#include "codec/zip/zip.h"
#include "formats/bytecode/bytecode.h"
#include "formats/csv/csv.h"
#include "formats/executable/executable.h"
#include "formats/format.h"
#include "formats/hdf5/hdf5.h"
#include "formats/jinja/jinja.h"
#include "formats/json_lines/json_lines.h"
#include "formats/media/media.h"
#include "formats/notebook/notebook.h"
#include "formats/onnx/onnx_model.h"
#include "formats/parquet/parquet.h"
#include "formats/pickle/walk.h"
#include "formats/python/python_probe.h"
#include "formats/requirements/requirements.h"
#include "formats/safetensors/safetensors.h"
#include "formats/tensorflow/record_file.h"
#include "formats/tensorflow/tensorflow_graph.h"
#include "formats/tensorflow/text_graph.h"
#include "formats/yaml/yaml_scan.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kHeadBytes = 8192;
constexpr std::size_t kTailBytes = 8192;

bool starts(ByteView bytes, std::string_view magic, std::size_t at = 0) {
  return bytes.size() >= at + magic.size() && as_text(bytes.subspan(at, magic.size())) == magic;
}

using std::string_view_literals::operator""sv;

bool is_behind_skippable(const Probe& probe, codec::Codec codec) {
  // The first byte of a skippable frame's magic is 0x50 to 0x5F, the others are fixed.
  return starts(probe.head, "\x2A\x4D\x18", 1) &&
         codec::codec_behind_skippable(probe.source) == codec;
}

bool is_tar(const Probe& probe) {
  return starts(probe.head, "ustar", 257) || codec::is_tar_header(probe.head);
}

// One row a signature; every row that matches is reported. Rows whose format has no signature call
// a structural probe of their own format's folder.
struct Row {
  FormatId id;
  bool (*matches)(const Probe&);
};

constexpr auto kRows = std::to_array<Row>({
    {FormatId::kGitLfsPointer, [](const Probe& p) { return starts(p.head, "version https://git-lfs.github.com/spec/"); }},
    // 'P' is also a pickle opcode (PERSID), but every loader that would accept it looks for a zip first.
    {FormatId::kPickle, [](const Probe& p) { return !starts(p.head, "PK\x03\x04") && probe_pickle(p.head, p.source); }},
    {FormatId::kZip, [](const Probe& p) { return starts(p.head, "PK\x03\x04") || codec::has_zip_end(p.source, is_tar(p)); }},
    {FormatId::kTar, [](const Probe& p) { return is_tar(p); }},
    {FormatId::kGzip, [](const Probe& p) { return starts(p.head, "\x1f\x8b\x08"); }},
    {FormatId::kZlib, [](const Probe& p) { return codec::joblib_prefix(p.head) != 0 || ((!p.text || starts(p.head, "x")) && codec::looks_like_zlib(p.head)); }},
    {FormatId::kBzip2, [](const Probe& p) { return starts(p.head, "BZh") && p.head.size() > 9 && (starts(p.head, "1AY&SY", 4) || starts(p.head, "\x17rE8P\x90", 4)); }},
    {FormatId::kXz, [](const Probe& p) { return starts(p.head, "\xFD" "7zXZ\0"sv); }},
    {FormatId::kLzma, [](const Probe& p) { return !p.text && codec::looks_like_lzma(p.head); }},
    {FormatId::kZstd, [](const Probe& p) { return starts(p.head, "\x28\xB5\x2F\xFD") || is_behind_skippable(p, codec::Codec::kZstd); }},
    {FormatId::kLz4, [](const Probe& p) { return starts(p.head, "\x04\x22\x4D\x18") || starts(p.head, "\x02\x21\x4C\x18") || is_behind_skippable(p, codec::Codec::kLz4); }},
    {FormatId::kSevenZip, [](const Probe& p) { return starts(p.head, "7z\xBC\xAF\x27\x1C"); }},
    {FormatId::kRar, [](const Probe& p) { return starts(p.head, "Rar!\x1A\x07"); }},
    {FormatId::kNumpy, [](const Probe& p) { return starts(p.head, "\x93NUMPY"); }},
    {FormatId::kHdf5, [](const Probe& p) { return find_hdf5(p.source, p.head) != UINT64_MAX; }},
    {FormatId::kSafetensors, [](const Probe& p) { return looks_like_safetensors(p.head, p.source.size()); }},
    {FormatId::kGguf, [](const Probe& p) { return starts(p.head, "GGUF") || starts(p.head, "FUGG"); }},
    {FormatId::kGgml, [](const Probe& p) { return starts(p.head, "lmgg") || starts(p.head, "fmgg") || starts(p.head, "tjgg") || starts(p.head, "algg"); }},
    {FormatId::kOnnx, [](const Probe& p) { return probe_onnx(p.source, p.head); }},
    {FormatId::kTfSavedModel, [](const Probe& p) { return probe_saved_model(p.source, p.head); }},
    {FormatId::kTfMetaGraph, [](const Probe& p) { return probe_meta_graph(p.source, p.head); }},
    {FormatId::kTfGraphDef, [](const Probe& p) { return probe_graph_def(p.source, p.head); }},
    {FormatId::kTfKerasMetadata, [](const Probe& p) { return probe_keras_metadata(p.source, p.head); }},
    {FormatId::kTfFingerprint, [](const Probe& p) { return probe_fingerprint(p.source, p.head); }},
    {FormatId::kTfCheckpoint, [](const Probe& p) { return probe_checkpoint_index(p.tail); }},
    {FormatId::kTfTextGraph, [](const Probe& p) { return p.text && probe_tensorflow_text(p.head); }},
    {FormatId::kTfRecord, [](const Probe& p) { return probe_record_file(p.head); }},
    {FormatId::kTflite, [](const Probe& p) { return starts(p.head, "TFL3", 4); }},
    {FormatId::kParquet, [](const Probe& p) { return probe_parquet(p.head); }},
    {FormatId::kCsv, [](const Probe& p) { return p.text && probe_csv(as_text(p.head), p.name) && !probe_json_lines(as_text(p.head), p.name); }},
    {FormatId::kJson, [](const Probe& p) { return codec::looks_like_json(p.head, p.source.size()); }},
    {FormatId::kJsonLines, [](const Probe& p) { return p.text && probe_json_lines(as_text(p.head), p.name); }},
    {FormatId::kNotebook, [](const Probe& p) { return p.text && looks_like_notebook(as_text(p.head), p.name); }},
    {FormatId::kPython, [](const Probe& p) { return looks_like_python(as_text(p.head), p.name, p.text); }},
    {FormatId::kPythonBytecode, [](const Probe& p) { return looks_like_pyc(p.head, p.name); }},
    {FormatId::kJinja, [](const Probe& p) { return p.text && looks_like_jinja(as_text(p.head), p.name); }},
    {FormatId::kYaml, [](const Probe& p) { return p.text && !p.name.ends_with(".py") && looks_like_yaml(as_text(p.head), p.name); }},
    {FormatId::kRequirements, [](const Probe& p) { return p.text && is_requirements_name(p.name); }},
    {FormatId::kElf, [](const Probe& p) { return looks_like_elf(p.head); }},
    {FormatId::kPe, [](const Probe& p) { return looks_like_pe(p.head, p.source); }},
    {FormatId::kMachO, [](const Probe& p) { return looks_like_mach_o(p.head, p.source.size()); }},
    {FormatId::kMedia, [](const Probe& p) { return media_kind(p.head, p.source.size()).has_value(); }},
    {FormatId::kScript, [](const Probe& p) { return starts(p.head, "#!"); }},
});

// Weights that another file describes have no structure of their own, so here the name decides;
// only bytes that nothing else recognises get this far.
bool is_tensor_data_name(std::string_view name) {
  const std::size_t shard = name.rfind(".data-");
  if (shard != std::string_view::npos && name.size() == shard + 20 &&
      name.substr(shard + 11, 4) == "-of-")
    return true;
  return name.ends_with(".onnx.data") || name.ends_with(".onnx_data") ||
         name.find(".onnx_data_") != std::string_view::npos;
}

bool is_text(ByteView head) {
  if (head.empty()) return false;
  std::size_t odd = 0;
  for (const std::uint8_t byte : head) {
    if (byte == 0) return false;
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t' && byte != '\f' && byte != 0x1B)
      ++odd;
  }
  return odd * 64 <= head.size();
}

}  // namespace

std::string_view format_name(FormatId id) {
  switch (id) {
    case FormatId::kEmpty:
      return "empty";
    case FormatId::kGitLfsPointer:
      return "git-lfs-pointer";
    case FormatId::kPickle:
      return "pickle";
    case FormatId::kZip:
      return "zip";
    case FormatId::kTar:
      return "tar";
    case FormatId::kGzip:
      return "gzip";
    case FormatId::kZlib:
      return "zlib";
    case FormatId::kBzip2:
      return "bzip2";
    case FormatId::kXz:
      return "xz";
    case FormatId::kLzma:
      return "lzma";
    case FormatId::kZstd:
      return "zstd";
    case FormatId::kLz4:
      return "lz4";
    case FormatId::kSevenZip:
      return "7z";
    case FormatId::kRar:
      return "rar";
    case FormatId::kNumpy:
      return "npy";
    case FormatId::kHdf5:
      return "hdf5";
    case FormatId::kSafetensors:
      return "safetensors";
    case FormatId::kGguf:
      return "gguf";
    case FormatId::kGgml:
      return "ggml";
    case FormatId::kOnnx:
      return "onnx";
    case FormatId::kTfSavedModel:
      return "tf-saved-model";
    case FormatId::kTfMetaGraph:
      return "tf-meta-graph";
    case FormatId::kTfGraphDef:
      return "tf-graph-def";
    case FormatId::kTfKerasMetadata:
      return "tf-keras-metadata";
    case FormatId::kTfFingerprint:
      return "tf-fingerprint";
    case FormatId::kTfCheckpoint:
      return "tf-checkpoint";
    case FormatId::kTfTextGraph:
      return "tf-text-graph";
    case FormatId::kTfRecord:
      return "tfrecord";
    case FormatId::kTflite:
      return "tflite";
    case FormatId::kTensorData:
      return "tensor-data";
    case FormatId::kElf:
      return "elf";
    case FormatId::kPe:
      return "pe";
    case FormatId::kMachO:
      return "mach-o";
    case FormatId::kScript:
      return "script";
    case FormatId::kPython:
      return "python";
    case FormatId::kPythonBytecode:
      return "python-bytecode";
    case FormatId::kJinja:
      return "jinja";
    case FormatId::kJson:
      return "json";
    case FormatId::kJsonLines:
      return "jsonl";
    case FormatId::kNotebook:
      return "notebook";
    case FormatId::kYaml:
      return "yaml";
    case FormatId::kCsv:
      return "csv";
    case FormatId::kParquet:
      return "parquet";
    case FormatId::kRequirements:
      return "requirements";
    case FormatId::kText:
      return "text";
    case FormatId::kMedia:
      return "media";
    case FormatId::kUnknown:
      return "unknown";
  }
  return "unknown";
}

Result<std::vector<FormatId>> identify(const ByteSource& source, std::string_view name) {
  if (source.size() == 0) return std::vector{FormatId::kEmpty};
  Bytes head_copy;
  Bytes tail_copy;
  ByteView head;
  ByteView tail;
  if (const auto all = source.contiguous()) {
    head = all->first(std::min(all->size(), kHeadBytes));
    tail = all->last(std::min(all->size(), kTailBytes));
  } else {
    head_copy.resize(static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), kHeadBytes)));
    SAIPH_TRY(const std::size_t head_got, source.read_at(0, head_copy));
    head = ByteView(head_copy).first(head_got);
    tail = head;
    if (source.size() > kHeadBytes) {
      tail_copy.resize(
          static_cast<std::size_t>(std::min<std::uint64_t>(source.size(), kTailBytes)));
      SAIPH_TRY(const std::size_t tail_got,
                source.read_at(source.size() - tail_copy.size(), tail_copy));
      tail = ByteView(tail_copy).first(tail_got);
    }
  }
  const Probe probe{source, head, tail, name, is_text(head)};
  std::vector<FormatId> found;
  for (const Row& row : kRows) {
    if (row.matches(probe)) found.push_back(row.id);
  }
  if (found.empty() && !probe.text && is_tensor_data_name(name))
    found.push_back(FormatId::kTensorData);
  if (found.empty()) found.push_back(probe.text ? FormatId::kText : FormatId::kUnknown);
  return found;
}

}  // namespace saiph::formats
