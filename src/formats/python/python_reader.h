// Python source as a stream of facts: scopes, imports, calls with the callee's full dotted name and
// what is known of the arguments. Nothing is executed; unknown stays unknown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "formats/python/python_value.h"

namespace saiph::formats {

/// Scope 0 is the module; classes and functions count upwards in order of their headers.
using PythonScopeId = std::uint32_t;

struct PythonScope {
  enum class Kind : std::uint8_t { kModule, kClass, kFunction };
  Kind kind = Kind::kModule;
  PythonScopeId id = 0;
  PythonScopeId parent = 0;
  std::uint32_t line = 0;
  std::string name;
};

/// Where a fact stands.
struct PythonPlace {
  PythonScopeId scope = 0;
  std::uint32_t line = 0;
  std::uint64_t offset = 0;
  bool script_only = false;  ///< under `if __name__ == "__main__":`
  bool decorator = false;    ///< the call is the one that a decorator stands for
};

struct PythonImport {
  std::string_view module;  ///< "os.path"; relative imports keep their dots (".utils")
  std::string_view name;    ///< of `from m import name`; "*" for all; "" for a plain import
  PythonPlace place;
};

/// Receives the facts in order of the text. Views live during the call only.
class PythonHandler {
 public:
  virtual ~PythonHandler() = default;
  /// Origins of the result of calling, or reading, this dotted name ("os.environ").
  virtual PythonOrigins origins_of_path(std::string_view /*path*/) const { return 0; }
  /// Origins that depend on the arguments too (a file of credentials is opened).
  virtual PythonOrigins origins_of_call(std::string_view /*path*/,
                                        const std::vector<PythonArgument>& /*arguments*/) const {
    return 0;
  }
  /// True for a dotted name whose use matters: it wins where several values are possible.
  virtual bool is_notable(std::string_view /*path*/) const { return false; }
  virtual void on_scope(const PythonScope& /*scope*/) {}
  virtual void on_import(const PythonImport& /*import*/) {}
  /// Every call; also decorators and `exec CODE`. `result` has the origins known so far.
  virtual void on_call(const PythonValue& /*callee*/,
                       const std::vector<PythonArgument>& /*arguments*/,
                       const PythonPlace& /*place*/) {}
  /// A dotted name, function or class is used as a value (assigned, returned) without a call.
  virtual void on_assign(std::string_view /*target*/, const PythonValue& /*value*/,
                         const PythonPlace& /*place*/) {}
  /// A function returns this value.
  virtual void on_return(const PythonValue& /*value*/, const PythonPlace& /*place*/) {}
  /// An identifier that is not ASCII in the bytes but is for Python ("ｅｖａｌ").
  virtual void on_disguised_name(std::string_view /*written*/, std::string_view /*read*/,
                                 const PythonPlace& /*place*/) {}
  /// An attribute with two underscores on both sides that leads to an object's inside.
  virtual void on_dunder(std::string_view /*path*/, const PythonPlace& /*place*/) {}
};

struct PythonSummary {
  std::uint64_t statements = 0;
  std::uint64_t imports = 0;
  std::uint64_t definitions = 0;
  std::string encoding;  ///< declared by the file, "" when none is
  /// The first break of the grammar, "" when there is none, and its offset.
  std::string problem;
  std::uint64_t problem_offset = 0;
  /// What was left out because of a limit, "" when nothing was.
  std::string limit;
};

/// Reads a whole file twice (the first time for names that are bound after their use). Linear time;
/// memory bounded by limits().memory_bytes beside the source itself.
/// Errors: kLimit when the budget runs out. Broken grammar is not an error: see `problem`.
/// One thread at a time; `source` must outlive the call only.
Result<PythonSummary> read_python(std::string_view source, PythonHandler& handler, Budget& budget);

}  // namespace saiph::formats
