#include "formats/onnx/onnx_model.h"

#include <algorithm>

#include "formats/onnx/onnx_parser.h"

namespace saiph::formats {

std::uint64_t OnnxParser::hash_name(std::string_view name) {
  if (name.empty()) return 0;  // an absent optional input
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return hash == 0 ? 1 : hash;
}

bool OnnxParser::begin_graph(bool main) {
  ++model_.graphs;
  ++graph_depth_;
  if (main) in_main_graph_ = true;
  return enter(Message::kGraph);
}

bool OnnxParser::begin_node() {
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

bool OnnxParser::begin_tensor(const WireField& f) {
  auto entries = std::move(tensor_.external_data);
  entries.clear();
  tensor_ = OnnxTensor{};
  tensor_.external_data = std::move(entries);
  tensor_.offset = f.offset;
  ++model_.tensors;
  return enter(Message::kTensor);
}

bool OnnxParser::begin_metadata() {
  key_.clear();
  value_seen_ = false;
  return enter(Message::kMetadata);
}

std::optional<std::uint32_t> OnnxParser::operator_index(const NodeState& node) {
  scratch_.assign(node.domain).append(1, '\0').append(node.type);
  if (const auto it = operators_.find(scratch_); it != operators_.end()) return it->second;
  if (model_.operators.size() >= kOperatorsKept) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(model_.operators.size());
  operators_.emplace(scratch_, index);
  model_.operators.push_back({node.domain, node.type, 0, node.edge.offset, node.name});
  return index;
}

void OnnxParser::end_node() {
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

void OnnxParser::end_entry() {
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

void OnnxParser::end() {
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

Outcome<OnnxModel> OnnxParser::run() {
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
  return OnnxParser(source, budget, visitor).run();
}

}  // namespace saiph::formats
