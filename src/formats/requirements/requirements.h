// Requirement files of pip, line by line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

struct Requirement {
  std::string name;         ///< normalised: lower case, dashes; "" for an option or a bare address
  std::string_view option;  ///< "--index-url", "-e" ...; "" for a requirement
  std::string_view value;   ///< of the option, or the address behind "@"
  bool pinned = false;      ///< "==" with a version, or a hash
  bool hashed = false;
  std::uint32_t line = 0;
  std::uint64_t offset = 0;
};

class RequirementHandler {
 public:
  virtual ~RequirementHandler() = default;
  virtual void on_requirement(const Requirement& requirement) = 0;
};

/// Reads all lines; line ends, backslash continuation and comments as pip does. Linear time.
/// Errors: kLimit. Source: pip's requirements file format, PEP 508.
Status read_requirements(std::string_view text, RequirementHandler& handler, Budget& budget);

/// One line of that form, as it also stands in environment files.
Requirement parse_requirement(std::string_view line);

/// True for an address on a server that publishes the packages of this field: PyPI, PyTorch, PyG,
/// NVIDIA. The whole host counts, over https, without a login; anything else in the text (a second
/// option, quotes) makes it another address. Any thread, linear in the host.
bool is_usual_package_index(std::string_view address);

/// True for the names that tools give to such files.
bool is_requirements_name(std::string_view name);

}  // namespace saiph::formats
