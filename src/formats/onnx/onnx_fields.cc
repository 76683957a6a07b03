// What each field of each message of onnx.proto means to the parser.
#include <iterator>

#include "base/checked.h"
#include "formats/onnx/onnx_parser.h"

namespace saiph::formats {

bool OnnxParser::unknown(const WireField& f) {
  if (model_.unknown_fields++ == 0) model_.first_unknown = f.offset;
  model_.unknown_bytes += f.length;
  return true;
}

bool OnnxParser::model(const WireField& f) {
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

bool OnnxParser::graph(const WireField& f) {
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

bool OnnxParser::node(const WireField& f) {
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

bool OnnxParser::attribute(const WireField& f) {
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

void OnnxParser::add_dimension(std::uint64_t raw) {
  if (!tensor_.elements) return;
  if (raw > static_cast<std::uint64_t>(INT64_MAX)) {
    tensor_.elements.reset();
  } else {
    tensor_.elements = checked_mul(*tensor_.elements, raw);
  }
}

bool OnnxParser::tensor(const WireField& f) {
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

bool OnnxParser::function(const WireField& f) {
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

bool OnnxParser::entry(const WireField& f) {
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

bool OnnxParser::field(const WireField& f) {
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

}  // namespace saiph::formats
