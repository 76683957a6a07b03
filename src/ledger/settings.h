// What a ledger is called and whose signatures count: the file `ledger.json` in its folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/format/note.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

inline constexpr std::string_view kSettingsFile = "ledger.json";

struct Settings {
  std::string origin;
  /// Every key that ever signed, in order. A claim of the folder, proved only by the key rotations
  /// in the log: who verifies brings a key of their own.
  std::vector<VerifierKey> keys;
  /// Where the signing key is: a path (relative to the ledger's folder), or a PKCS#11 URI. Empty in
  /// copies.
  std::string key;
  /// During a rotation: the key that signs as soon as the log says so.
  std::string next_key;
};

/// Errors: kNotFound (no such file: no ledger), kMalformed, kUnsupported (a later version).
Result<Settings> load_settings(Folder& folder);
/// Synced. Errors: of the folder.
Status save_settings(Folder& folder, const Settings& settings);
/// The file's text; `with_key_places` false for copies. Any thread.
std::string encode_settings(const Settings& settings, bool with_key_places);

}  // namespace saiph::ledger
