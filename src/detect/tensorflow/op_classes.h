// TensorFlow operators that reach outside the graph, and which names are TensorFlow's own.
#pragma once

#include <optional>
#include <string_view>

#include "domain/rule.h"

namespace saiph::detect {

struct TfOpClass {
  std::string_view op;
  const Rule* rule;
  Severity severity;
  std::string_view does;  ///< "writes files", for the sentence
};

/// The class of an operator that reaches outside the graph, or nullptr. Any thread; logarithmic.
const TfOpClass* tf_op_class(std::string_view op);

/// True for the names in catalogue/tensorflow/operators.txt.
bool is_tf_operator(std::string_view op);

/// True for operators of companion libraries that their publishers distribute (TensorFlow Text,
/// Decision Forests, ...), by name or prefix.
bool is_tf_addon_operator(std::string_view op);

}  // namespace saiph::detect
