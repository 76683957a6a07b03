// TensorFlow graphs (SavedModel, MetaGraphDef, GraphDef, Keras metadata) as a stream of nodes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

enum class TfKind : std::uint8_t { kSavedModel, kMetaGraph, kGraphDef, kKerasMetadata };

/// A string that a node carries: an attribute of type string or list(string), or an element of a
/// string tensor (attribute "value" of a Const).
struct TfString {
  std::string attribute;  ///< at most 128 bytes
  std::string value;      ///< at most 1024 bytes
  std::uint64_t length = 0;
};

/// One NodeDef. Valid during the call of the visitor; its storage is reused.
struct TfNode {
  std::string name;  ///< at most 256 bytes
  std::string op;    ///< at most 256 bytes
  std::uint64_t offset = 0;
  std::string_view function;        ///< the library function it belongs to; "" for the main graph
  std::vector<std::string> inputs;  ///< the first four
  std::vector<TfString> strings;    ///< the first 32 whose attribute does not start with "_"
  bool strings_cut = false;         ///< there are more
};

enum class TfTextPlace : std::uint8_t {
  kStringValue,    ///< attribute or string tensor
  kKerasMetadata,  ///< JSON of a Keras layer
  kCollection,     ///< bytes of a graph collection
};

class TfVisitor {
 public:
  virtual ~TfVisitor() = default;
  virtual void node(const TfNode& /*node*/) {}
  /// `head` is the first 4096 bytes of [offset, offset + length). Views live during the call.
  virtual void text(TfTextPlace /*place*/, std::string_view /*name*/, std::uint64_t /*offset*/,
                    std::uint64_t /*length*/, std::string_view /*head*/) {}
  /// tensor_content of a constant.
  virtual void tensor_data(std::uint64_t /*offset*/, std::uint64_t /*length*/) {}
};

struct TfOperator {
  std::string op;
  std::uint64_t count = 0;
  std::uint64_t first_offset = 0;
  std::string first_node;
  std::string first_function;
};

struct TfGraphs {
  std::uint64_t nodes = 0;
  std::uint64_t meta_graphs = 0;
  std::string producer_version;  ///< tensorflow_version of the last meta graph
  std::vector<TfOperator> operators;
  std::vector<std::string> functions;  ///< names of library functions, in file order
  std::vector<std::pair<std::string, std::uint64_t>> assets;  ///< file names with offsets
  std::uint64_t keras_nodes = 0;                              ///< objects with Keras metadata
  /// Singular fields that stand twice: (what, offset), at most 32.
  std::vector<std::pair<std::string, std::uint64_t>> duplicates;
  std::uint64_t unknown_fields = 0;
  std::uint64_t unknown_bytes = 0;
  std::uint64_t first_unknown = 0;
  std::uint64_t overlong_varints = 0;
};

/// Reads the structure of the outermost message `kind`. No recursion; memory is bounded by the
/// number of different operators and of functions. Errors in a Malformed outcome are those of
/// codec::WireWalker plus kLimit. kNotThisFormat: no node, function or metadata was found.
/// Cost: O(structure). One thread at a time.
/// Source: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, attr_value.proto,
/// function.proto, saved_object_graph.proto and saved_metadata.proto of TensorFlow 2.
Outcome<TfGraphs> parse_tensorflow(const ByteSource& source, TfKind kind, Budget& budget,
                                   TfVisitor& visitor);

/// Structural probes, for there is no signature. Each looks at no more than 64 fields and accepts
/// fields in any order and unknown ones among them. Any thread.
bool probe_saved_model(const ByteSource& source, ByteView head);
bool probe_meta_graph(const ByteSource& source, ByteView head);
bool probe_graph_def(const ByteSource& source, ByteView head);
bool probe_keras_metadata(const ByteSource& source, ByteView head);
/// fingerprint.pb of a SavedModel: at most 512 bytes, nothing but hashes and a version.
bool probe_fingerprint(const ByteSource& source, ByteView head);
/// The index of a checkpoint: a LevelDB table, known by the last eight bytes.
bool probe_checkpoint_index(ByteView tail);

}  // namespace saiph::formats
