// Names and expressions of one Python file; the statements are read in python_reader.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/python/python_reader.h"
#include "formats/python/python_token.h"
#include "formats/python/python_value.h"

namespace saiph::formats {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using PythonNames = std::unordered_map<std::string, PythonValue, StringHash, std::equal_to<>>;

/// Evaluates token ranges to values and reports calls to the handler. Explicit stack, linear time.
/// Used by the reader alone; one thread at a time.
class PythonEvaluator {
 public:
  /// Names bound per file: real files have some thousands.
  static constexpr std::size_t kMaxNames = 60'000;
  /// Longest dotted name that is followed.
  static constexpr std::size_t kMaxPath = 240;

  explicit PythonEvaluator(PythonHandler& handler) : handler_(&handler) {}

  /// Pass 1 reports nothing; pass 2 knows the module's final names.
  void begin_pass(bool report);
  PythonPlace& place() { return place_; }

  /// The value of tokens [begin, end) of a statement: one expression list.
  PythonValue evaluate(std::span<const PythonToken> tokens);

  void push_names(PythonScopeId scope);
  void pop_names();
  PythonScopeId current_scope() const { return frames_.empty() ? 0 : frames_.back().scope; }
  void bind(std::string_view name, PythonValue value);
  void bind_attribute(PythonScopeId class_scope, std::string_view name, PythonValue value);
  PythonValue look_up(std::string_view name);
  PythonValue attribute(const PythonValue& base, std::string_view name);
  PythonValue call(const PythonValue& callee, const std::vector<PythonArgument>& arguments);
  /// What the function returns, as far as known; summed over its return statements.
  void add_return(PythonScopeId scope, const PythonValue& value);
  /// `from module import *`: unknown names may come from there.
  void add_star_module(std::string_view module);
  /// `global name` in the current function.
  void declare_global(std::string_view name);
  /// Inside a branch or loop a later value replaces a notable one only in part.
  void set_conditional(bool conditional) { conditional_ = conditional; }
  /// A loop variable over these values.
  static PythonValue item_of(const PythonValue& values);

  /// Expressions inside f-strings, to be evaluated after the statement.
  struct Field {
    std::string_view text;
    PythonPlace place;
    std::uint32_t depth = 0;
  };
  std::vector<Field>& fields() { return fields_; }
  void set_field_depth(std::uint32_t depth) { field_depth_ = depth; }
  bool names_overflowed() const { return names_overflowed_; }

 private:
  struct Frame;
  struct Names {
    PythonScopeId scope = 0;
    PythonNames names;
    std::vector<std::string> globals;
  };

  PythonValue string_value(const PythonToken& token);
  void set_operand(Frame& frame, PythonValue value);
  void close_operand(Frame& frame, std::string_view next_operator);
  void close_element(Frame& frame, std::span<const PythonToken> tokens, std::size_t at);
  PythonValue comprehension(const Frame& frame, std::span<const PythonToken> tokens,
                            const PythonValue& values);
  PythonValue close_frame(Frame& frame);
  void open_bracket(const PythonToken& token, std::vector<Frame>& stack, std::size_t at);
  void keyword(const PythonToken& token, Frame& frame, std::size_t at);
  PythonValue combine(const PythonValue& left, std::string_view op, const PythonValue& right);
  PythonValue subscript(const PythonValue& base, const PythonValue& index);
  PythonValue call_path(const PythonValue& callee, const std::vector<PythonArgument>& arguments);
  PythonValue path(std::string text, PythonOrigins origins);

  PythonHandler* handler_;
  bool report_ = false;
  PythonPlace place_;
  PythonFolder folder_;
  std::vector<Names> frames_;
  PythonNames module_names_;  ///< the module's names at the end of pass 1
  std::unordered_map<PythonScopeId, PythonNames> class_names_;
  std::unordered_map<PythonScopeId, PythonValue> returns_;
  std::vector<Field> fields_;
  std::uint32_t field_depth_ = 0;
  std::size_t bound_names_ = 0;
  bool names_overflowed_ = false;
  bool conditional_ = false;
  std::size_t items_left_ = 0;
  std::vector<std::string> star_modules_;
};

}  // namespace saiph::formats
