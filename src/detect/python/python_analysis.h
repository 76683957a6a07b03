// Findings about one piece of Python source: a file, a notebook's cells, code inside a constant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "detect/contract/inspection.h"

namespace saiph::detect {

struct PythonContext {
  /// The source belongs to a model or data set repository, so that a loader runs it.
  bool model_code = false;
  /// Nothing runs it but a person (notebook cells).
  bool as_program = false;
  /// Pieces of which the source was put together: the first line of each (from 1, ascending) and
  /// its name for the findings ("cell 3"). Lines in findings then count within the piece.
  std::vector<std::pair<std::uint32_t, std::string>> pieces;
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
