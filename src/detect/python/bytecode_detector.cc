#include "detect/python/bytecode_detector.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "detect/python/python_policy.h"
#include "detect/python/shell_command.h"
#include "detect/rules/python.h"
#include "formats/bytecode/bytecode.h"

namespace saiph::detect {

namespace {

constexpr std::uint64_t kMaxBytes = 8U << 20;
constexpr std::size_t kMaxStated = 16;

// Modules whose functions matter when module and function stand apart: in names and in constants
// of getattr or __import__, or in names that no known instruction ties together.
constexpr auto kModules = std::to_array<std::string_view>(
    {"commands", "ctypes", "marshal", "nt", "os", "pickle", "posix", "pty", "runpy", "shutil",
     "socket", "subprocess", "urllib.request", "requests"});

// Of one code object alone, these are enough.
constexpr auto kBuiltins =
    std::to_array<std::string_view>({"__import__", "compile", "eval", "exec", "execfile", "open"});

bool matters(PythonRisk risk) {
  return risk != PythonRisk::kNone && risk != PythonRisk::kReflection &&
         risk != PythonRisk::kDuplicate;
}

bool runs_something(PythonRisk risk) {
  return risk == PythonRisk::kProcess || risk == PythonRisk::kDynamicCode ||
         risk == PythonRisk::kNative;
}

struct Seen {
  std::string what;
  PythonRisk risk = PythonRisk::kNone;
  bool called = false;
  bool tied = false;  ///< the instructions say so
  bool top_level = false;
};

class Judge {
 public:
  Judge(const formats::Bytecode& bytecode, bool lambda, Inspection& inspection)
      : bytecode_(bytecode), lambda_(lambda), inspection_(inspection) {}

  void run() {
    for (std::size_t i = 0; i < bytecode_.codes.size(); ++i) {
      const formats::CodeObject& code = bytecode_.codes[i];
      if (!inspection_.budget().take_work(1 + code.code.size() + code.names.size())) {
        return inspection_.incomplete("limit", inspection_.budget().reason(), std::nullopt);
      }
      const bool top_level = i + 1 == bytecode_.codes.size();
      references(code, top_level);
      apart(code, top_level);
      commands(code, top_level);
    }
    state_all();
  }

 private:
  void cut() {
    if (std::exchange(cut_, true)) return;
    inspection_.incomplete("limit", "bytecode: more names than are followed", std::nullopt);
  }

  void see(std::string what, PythonRisk risk, bool tied, bool top_level, bool called = true) {
    if (seen_.size() >= 256) return cut();
    const bool known = std::any_of(seen_.begin(), seen_.end(), [&](const Seen& s) {
      return s.what == what && s.top_level >= top_level && s.called >= called;
    });
    if (!known) seen_.push_back({std::move(what), risk, called, tied, top_level});
  }

  void references(const formats::CodeObject& code, bool top_level) {
    const auto found = formats::references_of(code, bytecode_.version);
    exact_ = found.exact;
    if (found.cut) cut();
    for (const auto& [path, called] : found.paths) {
      const PythonRisk risk = python_risk(path);
      if (matters(risk)) see(path, risk, found.exact, top_level, called);
      if (path.starts_with("socket."))
        see(path, PythonRisk::kNetwork, found.exact, top_level, called);
    }
  }

  // A module's name and a function's name both stand in the code object, the instructions unknown
  // or the names hidden in constants.
  void apart(const formats::CodeObject& code, bool top_level) {
    const auto has = [](const std::vector<std::string>& list, std::string_view text) {
      return std::find(list.begin(), list.end(), text) != list.end();
    };
    const bool reflects = has(code.names, "getattr") || has(code.names, "__import__") ||
                          has(code.names, "import_module") || has(code.names, "__dict__") ||
                          has(code.names, "globals") || has(code.names, "__builtins__") ||
                          has(code.names, "__subclasses__") || has(code.names, "__globals__") ||
                          has(code.names, "attrgetter");
    if (exact_ && !reflects) return;
    if (has(code.names, "__subclasses__") || has(code.names, "__globals__")) {
      see(has(code.names, "__subclasses__") ? "__subclasses__" : "__globals__",
          PythonRisk::kDynamicCode, false, top_level);
    }
    for (const std::string_view module : kModules) {
      if (!has(code.names, module) && !(reflects && has(code.texts, module))) continue;
      const auto pair = [&](const std::vector<std::string>& list) {
        for (const std::string& text : list) {
          if (text.empty() || text.size() > 32) continue;
          const std::string path = std::string(module) + "." + text;
          if (const PythonRisk risk = python_risk(path); matters(risk))
            see(path, risk, false, top_level);
        }
      };
      pair(code.names);
      if (reflects) pair(code.texts);
    }
    if (reflects) {
      for (const std::string_view name : kBuiltins) {
        if (has(code.texts, name)) see(std::string(name), python_risk(name), false, top_level);
      }
    }
  }

  void commands(const formats::CodeObject& code, bool top_level) {
    for (const std::string& text : code.texts) {
      if (text.size() < 6) continue;
      const ShellRisk risk = shell_risk(text);
      if (risk >= ShellRisk::kStartup &&
          (lambda_ || code.name != "<module>" || text.size() < 400)) {
        const bool certain = risk == ShellRisk::kReverseShell || risk == ShellRisk::kDownloadAndRun;
        if (certain || lambda_) command_ = {shorten(text, 120), risk, top_level};
      }
    }
  }

  void state_all() {
    std::size_t stated = 0;
    bool process = false;
    for (const Seen& seen : seen_) {
      process |= runs_something(seen.risk);
      if (stated >= kMaxStated) continue;
      const auto severity = severity_of(seen);
      if (!severity) continue;
      ++stated;
      FindingDraft draft;
      draft.severity = severity;
      draft.confidence = seen.tied ? Confidence::kHigh : Confidence::kMedium;
      draft.detail = (seen.tied ? "refers to " : "holds the names of ") + seen.what;
      draft.excerpt = seen.what;
      inspection_.finding(rules::kPythonBytecodeCall, std::move(draft));
    }
    if (command_.risk != ShellRisk::kNone && (process || lambda_)) {
      FindingDraft draft;
      draft.severity = lambda_ ? Severity::kCritical : Severity::kHigh;
      draft.detail = "holds a command that " + std::string(describe(command_.risk));
      draft.excerpt = command_.text;
      inspection_.finding(rules::kPythonBytecodeCall, std::move(draft));
    }
    if (stated == 0) {
      FindingDraft draft;
      draft.severity = lambda_ ? Severity::kLow : Severity::kInfo;
      draft.detail = "compiled code, " + std::to_string(bytecode_.codes.size()) + " code objects";
      if (lambda_) draft.detail += names();
      inspection_.finding(rules::kPythonBytecode, std::move(draft));
    }
  }

  std::string names() const {
    std::string out;
    for (const formats::CodeObject& code : bytecode_.codes) {
      for (const std::string& name : code.names) {
        if (out.size() < 160) out += (out.empty() ? "; names " : ", ") + name;
      }
    }
    return out;
  }

  std::optional<Severity> severity_of(const Seen& seen) const {
    if (lambda_) return Severity::kCritical;
    // A module's bytecode is like its source: what runs at import counts, the rest is context.
    if (runs_something(seen.risk) && seen.top_level && seen.tied && seen.called) {
      return seen.risk == PythonRisk::kProcess ? Severity::kHigh : Severity::kMedium;
    }
    if (seen.risk == PythonRisk::kProcess || seen.risk == PythonRisk::kDynamicCode)
      return Severity::kLow;
    return std::nullopt;
  }

  struct Command {
    std::string text;
    ShellRisk risk = ShellRisk::kNone;
    bool top_level = false;
  };

  const formats::Bytecode& bytecode_;
  bool lambda_;
  Inspection& inspection_;
  std::vector<Seen> seen_;
  Command command_;
  bool exact_ = false;
  bool cut_ = false;
};

}  // namespace

void inspect_python_bytecode(Inspection& inspection) {
  const ByteSource& source = inspection.source();
  auto bytes = read_all(source, kMaxBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  auto bytecode = formats::read_bytecode(*bytes, inspection.budget());
  if (!bytecode) return inspection.incomplete(bytecode.error());
  const bool lambda = inspection.role() == "as:python-bytecode";
  if (bytecode->bytes_read < bytes->size()) {
    inspection.incomplete("malformed", "data follows the code object", bytecode->bytes_read);
  }
  if (!lambda && bytecode->version > 312) {
    inspection.incomplete("unsupported",
                          "instructions of this Python version are judged by names alone",
                          std::nullopt);
  }
  Judge(*bytecode, lambda, inspection).run();
}

}  // namespace saiph::detect
