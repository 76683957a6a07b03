// Confinement of the own process before hostile bytes are parsed.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace saiph::sandbox {

struct ConfineOptions {
  /// Folders in which files may be made and written (spool files). Everything else can only be
  /// read.
  std::vector<std::string> writable_folders;
};

/// What is in force afterwards.
struct Confinement {
  bool system_calls = false;  ///< seccomp: no new program, no socket, no tracing, no mounts
  bool file_system = false;   ///< Landlock: read-only but for the writable folders
};

/// Confines this process; call it on the only thread, after settings were read and the report's
/// file was opened (open descriptors keep their rights). A forbidden system call then kills the
/// process. A kernel without seccomp or Landlock is no error: the answer says what is in force.
/// Errors: kInternal when the kernel offers a mechanism and refuses our rules. Cost: about 1 ms.
Result<Confinement> confine(const ConfineOptions& options);

}  // namespace saiph::sandbox
