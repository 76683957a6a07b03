// The walk of one ONNX model. Private to this folder.
//
// onnx_fields.cc says what each field of each message means; onnx_model.cc opens and closes
// messages and runs the walk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/protobuf/wire_walker.h"
#include "formats/onnx/onnx_model.h"

namespace saiph::formats {

/// A stack of message kinds, one handler a kind. One thread, one run; the arguments must outlive
/// it.
class OnnxParser {
 public:
  OnnxParser(const ByteSource& source, Budget& budget, OnnxVisitor& visitor)
      : walker_(source, budget), visitor_(visitor) {}

  Outcome<OnnxModel> run();

 private:
  using WireField = codec::WireField;
  using WireType = codec::WireType;
  using WireWalker = codec::WireWalker;

  static constexpr std::size_t kNameBytes = 256;
  static constexpr std::size_t kValueBytes = 4096;
  // Past this many nodes the data-flow heuristic is not worth its memory (64 bytes a node).
  static constexpr std::size_t kEdgesKept = 200'000;
  // Different operators: the standard has 230; a graph with this many is a memory attack.
  static constexpr std::size_t kOperatorsKept = 20'000;
  static constexpr std::size_t kFunctionsKept = 20'000;
  // External entries of one tensor: the specification knows five keys.
  static constexpr std::size_t kExternalEntriesKept = 4;  // of each key
  static constexpr std::size_t kDuplicatesKept = 32;

  enum class Message : std::uint8_t {
    kModel,
    kGraph,
    kNode,
    kAttribute,
    kTensor,
    kSparse,
    kFunction,
    kTraining,
    kOpset,
    kMetadata,
    kExternal,
    kInput,
    kOutput,
  };

  struct NodeState {
    std::string type;
    std::string domain;
    std::string name;
    bool has_type = false;
    bool has_domain = false;
    OnnxEdge edge;
    unsigned inputs = 0;
    unsigned outputs = 0;
  };

  static std::uint64_t hash_name(std::string_view name);
  bool field(const WireField& f);
  void end();
  bool enter(Message message) {
    if (!walker_.enter()) return false;
    stack_.push_back(message);
    return true;
  }

  bool model(const WireField& f);
  bool graph(const WireField& f);
  bool node(const WireField& f);
  bool attribute(const WireField& f);
  bool tensor(const WireField& f);
  bool function(const WireField& f);
  bool entry(const WireField& f);
  bool begin_graph(bool main);
  bool begin_node();
  bool begin_tensor(const WireField& f);
  bool begin_metadata();
  void end_node();
  void end_entry();
  void add_dimension(std::uint64_t raw);
  bool unknown(const WireField& f);
  void duplicate(const char* what, const WireField& f) {
    if (model_.duplicates.size() < kDuplicatesKept) model_.duplicates.emplace_back(what, f.offset);
  }
  bool doc_string() {
    visit_text(OnnxTextPlace::kDocString, {});
    return true;
  }
  void visit_text(OnnxTextPlace place, std::string_view name) {
    const std::string_view head = walker_.text(kValueBytes);
    visitor_.text(place, name, current_.payload, current_.length, head);
  }
  /// Takes a short text; true when the field stood before.
  bool assign(std::string& to, bool& seen) {
    to = walker_.text(kNameBytes);
    return std::exchange(seen, true);
  }
  std::optional<std::uint32_t> operator_index(const NodeState& node);
  bool limit(const char* what) {
    error_ = Error(ErrorCode::kLimit, std::string("more ") + what + " than may be held",
                   current_.offset);
    return false;
  }

  WireWalker walker_;
  OnnxVisitor& visitor_;
  WireField current_;
  OnnxModel model_;
  std::optional<Error> error_;
  std::vector<Message> stack_{Message::kModel};
  std::vector<NodeState> nodes_;  // nodes_[i] belongs to the i-th open node; strings are reused
  std::size_t open_nodes_ = 0;
  bool graph_seen_ = false;
  bool in_main_graph_ = false;
  std::uint32_t graph_depth_ = 0;
  OnnxTensor tensor_;
  std::optional<std::size_t> function_;
  bool function_name_seen_ = false;
  bool function_domain_seen_ = false;
  std::string key_;
  std::string external_value_;
  bool external_cut_ = false;
  bool value_seen_ = false;
  WireField value_;
  std::string value_head_;
  std::string attribute_name_;
  bool evidence_ = false;
  std::unordered_map<std::string, std::uint32_t> operators_;
  std::string scratch_;
};

}  // namespace saiph::formats
