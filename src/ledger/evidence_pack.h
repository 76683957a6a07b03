// Evidence packs: some entries of a ledger with everything needed to check them, and a README that
// says how with sha256sum, openssl and python3 alone. Saiph is not needed, and not believed.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

/// Entries of one pack; more are an export.
inline constexpr std::size_t kMaxPackEntries = 10'000;

/// Writes into `target`, which must hold nothing yet: for each entry its envelope and its proof
/// (C2SP tlog-proof), the bodies that they name, the public keys, the checkpoint, check.py,
/// SHA256SUMS and README.md. Answers the bodies copied. Errors: kInvalidArgument (none or too many
/// entries), kNotFound (no such entry, or a body that is not there), kDenied (not empty), as
/// Ledger::entry.
Result<std::uint64_t> write_evidence_pack(const Ledger& ledger, Folder& source,
                                          const Settings& settings,
                                          const std::vector<std::uint64_t>& entries,
                                          Folder& target);

}  // namespace saiph::ledger
