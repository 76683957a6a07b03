#include "formats/onnx/onnx_model.h"

#include <algorithm>
#include <unordered_map>

#include "base/checked.h"
#include "codec/protobuf/wire_walker.h"

namespace saiph::formats {

namespace {

using codec::WireField;
using codec::WireType;
using codec::WireWalker;

constexpr std::size_t kNameBytes = 256;
constexpr std::size_t kValueBytes = 4096;
// Past this many nodes the data-flow heuristic is not worth its memory (64 bytes a node).
constexpr std::size_t kEdgesKept = 200'000;
// Different operators: the standard has 230; a graph with this many is a memory attack.
constexpr std::size_t kOperatorsKept = 20'000;
constexpr std::size_t kFunctionsKept = 20'000;
// External entries of one tensor: the specification knows five keys.
// A brace is the tag of a group, so any JSON text may look like one that goes on to its end.
constexpr std::uint64_t kProbeWork = 1U << 18;
constexpr std::size_t kExternalEntriesKept = 4;  // of each key
constexpr std::size_t kDuplicatesKept = 32;

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

std::uint64_t hash_name(std::string_view name) {
  if (name.empty()) return 0;  // an absent optional input
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash == 0 ? 1 : hash;
}

/// The walk of one model: a stack of message kinds, one handler a kind.
class Parser {
 public:
  Parser(const ByteSource& source, Budget& budget, OnnxVisitor& visitor)
      : walker_(source, budget), visitor_(visitor) {}

  Outcome<OnnxModel> run();

 private:
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

bool Parser::unknown(const WireField& f) {
  if (model_.unknown_fields++ == 0) model_.first_unknown = f.offset;
  model_.unknown_bytes += f.length;
  return true;
}

bool Parser::begin_graph(bool main) {
  ++model_.graphs;
  ++graph_depth_;
  if (main) in_main_graph_ = true;
  return enter(Message::kGraph);
}

bool Parser::begin_node() {
  if (open_nodes_ == nodes_.size()) nodes_.emplace_back();
  NodeState& node = nodes_[open_nodes_++];
  node.type.clear();
  node.domain.clear();
  node.name.clear();
  node.has_type = node.has_domain = false;
  node.edge = OnnxEdge{};
  node.edge.offset = current_.offset;
  node.inputs = node.outputs = 0;
  ++model_.nodes;
  return enter(Message::kNode);
}

bool Parser::begin_tensor(const WireField& f) {
  auto entries = std::move(tensor_.external_data);
  entries.clear();
  tensor_ = OnnxTensor{};
  tensor_.external_data = std::move(entries);
  tensor_.offset = f.offset;
  ++model_.tensors;
  return enter(Message::kTensor);
}

bool Parser::begin_metadata() {
  key_.clear();
  value_seen_ = false;
  return enter(Message::kMetadata);
}

bool Parser::model(const WireField& f) {
  if (f.is(1, WireType::kVarint)) {
    if (model_.ir_version != 0) duplicate("ir_version", f);
    model_.ir_version = static_cast<std::int64_t>(f.value);
    return true;
  }
  if (f.is(5, WireType::kVarint)) return true;
  if (f.type != WireType::kBytes) return unknown(f);
  switch (f.number) {
    case 2:
      model_.producer = walker_.text(kNameBytes);
      return true;
    case 3:
      model_.producer_version = walker_.text(kNameBytes);
      return true;
    case 4:
      model_.domain = walker_.text(kNameBytes);
      return true;
    case 6:
      return doc_string();
    case 7:
      // Protobuf merges a second graph into the first; readers that stop at one see half.
      if (graph_seen_) duplicate("graph", f);
      graph_seen_ = evidence_ = true;
      return begin_graph(true);
    case 8:
      if (model_.opset_imports.size() >= kOperatorsKept) return limit("opset imports");
      model_.opset_imports.emplace_back();
      return enter(Message::kOpset);
    case 14:
      return begin_metadata();
    case 20:
      ++model_.training_infos;
      return enter(Message::kTraining);
    case 25:
      if (model_.functions.size() >= kFunctionsKept) return limit("functions");
      evidence_ = true;
      function_ = model_.functions.size();
      model_.functions.emplace_back().offset = f.offset;
      function_name_seen_ = function_domain_seen_ = false;
      return enter(Message::kFunction);
    case 26:
      return true;  // device configurations
    default:
      return unknown(f);
  }
}

bool Parser::graph(const WireField& f) {
  if (f.type != WireType::kBytes) return unknown(f);
  switch (f.number) {
    case 1:
      return begin_node();
    case 5:
      return begin_tensor(f);
    case 10:
      return doc_string();
    case 11:
      return enter(Message::kInput);
    case 12:
      return enter(Message::kOutput);
    case 15:
      return enter(Message::kSparse);
    case 16:
      return begin_metadata();
    case 2:
    case 13:
    case 14:
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::node(const WireField& f) {
  if (f.type != WireType::kBytes) return unknown(f);
  NodeState& node = nodes_[open_nodes_ - 1];
  switch (f.number) {
    case 1:
      if (in_main_graph_ && node.inputs < std::size(node.edge.inputs)) {
        node.edge.inputs[node.inputs++] = hash_name(walker_.text(kValueBytes));
      }
      return true;
    case 2:
      if (in_main_graph_ && node.outputs < std::size(node.edge.outputs)) {
        node.edge.outputs[node.outputs++] = hash_name(walker_.text(kValueBytes));
      }
      return true;
    case 3:
      node.name = walker_.text(kNameBytes);
      return true;
    case 4:
      if (assign(node.type, node.has_type)) duplicate("op_type of a node", f);
      return true;
    case 5:
      attribute_name_.clear();
      return enter(Message::kAttribute);
    case 6:
      return doc_string();
    case 7:
      if (assign(node.domain, node.has_domain)) duplicate("domain of a node", f);
      return true;
    case 9:
      return begin_metadata();
    case 8:
    case 10:
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::attribute(const WireField& f) {
  if (f.type == WireType::kBytes) {
    switch (f.number) {
      case 1:
        attribute_name_ = walker_.text(kNameBytes);
        return true;
      case 4:
      case 9:
        visit_text(OnnxTextPlace::kAttribute, attribute_name_);
        return true;
      case 5:
      case 10:
        return begin_tensor(f);
      case 6:
      case 11:
        return begin_graph(false);
      case 13:
        return doc_string();
      case 22:
      case 23:
        return enter(Message::kSparse);
      case 7:
      case 8:
      case 14:
      case 15:
      case 21:
        return true;
      default:
        return unknown(f);
    }
  }
  const bool number =
      f.type == WireType::kVarint && (f.number == 3 || f.number == 8 || f.number == 20);
  const bool real = f.type == WireType::kFixed32 && (f.number == 2 || f.number == 7);
  return number || real || unknown(f);
}

void Parser::add_dimension(std::uint64_t raw) {
  if (!tensor_.elements) return;
  if (raw > static_cast<std::uint64_t>(INT64_MAX)) {
    tensor_.elements.reset();
  } else {
    tensor_.elements = checked_mul(*tensor_.elements, raw);
  }
}

bool Parser::tensor(const WireField& f) {
  if (f.type == WireType::kVarint) {
    switch (f.number) {
      case 1:
        add_dimension(f.value);
        return true;
      case 2:
        tensor_.data_type = static_cast<std::int64_t>(f.value);
        return true;
      case 14:
        tensor_.external = f.value == 1;
        return true;
      case 5:
      case 7:
      case 11:
        tensor_.has_typed = true;
        return true;  // not packed
      default:
        return unknown(f);
    }
  }
  if (f.type == WireType::kFixed32 && f.number == 4) return tensor_.has_typed = true;
  if (f.type == WireType::kFixed64 && f.number == 10) return tensor_.has_typed = true;
  if (f.type != WireType::kBytes) return unknown(f);
  switch (f.number) {
    case 1: {
      std::uint64_t dimension = 0;
      while (walker_.packed_varint(dimension)) add_dimension(dimension);
      return !walker_.failed();
    }
    case 6:
      ++tensor_.strings;
      visit_text(OnnxTextPlace::kTensorString, tensor_.name);
      return true;
    case 8:
      tensor_.name = walker_.text(kNameBytes);
      return true;
    case 9:
      if (tensor_.has_raw) duplicate("raw_data of a tensor", f);
      tensor_.has_raw = true;
      tensor_.raw_offset = f.payload;
      tensor_.raw_length = f.length;
      return true;
    case 12:
      return doc_string();
    case 13:
      key_.clear();
      external_value_.clear();
      external_cut_ = false;
      return enter(Message::kExternal);
    case 16:
      return begin_metadata();
    case 3:
      return true;  // segment
    case 4:
    case 5:
    case 7:
    case 10:
    case 11:
      tensor_.has_typed = tensor_.has_typed || f.length != 0;
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::function(const WireField& f) {
  if (f.type != WireType::kBytes) return f.number == 2 || f.number == 3 || unknown(f);
  // Entered only from the field that sets function_.
  OnnxFunction& function =
      model_.functions[*function_];  // NOLINT(bugprone-unchecked-optional-access)
  switch (f.number) {
    case 1:
      if (assign(function.name, function_name_seen_)) duplicate("name of a function", f);
      return true;
    case 7:
      return begin_node();
    case 8:
      return doc_string();
    case 9:
      if (model_.opset_imports.size() >= kOperatorsKept) return limit("opset imports");
      model_.opset_imports.emplace_back();
      return enter(Message::kOpset);
    case 10:
      if (assign(function.domain, function_domain_seen_)) duplicate("domain of a function", f);
      return true;
    case 11:
      attribute_name_.clear();
      return enter(Message::kAttribute);
    case 14:
      return begin_metadata();
    case 4:
    case 5:
    case 6:
    case 12:
    case 13:
      return true;
    default:
      return unknown(f);
  }
}

bool Parser::entry(const WireField& f) {
  const bool external = stack_.back() == Message::kExternal;
  if (f.is(1, WireType::kBytes)) {
    key_ = walker_.text(64);
  } else if (f.is(2, WireType::kBytes)) {
    if (external) {
      external_value_ = walker_.text(kValueBytes);
      external_cut_ = f.length > kValueBytes;
    } else {
      // The key may follow: what was seen is kept until the entry ends.
      value_ = f;
      value_head_ = walker_.text(kValueBytes);
      value_seen_ = true;
    }
  } else {
    return unknown(f);
  }
  return true;
}

bool Parser::field(const WireField& f) {
  switch (stack_.back()) {
    case Message::kModel:
      return model(f);
    case Message::kGraph:
      return graph(f);
    case Message::kNode:
      return node(f);
    case Message::kAttribute:
      return attribute(f);
    case Message::kTensor:
      return tensor(f);
    case Message::kFunction:
      return function(f);
    case Message::kMetadata:
    case Message::kExternal:
      return entry(f);
    case Message::kSparse:
      if (f.is(1, WireType::kBytes) || f.is(2, WireType::kBytes)) return begin_tensor(f);
      return f.number == 3 || unknown(f);
    case Message::kTraining:
      if (f.is(1, WireType::kBytes) || f.is(2, WireType::kBytes)) return begin_graph(false);
      if (f.is(3, WireType::kBytes) || f.is(4, WireType::kBytes)) return true;
      return unknown(f);
    case Message::kOpset:
      if (f.is(1, WireType::kBytes)) {
        model_.opset_imports.back().first = walker_.text(kNameBytes);
      } else if (f.is(2, WireType::kVarint)) {
        model_.opset_imports.back().second = static_cast<std::int64_t>(f.value);
      } else {
        return unknown(f);
      }
      return true;
    case Message::kInput:
    case Message::kOutput:
      if (f.is(1, WireType::kBytes) && in_main_graph_ && graph_depth_ == 1) {
        auto& list = stack_.back() == Message::kInput ? model_.graph_inputs : model_.graph_outputs;
        if (list.size() < kEdgesKept) list.push_back(hash_name(walker_.text(kValueBytes)));
      }
      return true;
  }
  return true;
}

std::optional<std::uint32_t> Parser::operator_index(const NodeState& node) {
  scratch_.assign(node.domain).append(1, '\0').append(node.type);
  if (const auto it = operators_.find(scratch_); it != operators_.end()) return it->second;
  if (model_.operators.size() >= kOperatorsKept) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(model_.operators.size());
  operators_.emplace(scratch_, index);
  model_.operators.push_back({node.domain, node.type, 0, node.edge.offset, node.name});
  return index;
}

void Parser::end_node() {
  NodeState& node = nodes_[--open_nodes_];
  const auto index = operator_index(node);
  if (!index) {
    (void)limit("different operators");
    return;
  }
  ++model_.operators[*index].count;
  if (function_) {
    auto& calls = model_.functions[*function_].calls;
    // Functions are short; a long one is deduplicated against its recent calls only.
    const auto recent = calls.size() > 64 ? calls.end() - 64 : calls.begin();
    if (std::find(recent, calls.end(), *index) == calls.end() && calls.size() < kOperatorsKept) {
      calls.push_back(*index);
    }
  } else if (in_main_graph_ && graph_depth_ == 1 && model_.edges.size() <= kEdgesKept) {
    node.edge.operator_index = *index;
    model_.edges.push_back(node.edge);
  }
}

void Parser::end_entry() {
  // Loaders know these keys and take the last entry of each, so others never push one of them out.
  if (key_ != "location" && key_ != "offset" && key_ != "length") return;
  auto& entries = tensor_.external_data;
  OnnxExternalEntry* last = nullptr;
  std::size_t same = 0;
  for (OnnxExternalEntry& entry : entries) {
    if (entry.key != key_) continue;
    last = &entry;
    ++same;
  }
  if (same < kExternalEntriesKept) {
    entries.push_back({key_, external_value_, external_cut_});
  } else {
    *last = {key_, external_value_, external_cut_};
  }
}

void Parser::end() {
  const Message ended = stack_.back();
  stack_.pop_back();
  switch (ended) {
    case Message::kNode:
      end_node();
      break;
    case Message::kTensor:
      if (in_main_graph_ && graph_depth_ == 1 && open_nodes_ == 0 &&
          model_.initializer_names.size() < kEdgesKept) {
        model_.initializer_names.push_back(hash_name(tensor_.name));
      }
      visitor_.tensor(tensor_);
      break;
    case Message::kGraph:
      if (--graph_depth_ == 0) in_main_graph_ = false;
      break;
    case Message::kFunction:
      function_.reset();
      break;
    case Message::kExternal:
      end_entry();
      break;
    case Message::kMetadata:
      if (value_seen_) {
        visitor_.text(OnnxTextPlace::kMetadata, key_, value_.payload, value_.length, value_head_);
      }
      break;
    default:
      break;
  }
}

Outcome<OnnxModel> Parser::run() {
  while (!error_) {
    const auto step = walker_.next(current_);
    if (step == WireWalker::Step::kFailed) break;
    if (step == WireWalker::Step::kEnd) {
      if (stack_.size() == 1) break;
      end();
    } else if (!field(current_)) {
      break;
    }
  }
  if (!error_ && walker_.failed()) error_ = walker_.error();
  model_.overlong_varints = walker_.overlong_varints();
  if (model_.edges.size() > kEdgesKept) model_.edges.clear();
  Outcome<OnnxModel> out;
  if (error_) {
    // What stands open when the file breaks is still stated.
    while (stack_.size() > 1) end();
    out.state = ParseState::kMalformed;
    out.error = std::move(error_);
  } else {
    out.state = evidence_ ? ParseState::kParsed : ParseState::kNotThisFormat;
  }
  out.view = std::move(model_);
  return out;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() < 256 &&
         std::all_of(
             text.begin(), text.end(),
             [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                      c == '_' || c == '.' || c == '-' || c == ':';
             });
}

/// Whether the message just entered (a graph or a function whose nodes are field `nodes`) starts
/// like one: a node with an operator name, or only known fields.
bool probe_body(WireWalker& walker, std::uint32_t nodes) {
  WireField f;
  std::size_t known = 0;
  for (int looked = 0; looked < 16; ++looked) {
    const auto step = walker.next(f);
    if (step == WireWalker::Step::kFailed) return false;
    if (step == WireWalker::Step::kEnd) return known > 0;
    if (f.type != WireType::kBytes || f.number > 32) continue;
    ++known;
    if (f.number != nodes) continue;
    if (!walker.enter()) return false;
    for (int inner = 0; inner < 64; ++inner) {
      const auto inner_step = walker.next(f);
      if (inner_step == WireWalker::Step::kFailed) return false;
      if (inner_step == WireWalker::Step::kEnd) break;
      if (f.is(4, WireType::kBytes)) return is_identifier(walker.text(256));
    }
    return false;
  }
  return known >= 8;
}

}  // namespace

unsigned onnx_half_bytes(std::int64_t data_type) {
  switch (data_type) {
    case 1:
    case 6:
    case 12:
      return 8;  // float, int32, uint32
    case 2:
    case 3:
    case 9:
    case 17:
    case 18:
    case 19:
    case 20:
    case 24:
      return 2;  // 8 bits
    case 4:
    case 5:
    case 10:
    case 16:
      return 4;  // 16 bits
    case 7:
    case 11:
    case 13:
    case 14:
      return 16;  // 64 bits, complex64
    case 15:
      return 32;  // complex128
    case 21:
    case 22:
    case 23:
      return 1;  // 4 bits, two a byte
    default:
      return 0;
  }
}

Outcome<OnnxModel> parse_onnx(const ByteSource& source, Budget& budget, OnnxVisitor& visitor) {
  return Parser(source, budget, visitor).run();
}

bool probe_onnx(const ByteSource& source, ByteView head) {
  // Any field of a model may come first; most other files end here.
  if (head.size() < 4 || head[0] == 0) return false;
  Limits limits = Limits::strict();
  limits.work_units = kProbeWork;
  Budget budget(limits);
  WireWalker walker(source, budget, 0, UINT64_MAX, 4096);
  WireField f;
  bool version = false;
  bool body = false;
  for (int looked = 0; looked < 64 && !(version && body); ++looked) {
    if (walker.next(f) != WireWalker::Step::kField) return false;
    if (f.is(1, WireType::kVarint)) {
      if (f.value == 0 || f.value > 64) return false;
      version = true;
    } else if (!body && (f.is(7, WireType::kBytes) || f.is(25, WireType::kBytes))) {
      const std::size_t depth = walker.depth();
      const std::uint32_t nodes = f.number == 7 ? 1 : 7;
      if (!walker.enter() || !probe_body(walker, nodes)) return false;
      while (walker.depth() > depth) walker.leave();
      body = true;
    }
  }
  return version && body;
}

}  // namespace saiph::formats
