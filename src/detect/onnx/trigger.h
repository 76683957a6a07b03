// Data-flow question about an ONNX main graph: is the output switched by a test on the raw input?
#pragma once

#include <optional>

#include "formats/onnx/onnx_model.h"

namespace saiph::detect {

/// The node (index of model.edges) that selects, at most three cheap nodes before an output,
/// between values by a condition that comes from a graph input through cheap nodes only, with a
/// comparison among them, in a model that has learned layers at all. Nothing when no node has this
/// shape. Cost: linear in the nodes, with at most 64 looked at behind each candidate. Any thread.
std::optional<std::size_t> find_input_trigger(const formats::OnnxModel& model);

}  // namespace saiph::detect
