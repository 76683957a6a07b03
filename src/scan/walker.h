// Walker: from paths on a command line to the files to scan, none missing, in a stable order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace saiph::scan {

/// One file to scan, or the reason why something that was asked for cannot be.
struct WalkItem {
  std::string path;  ///< as shown in the report: the argument plus what was found below it
  std::string root;  ///< the argument it came from; siblings are looked up inside it
  std::optional<Error> problem;  ///< set: not a file to scan but a row that says why not
};

struct WalkOptions {
  /// Patterns of base/glob.h against the path below its argument.
  /// A file is taken when it matches any include (or there is none) and no exclude.
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

/// Calls `visit` for every file at or below each path; returning false ends the walk. Entries of a
/// folder come sorted by name. Symbolic links are followed; a folder that is reached again on its
/// own path (a loop) is reported once as a problem, as are dangling links, unreadable folders,
/// pipes, sockets and devices. One thread; memory: the names of the open folders.
void walk(const std::vector<std::string>& paths, const WalkOptions& options,
          const std::function<bool(WalkItem)>& visit);

}  // namespace saiph::scan
