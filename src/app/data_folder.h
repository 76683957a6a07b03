// The data folder of `saiph serve`: what lies where, and who may touch it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace saiph::app {

struct DataFolder {
  std::string path;  ///< absolute, symbolic links resolved

  std::string ledger() const { return path + "/ledger"; }
  std::string index_file() const { return path + "/index.db"; }
  std::string state_file() const { return path + "/state.db"; }
  std::string state_key() const { return path + "/state.key"; }
  std::string setup_link() const { return path + "/setup-link"; }
  /// Copies of the state that people ask for in the console.
  std::string backups() const { return path + "/backups"; }
  // Emptied at each start.
  std::string uploads() const { return path + "/uploads"; }
  std::string spool() const { return path + "/spool"; }
  std::string scratch() const { return path + "/scratch"; }
};

/// The folder as it is. Errors: kNotFound; kDenied when others may touch it, or it is somebody
/// else's.
Result<DataFolder> find_data_folder(const std::string& path);
/// The same, made with all its folders where they are not there. Errors: as above; kDenied,
/// kUnavailable when nothing can be made in it.
Result<DataFolder> make_data_folder(const std::string& path);

/// Removes what is left of an earlier run in the folders of passing files. The caller holds the
/// ledger's lock. Errors: of the file system.
Status empty_passing_folders(const DataFolder& folder);

/// A new file, mode 0600, in place of any of that name. Errors: kDenied, kUnavailable.
Status write_private_file(const std::string& path, std::string_view text);

/// Scan roots with links resolved. Errors: kInvalidArgument: no folder, or one that has to do with
/// the data folder, whose keys a report could quote.
Result<std::vector<std::string>> resolve_roots(const std::vector<std::string>& roots,
                                               const DataFolder& folder);

}  // namespace saiph::app
