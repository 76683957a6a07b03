#include "detect/onnx/trigger.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace saiph::detect {

namespace {

using formats::OnnxEdge;
using formats::OnnxModel;

constexpr std::size_t kNodesBehindCandidate = 64;
constexpr int kNodesBeforeOutput = 3;

enum class Shape : std::uint8_t { kOther, kSelect, kCompare, kCheap };

Shape shape_of(const formats::OnnxOperator& op) {
  if (!op.domain.empty() && op.domain != "ai.onnx") return Shape::kOther;
  constexpr auto kCompare = std::to_array<std::string_view>(
      {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"});
  // What moves or combines values without learned weights.
  constexpr auto kCheap = std::to_array<std::string_view>({"Abs",
                                                           "Add",
                                                           "And",
                                                           "ArgMax",
                                                           "Cast",
                                                           "Concat",
                                                           "Constant",
                                                           "ConstantOfShape",
                                                           "Flatten",
                                                           "Gather",
                                                           "GatherElements",
                                                           "GatherND",
                                                           "Identity",
                                                           "Mod",
                                                           "Mul",
                                                           "Not",
                                                           "Or",
                                                           "ReduceMax",
                                                           "ReduceMean",
                                                           "ReduceMin",
                                                           "ReduceProd",
                                                           "ReduceSum",
                                                           "Reshape",
                                                           "Shape",
                                                           "Slice",
                                                           "Softmax",
                                                           "Split",
                                                           "Squeeze",
                                                           "Sub",
                                                           "Transpose",
                                                           "Unsqueeze",
                                                           "Xor"});
  if (op.type == "If" || op.type == "Where") return Shape::kSelect;
  if (std::find(kCompare.begin(), kCompare.end(), op.type) != kCompare.end())
    return Shape::kCompare;
  if (std::find(kCheap.begin(), kCheap.end(), op.type) != kCheap.end()) return Shape::kCheap;
  return Shape::kOther;
}

/// Operators that carry a model's weights, of whatever domain.
bool is_learned(std::string_view type) {
  constexpr auto kStarts = std::to_array<std::string_view>(
      {"Attention", "Conv", "Einsum", "Fused", "GRU", "Gemm", "LSTM", "Linear", "MatMul", "QLinear",
       "RNN", "SVM", "Tree"});
  return std::any_of(kStarts.begin(), kStarts.end(),
                     [&](std::string_view start) { return type.starts_with(start); });
}

}  // namespace

std::optional<std::size_t> find_input_trigger(const OnnxModel& model) {
  std::vector<Shape> shapes;
  shapes.reserve(model.operators.size());
  bool select = false;
  bool learned = false;
  for (const auto& op : model.operators) {
    shapes.push_back(shape_of(op));
    select = select || shapes.back() == Shape::kSelect;
    learned = learned || is_learned(op.type);
  }
  if (!select || !learned || model.edges.empty()) return std::nullopt;
  const auto shape = [&](std::size_t node) { return shapes[model.edges[node].operator_index]; };

  std::unordered_map<std::uint64_t, std::size_t> producer;
  producer.reserve(model.edges.size());
  for (std::size_t i = 0; i < model.edges.size(); ++i) {
    for (const std::uint64_t output : model.edges[i].outputs) {
      if (output != 0) producer.emplace(output, i);
    }
  }
  // Before IR version 4 initializers are listed among the inputs.
  std::unordered_set<std::uint64_t> inputs(model.graph_inputs.begin(), model.graph_inputs.end());
  for (const std::uint64_t name : model.initializer_names) inputs.erase(name);

  const auto tests_input = [&](std::uint64_t condition) {
    std::vector<std::pair<std::uint64_t, bool>> open{{condition, false}};
    std::unordered_set<std::uint64_t> seen;
    while (!open.empty()) {
      const auto [value, compared] = open.back();
      open.pop_back();
      if (value == 0 || !seen.insert(value).second) continue;
      if (inputs.contains(value)) {
        if (compared) return true;
        continue;
      }
      const auto it = producer.find(value);
      if (it == producer.end() || seen.size() > kNodesBehindCandidate) continue;
      const Shape here = shape(it->second);
      if (here == Shape::kOther || here == Shape::kSelect) continue;
      for (const std::uint64_t input : model.edges[it->second].inputs) {
        open.emplace_back(input, compared || here == Shape::kCompare);
      }
    }
    return false;
  };

  for (const std::uint64_t output : model.graph_outputs) {
    std::uint64_t value = output;
    for (int step = 0; step <= kNodesBeforeOutput; ++step) {
      const auto it = producer.find(value);
      if (it == producer.end()) break;
      const OnnxEdge& node = model.edges[it->second];
      const Shape here = shape(it->second);
      if (here == Shape::kSelect) {
        if (tests_input(node.inputs[0])) return it->second;
        break;
      }
      if (here != Shape::kCheap) break;
      value = node.inputs[0];
    }
  }
  return std::nullopt;
}

}  // namespace saiph::detect
