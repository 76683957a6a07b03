// What PythonEvaluator keeps of an open bracket; for the sources of that class alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "formats/python/python_evaluator.h"

namespace saiph::formats {

struct PythonEvaluator::Frame {
  enum class Role : std::uint8_t { kTop, kGroup, kList, kBrace, kCall, kSubscript };
  Role role = Role::kTop;
  bool has_operand = false;
  bool has_accumulator = false;
  bool operand_is_literal = false;
  bool after_dot = false;
  bool negative = false;
  bool bind_next = false;  ///< behind `as`
  bool comma = false;
  /// A comprehension is read from its first `for` to its end, and then its body.
  enum class Phase : std::uint8_t { kNone, kClauses, kBody, kRead };
  Phase phase = Phase::kNone;
  bool in_clause = false;
  bool had_generator = false;
  bool has_saved = false;
  bool starred = false;
  std::uint32_t lambdas = 0;
  std::uint32_t colons = 0;
  std::size_t element_begin = 0;
  std::size_t body_end = 0;     ///< the first `for`
  std::size_t clauses_end = 0;  ///< the end of the element
  std::size_t target_begin = 0;
  std::size_t target_end = 0;
  std::size_t locals = 0;     ///< how many variables were known before
  PythonOrigins dropped = 0;  ///< origins of elements over the limit
  bool overflowed = false;
  PythonPlace place;
  PythonValue base;
  PythonValue accumulator;
  PythonValue operand;
  PythonValue values;  ///< what the first clause runs over
  PythonValue saved;   ///< what stood before a lambda
  std::string_view op;
  std::string_view saved_op;
  std::string_view operand_name;
  std::string_view keyword;
  std::string_view walrus;
  std::string_view loop_variable;
  std::string_view lambda_parameter;  ///< whose default value is being read
  std::vector<PythonArgument> elements;
};

/// Tokens [begin, end) are one element: a body up to `body_end` and the clauses behind it.
struct PythonEvaluator::Comprehension {
  std::size_t begin = 0;
  std::size_t body_end = 0;
  std::size_t end = 0;
};

/// The value of an integer literal; unknown when it is none or does not fit.
PythonValue python_number(std::string_view text);

}  // namespace saiph::formats
