// ONNX ModelProto: its structure, read as a stream; weights are never read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

/// TensorProto.DataType, the values that this file needs by name.
inline constexpr std::int64_t kOnnxString = 8;

struct OnnxExternalEntry {
  std::string key;    ///< "location", "offset", "length", "checksum", ...; at most 64 bytes
  std::string value;  ///< at most 4096 bytes
  bool cut = false;   ///< the value was longer
};

/// One TensorProto: an initializer, an attribute's constant or a part of a sparse tensor.
struct OnnxTensor {
  std::string name;  ///< at most 256 bytes
  std::uint64_t offset = 0;
  std::int64_t data_type = 0;
  /// Product of dims; nothing when a dim is negative or the product passes 64 bits.
  std::optional<std::uint64_t> elements = 1;
  bool has_raw = false;
  std::uint64_t raw_offset = 0;
  std::uint64_t raw_length = 0;
  bool has_typed = false;  ///< float_data, int32_data, ... hold values
  std::uint64_t strings = 0;
  bool external = false;  ///< data_location is EXTERNAL
  std::vector<OnnxExternalEntry> external_data;
};

/// Bytes that one element of this TensorProto.DataType takes in raw_data, times two (int4 is 1);
/// 0 for strings and unknown types. onnx.proto, TensorProto.DataType.
unsigned onnx_half_bytes(std::int64_t data_type);

/// An operator that the model uses, however often.
struct OnnxOperator {
  std::string domain;
  std::string type;
  std::uint64_t count = 0;
  std::uint64_t first_offset = 0;
  std::string first_node;  ///< name of the first node that uses it
};

struct OnnxFunction {
  std::string domain;
  std::string name;
  std::uint64_t offset = 0;
  std::vector<std::uint32_t> calls;  ///< indices of OnnxModel::operators, each once
};

/// A node of the main graph, as much of it as data-flow questions need. Names are 64-bit hashes.
struct OnnxEdge {
  std::uint32_t operator_index = 0;
  std::uint64_t offset = 0;
  std::array<std::uint64_t, 3> inputs{};  ///< the first three; 0 = absent
  std::array<std::uint64_t, 2> outputs{};
};

enum class OnnxTextPlace : std::uint8_t { kMetadata, kDocString, kAttribute, kTensorString };

/// What the parser meets on its way, in file order; nothing of it is kept. Views are valid during
/// the call only.
class OnnxVisitor {
 public:
  virtual ~OnnxVisitor() = default;
  virtual void tensor(const OnnxTensor& /*tensor*/) {}
  /// A text or byte string: `head` is its first 4096 bytes, [offset, offset + length) all of it.
  virtual void text(OnnxTextPlace /*place*/, std::string_view /*name*/, std::uint64_t /*offset*/,
                    std::uint64_t /*length*/, std::string_view /*head*/) {}
};

struct OnnxModel {
  std::int64_t ir_version = 0;
  std::string producer;
  std::string producer_version;
  std::string domain;
  std::vector<std::pair<std::string, std::int64_t>> opset_imports;
  std::vector<OnnxOperator> operators;
  std::vector<OnnxFunction> functions;
  std::uint64_t nodes = 0;
  std::uint64_t graphs = 0;  ///< the main graph and those inside attributes
  std::uint64_t tensors = 0;
  std::uint64_t training_infos = 0;

  /// Data flow of the main graph; empty when it has more than 200,000 nodes.
  std::vector<OnnxEdge> edges;
  std::vector<std::uint64_t> graph_inputs;
  std::vector<std::uint64_t> graph_outputs;
  std::vector<std::uint64_t> initializer_names;

  /// Singular fields that stand twice: (what, offset), at most 32.
  std::vector<std::pair<std::string, std::uint64_t>> duplicates;
  std::uint64_t unknown_fields = 0;
  std::uint64_t unknown_bytes = 0;
  std::uint64_t first_unknown = 0;
  std::uint64_t overlong_varints = 0;
};

/// Reads the whole structure. Never recursive; memory is bounded by the number of different
/// operators, functions and (up to the cap) edges. kNotThisFormat when nothing of a model was
/// found. Errors inside a Malformed outcome are those of codec::WireWalker plus kLimit when
/// limits().items operators or functions are passed. Cost: O(structure). One thread at a time.
/// Source: onnx.proto of ONNX 1.17 (IR version 10).
Outcome<OnnxModel> parse_onnx(const ByteSource& source, Budget& budget, OnnxVisitor& visitor);

/// True when the bytes are an ONNX model: an ir_version of 1 to 64 and a graph or function whose
/// own structure is that of ONNX, whatever order the fields stand in. Looks at no more than 64
/// fields and 64 KiB. Any thread.
bool probe_onnx(const ByteSource& source, ByteView head);

}  // namespace saiph::formats
