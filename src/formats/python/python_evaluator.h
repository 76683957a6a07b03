// Names and expressions of one Python file; the statements are read in python_reader.cc.
#pragma once

#include <cstdint>
#include <optional>
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

struct PythonBinding {
  std::string_view name;
  PythonValue value;
};

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
  PythonValue attribute(const PythonValue& base, std::string_view written);
  PythonValue call(const PythonValue& given, const std::vector<PythonArgument>& given_arguments);
  /// What the function returns, as far as known; summed over its return statements.
  void add_return(PythonScopeId scope, const PythonValue& value);
  /// `from module import *`: unknown names may come from there.
  void add_star_module(std::string_view module);
  /// `global name` in the current function.
  void declare_global(std::string_view name);
  /// Inside a branch or loop a later value replaces a notable one only in part.
  void set_conditional(bool conditional) { conditional_ = conditional; }
  /// A loop variable over these values: one value that stands for all of them.
  PythonValue item_of(const PythonValue& values);
  /// The names of an assignment's target with what each gets of `value`.
  std::vector<PythonBinding> destructure(std::span<const PythonToken> target,
                                         const PythonValue& value);
  /// `name[index] = value`.
  void assign_item(std::string_view name, const PythonValue& index, const PythonValue& value);
  /// `globals()[name] = value`.
  void bind_global(std::string_view name, PythonValue value);
  /// What a parameter stands for: a callable that matters is passed in a call, or is its default.
  PythonValue parameter(PythonScopeId scope, std::size_t position, std::string_view name,
                        const PythonValue& default_value) const;

  /// Expressions inside f-strings, to be evaluated after the statement.
  struct Field {
    std::string_view text;
    PythonPlace place;
    std::uint32_t depth = 0;
  };
  std::vector<Field>& fields() { return fields_; }
  void set_field_depth(std::uint32_t depth) { field_depth_ = depth; }
  bool names_overflowed() const { return names_overflowed_; }
  /// Tables were read so often that the rest of the file was not.
  bool scan_overflowed() const { return scan_overflowed_; }

 private:
  struct Frame;
  struct Comprehension;
  struct Names {
    PythonScopeId scope = 0;
    PythonNames names;
    std::vector<std::string> globals;
  };

  PythonValue string_value(const PythonToken& token);
  void set_operand(Frame& frame, PythonValue value);
  void close_operand(Frame& frame, std::string_view next_operator);
  void close_element(Frame& frame, std::span<const PythonToken> tokens, std::size_t at);
  static std::vector<Comprehension> find_comprehensions(std::span<const PythonToken> tokens);
  static std::size_t enter_comprehension(Frame& frame, const std::vector<Comprehension>& found,
                                         std::size_t at);
  std::size_t begin_clause(Frame& frame, std::span<const PythonToken> tokens, std::size_t at);
  void end_clause(Frame& frame, std::span<const PythonToken> tokens);
  PythonValue comprehension(const Frame& frame, std::span<const PythonToken> tokens,
                            const PythonValue& value);
  void name(const PythonToken& token, Frame& frame, std::span<const PythonToken> tokens,
            std::size_t& at);
  std::size_t bind_pattern(Frame& frame, std::span<const PythonToken> tokens, std::size_t at);
  static std::string folded_name(std::string_view name);
  void bind_local(std::string_view name, PythonValue value);
  void end_lambda_parameter(Frame& frame);
  PythonValue close_frame(Frame& frame);
  void open_bracket(const PythonToken& token, std::vector<Frame>& stack, std::size_t at) const;
  void keyword(const PythonToken& token, Frame& frame);
  PythonValue combine(const PythonValue& left, std::string_view op, const PythonValue& right);
  PythonValue subscript(const PythonValue& base, const PythonValue& index);
  PythonValue call_path(const PythonValue& callee, const std::vector<PythonArgument>& arguments);
  PythonValue path(std::string text, PythonOrigins origins);
  bool redirect(const PythonValue& callee, const std::vector<PythonArgument>& arguments,
                PythonValue& target, std::vector<PythonArgument>& passed);
  void note_parameters(PythonScopeId scope, const std::vector<PythonArgument>& arguments);
  PythonValue partial(const std::vector<PythonArgument>& arguments, std::size_t bound_from,
                      PythonOrigins origins);

  // python_items.cc
  bool may_scan(std::size_t items);
  PythonValue new_list(std::vector<PythonValue> items, PythonOrigins origins);
  PythonValue notable_of(const PythonValue& values, PythonOrigins origins);
  PythonValue item_at(const PythonValue& base, const PythonValue& index);
  static bool has_method(const PythonValue& list, std::string_view name);
  PythonValue list_method(const PythonValue& bound, const std::vector<PythonArgument>& arguments);
  std::optional<PythonValue> call_on_items(std::string_view name,
                                           const std::vector<PythonArgument>& arguments);
  PythonValue changed(const PythonValue& list, PythonOrigins origins);
  PythonValue changed_list(const PythonValue& list, std::string_view method);
  void note_change(std::string_view name, const PythonValue& value, std::string_view method);

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
  std::size_t scan_left_ = 0;
  bool scan_overflowed_ = false;
  /// Variables of comprehensions and lambdas, innermost last; few, so that looking is cheap.
  std::vector<std::pair<std::string, PythonValue>> locals_;
  struct Parameter {
    std::size_t position = 0;
    std::string keyword;
    PythonValue value;
  };
  std::unordered_map<PythonScopeId, std::vector<Parameter>> parameters_;
  std::vector<std::string> star_modules_;
};

}  // namespace saiph::formats
