// Findings about one piece of Python source: a file, a notebook's cells, code inside a constant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "detect/contract/inspection.h"

namespace saiph::detect {

struct PythonContext {
  /// The source belongs to a model or data set repository, so that a loader runs it.
  bool model_code = false;
  /// Its top level runs without being imported by anything (notebook cells, exec'd text).
  bool script_is_entry = false;
  /// Where it stands, for the findings ("cell 3"); "" for a whole file.
  std::string part;
  /// Added to every line (a notebook cell that starts later).
  std::uint32_t line_offset = 0;
};

/// What became of the source.
struct PythonVerdict {
  bool parsed = false;
  std::uint64_t statements = 0;
  std::uint64_t imports = 0;
  std::uint64_t definitions = 0;
};

/// Reads `source`, states findings and incomplete reasons. Code in constants that are executed is
/// analysed too, three levels deep. One thread at a time; linear time; source is not kept.
PythonVerdict analyse_python(std::string_view source, const PythonContext& context,
                             Inspection& inspection);

}  // namespace saiph::detect
