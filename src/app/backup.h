// Backups of a data folder: a folder with the state, the ledger with its bodies, the keys, and a
// list of all files with their digests. docs/operators-guide.md says how they are used.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/data_folder.h"
#include "base/digest.h"
#include "base/result.h"

namespace saiph::app {

inline constexpr const char* kManifestFile = "manifest.json";

struct BackupFile {
  std::string name;  ///< "state.db", "ledger/segments/0.seg"
  std::uint64_t size = 0;
  Digest digest;
};

struct BackupManifest {
  std::string version;  ///< of the program that made it
  std::string created;  ///< RFC 3339, UTC
  std::string origin;   ///< of the ledger
  std::uint64_t entries = 0;
  bool with_keys = true;
  /// Where the ledger's key is when that is not in the data folder, and so not in the backup.
  std::string key_elsewhere;
  std::vector<BackupFile> files;
};

/// Makes a backup in a new folder, also beside a running server: first the state, then the ledger,
/// so that the ledger has an entry for whatever the state says. On the medium when this answers.
/// Errors: kDenied (the folder exists), of the data folder and its files. Cost: reads and writes
/// everything once.
Result<BackupManifest> make_backup(const DataFolder& folder, const std::string& output,
                                   bool with_keys, const std::string& created);

/// Reads a backup's list. Errors: kNotFound (no backup), kMalformed, kUnsupported.
Result<BackupManifest> read_manifest(const std::string& backup);

/// Copies a backup into a data folder that does not exist or is empty. Every file is compared with
/// the list while it is copied. On error what was copied is removed. Errors: kMalformed (a file is
/// not what the list says, or not there), kDenied (the data folder holds something), of the file
/// system.
Result<BackupManifest> restore_backup(const std::string& backup, const std::string& data);

}  // namespace saiph::app
