// Compiled Python: .pyc files and bare marshalled code objects. Nothing is loaded or run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// A version as 100 * major + minor: 207, 300 ... 314; 0 when unknown.
using PythonVersion = std::uint32_t;

struct CodeObject {
  std::string name;
  std::uint32_t first_line = 0;
  std::vector<std::string> names;      ///< globals and attributes
  std::vector<std::string> variables;  ///< locals (varnames, or localsplus from 3.11)
  std::vector<std::string> texts;      ///< constants that are texts or bytes, at most 64 KiB each
  ByteView code;                       ///< the instructions, a view into the input
};

struct Bytecode {
  PythonVersion version = 0;
  /// Outer code objects stand behind the inner ones; the last is the module or function itself.
  std::vector<CodeObject> codes;
  std::uint64_t bytes_read = 0;  ///< header and object; less than the input when something follows
};

/// The version that a .pyc magic number stands for, and its header's size; nothing for others.
struct PycHeader {
  PythonVersion version = 0;
  std::uint32_t size = 0;
};
std::optional<PycHeader> read_pyc_header(ByteView head);

/// True when the head of a file is a .pyc header with a code object behind it. Constant cost.
bool looks_like_pyc(ByteView head, std::string_view name);

/// Reads a .pyc file, or a bare marshalled code object when there is no magic number (then the
/// version is found by trying the four layouts). Views point into `input`.
/// All type codes with back references, explicit stack; memory bounded by 300,000 objects and
/// limits().memory_bytes of text. Linear time.
/// Errors: kMalformed (with offset), kLimit. Source: CPython Python/marshal.c, 2.7 to 3.14.
Result<Bytecode> read_bytecode(ByteView input, Budget& budget);

/// The dotted names that a code object loads ("os.system"), as far as its instructions are known;
/// `exact` is false when only names could be taken (unknown version).
struct CodeReferences {
  struct Reference {
    std::string path;
    bool called = false;  ///< an instruction calls it, or a value in the same statement
  };
  std::vector<Reference> paths;
  bool exact = false;
  bool cut = false;  ///< there are more than are kept
};
CodeReferences references_of(const CodeObject& code, PythonVersion version);

}  // namespace saiph::formats
