// Collects the facts of one source that matter for findings; grading comes after the whole file,
// because only then it is known which functions are reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/python/python_policy.h"
#include "domain/rule.h"
#include "formats/python/python_reader.h"

namespace saiph::detect {

/// When a piece of code runs, from never to always.
enum class PythonReach : std::uint8_t { kDefined, kScript, kEntry, kImport };

class PythonFacts final : public formats::PythonHandler {
 public:
  /// Hits kept: a file with more is beyond review anyway.
  static constexpr std::size_t kMaxHits = 4'096;
  static constexpr std::size_t kMaxEdges = 200'000;
  static constexpr std::size_t kMaxNestedBytes = 1U << 20;

  struct Hit {
    const Rule* rule = nullptr;
    /// Severity at import, when reached by an entry point, as a script, and only defined.
    Severity import = Severity::kHigh;
    Severity entry = Severity::kHigh;
    Severity script = Severity::kLow;
    Severity defined = Severity::kMedium;
    /// In a library: severity when only a chain of calls leads here from the top level.
    std::optional<Severity> indirect;
    formats::PythonPlace place;
    std::string detail;
    std::string excerpt;
  };
  struct Nested {
    std::string code;
    formats::PythonPlace place;
  };

  explicit PythonFacts(bool model_code) : model_code_(model_code) {}

  formats::PythonOrigins origins_of_path(std::string_view path) const override {
    return python_path_origins(path);
  }
  formats::PythonOrigins origins_of_call(
      std::string_view path, const std::vector<formats::PythonArgument>& arguments) const override;
  bool is_notable(std::string_view path) const override;
  void on_scope(const formats::PythonScope& scope) override;
  void on_import(const formats::PythonImport& import) override;
  void on_call(const formats::PythonValue& callee,
               const std::vector<formats::PythonArgument>& arguments,
               const formats::PythonPlace& place) override;
  void on_assign(std::string_view target, const formats::PythonValue& value,
                 const formats::PythonPlace& place) override;
  void on_return(const formats::PythonValue& value, const formats::PythonPlace& place) override;
  void on_disguised_name(std::string_view written, std::string_view read,
                         const formats::PythonPlace& place) override;
  void on_dunder(std::string_view path, const formats::PythonPlace& place) override;

  const std::vector<Hit>& hits() const { return hits_; }
  bool overflowed() const { return overflowed_; }
  const std::vector<Nested>& nested() const { return nested_; }
  const std::vector<std::string>& capabilities() const { return capabilities_; }
  struct ScopeReach {
    PythonReach reach = PythonReach::kDefined;
    std::uint32_t calls = 0;  ///< how many calls lead here from the top level
  };
  /// Reach of every scope, by id. Linear in scopes and calls.
  std::vector<ScopeReach> reaches() const;
  std::string scope_name(formats::PythonScopeId id) const;

 private:
  using Arguments = std::vector<formats::PythonArgument>;
  Hit& add(const Rule& rule, const formats::PythonPlace& place, std::string detail,
           std::string_view excerpt = {});
  void process(std::string_view path, const Arguments& arguments, formats::PythonOrigins origins,
               const formats::PythonPlace& place);
  void dynamic_code(std::string_view path, const Arguments& arguments,
                    const formats::PythonPlace& place);
  void deserialise(std::string_view path, const Arguments& arguments,
                   const formats::PythonPlace& place);
  void network(std::string_view path, const Arguments& arguments,
               const formats::PythonPlace& place);
  void open_file(std::string_view path, const Arguments& arguments,
                 const formats::PythonPlace& place);
  void passed_callables(const formats::PythonValue& callee, const Arguments& arguments,
                        const formats::PythonPlace& place);
  void risky_call(PythonRisk risk, const formats::PythonValue& callee, const Arguments& arguments,
                  const formats::PythonPlace& place);
  void pickle_recipe(const formats::PythonValue& value, std::string_view where,
                     const formats::PythonPlace& place);
  void edge(const formats::PythonPlace& from, const formats::PythonValue& to);
  void nest(std::string_view code, const formats::PythonPlace& place);

  bool model_code_;
  std::vector<formats::PythonScope> scopes_;
  std::vector<Hit> hits_;
  bool overflowed_ = false;
  std::vector<Nested> nested_;
  std::size_t nested_bytes_ = 0;
  std::vector<std::string> capabilities_;
  struct Edge {
    formats::PythonScopeId from = 0;
    formats::PythonScopeId to = 0;
    bool script_only = false;
    bool operator==(const Edge&) const = default;
  };
  std::vector<Edge> edges_;
  bool uses_sockets_ = false;
  bool registers_reducers_ = false;  ///< copyreg is imported
};

/// The text of a command: a string, or a list of words joined by spaces with "{}" for unknown ones.
std::string python_command_text(const formats::PythonValue& value);

}  // namespace saiph::detect
