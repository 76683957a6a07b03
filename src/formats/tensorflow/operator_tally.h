// OperatorTally: how often each operator of a graph occurs; shared by the binary and the text
// reader.
#pragma once

#include <string>
#include <unordered_map>

#include "formats/tensorflow/tensorflow_graph.h"

namespace saiph::formats {

/// Counts nodes by operator into TfGraphs::operators, which keeps their first places.
/// One thread at a time; constant cost a node.
class OperatorTally {
 public:
  /// False when the graph has more different operators than may be held.
  [[nodiscard]] bool count(const TfNode& node, TfGraphs& graphs) {
    auto it = places_.find(node.op);
    if (it == places_.end()) {
      if (graphs.operators.size() >= kOperatorsKept) return false;
      it = places_.emplace(node.op, graphs.operators.size()).first;
      graphs.operators.push_back({node.op, 0, node.offset, node.name, std::string(node.function)});
    }
    ++graphs.operators[it->second].count;
    return true;
  }

 private:
  // TensorFlow itself has about 1,500.
  static constexpr std::size_t kOperatorsKept = 20'000;

  std::unordered_map<std::string, std::size_t> places_;
};

}  // namespace saiph::formats
