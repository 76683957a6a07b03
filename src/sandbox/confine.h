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
  /// Nothing else can be read either, but for the system's own libraries: for scans of what is open
  /// already (standard input), so that keys and other people's files are out of reach.
  bool read_nothing_else = false;
};

/// What is in force afterwards.
struct Confinement {
  /// seccomp: no new program, no socket, no tracing, no mounts, no signals to others
  bool system_calls = false;
  bool file_system = false;  ///< Landlock: read-only but for the writable folders
};

/// Confines this process; call it on the only thread, after settings were read and the report's
/// file was opened (open descriptors keep their rights). A forbidden system call then kills the
/// process. A kernel without seccomp or Landlock is no error: the answer says what is in force.
/// Errors: kInternal when the kernel offers a mechanism and refuses our rules. Cost: about 1 ms.
Result<Confinement> confine(const ConfineOptions& options);

}  // namespace saiph::sandbox
