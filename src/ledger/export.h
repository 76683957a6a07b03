// Copies of a ledger that others can verify: no private key, nothing derived that is not needed.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

enum class ExportLayout : std::uint8_t {
  kSegments,  ///< with every checkpoint that was ever signed; for archives and audits
  kTiles,     ///< C2SP tlog-tiles: for any transparency-log client, served as static files
};

struct Exported {
  std::uint64_t entries = 0;
  std::uint64_t bodies = 0;
};

/// Copies what was committed when it begins into `target`, which must hold nothing yet: the layout,
/// `checkpoint`, `ledger.json` without the key's place, and the content store. Also beside a
/// writer. Errors: kDenied (the target is not empty), kMalformed (the ledger is damaged), of both
/// folders. Cost: reads and writes everything once.
Result<Exported> export_ledger(Folder& source, const Settings& settings, Folder& target,
                               ExportLayout layout);

/// Copies one file. Errors: of both folders.
Status copy_file(Folder& source, Folder& target, const std::string& name, std::uint64_t bytes);

}  // namespace saiph::ledger
