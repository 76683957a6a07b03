// Reads the statements of one Python file; for python_reader.cc, which makes the one object.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "formats/python/python_evaluator.h"
#include "formats/python/python_reader.h"
#include "formats/python/python_token.h"

namespace saiph::formats {

/// Blocks and headers are read in python_reader.cc, simple statements in python_statements.cc.
/// One thread at a time; the source, the handler and the budget must outlive the object.
class PythonStatements {
 public:
  PythonStatements(std::string_view source, PythonHandler& handler, Budget& budget)
      : source_(source), handler_(handler), budget_(budget), evaluator_(handler) {}

  /// Reads the file twice. Errors: kLimit when the budget runs out.
  Result<PythonSummary> run();

 private:
  struct Block {
    PythonScopeId scope = 0;
    PythonScopeId class_scope = 0;  ///< of the innermost class around, 0 for none
    bool pushed = false;            ///< opened a scope of names
    bool script_only = false;
    bool is_class = false;
    bool branch = false;
    bool indented = false;
    bool one_line = false;
    bool awaits_body = false;
  };

  // python_reader.cc
  bool pass();
  void keep(const PythonToken& token, std::uint32_t depth);
  bool is_header() const;
  PythonPlace place_of(const PythonToken& token) const;
  void enter_place(const PythonToken& token);
  void open_indented();
  void push_block(const Block& block);
  void pop_block();
  void close_indented();
  void close_one_line_blocks();
  void finish_header();
  static bool is_main_guard(std::span<const PythonToken> tokens);
  static bool compares_main(std::span<const PythonToken> tokens);
  void loop(std::span<const PythonToken> tokens);
  PythonScopeId define(bool is_class, std::span<const PythonToken> tokens, Block& block,
                       std::vector<PythonBinding>& parameters);
  void bind_parameters(const std::vector<PythonBinding>& parameters, PythonScopeId self,
                       PythonScopeId scope);
  void decorate(PythonValue& value);
  std::vector<PythonBinding> read_parameters(std::span<const PythonToken> tokens);
  void finish_statement();

  // python_statements.cc
  void simple(std::span<const PythonToken> tokens);
  void assign_or_evaluate(std::span<const PythonToken> tokens);
  void assign(std::span<const PythonToken> target, const PythonValue& value);
  bool assign_item(std::span<const PythonToken> target, const PythonValue& value);
  void report_import(std::string_view module, std::string_view name, const PythonToken& token);
  static std::string dotted(std::span<const PythonToken> tokens, std::size_t& at);
  PythonValue imported(std::string path);
  void import_plain(std::span<const PythonToken> tokens);
  void import_from(std::span<const PythonToken> tokens);
  PythonValue evaluate(std::span<const PythonToken> tokens) { return evaluator_.evaluate(tokens); }
  void drain_fields();

  std::string_view source_;
  PythonHandler& handler_;
  Budget& budget_;
  PythonEvaluator evaluator_;
  PythonFolder folder_;
  PythonSummary summary_;
  bool report_ = false;
  bool last_had_body_ = false;
  bool is_static_ = false;
  std::vector<PythonToken> statement_;
  std::vector<Block> blocks_;
  PythonScopeId next_scope_ = 1;
  std::vector<PythonValue> decorators_;
};

}  // namespace saiph::formats
