// Fingerprints: how a statement is recognised in a later scan.
#pragma once

#include <string>

#include "base/result.h"
#include "domain/finding.h"

namespace saiph::policy {

/// SHA-256 over the rule's id, the file's identity, the place inside the file (containers and part,
/// no offset), the detail and the excerpt. Identity is the file's digest where the report has one,
/// so that a moved file keeps its findings and a changed one loses them; else its path.
/// "sha256:" and 64 hexadecimal digits. Any thread. Errors: kInternal when no digest can be made.
Result<std::string> fingerprint_of(const Finding& finding, const FileReport& report);

/// Sets Finding::fingerprint of every finding. Call after the digest is known and before a baseline
/// is applied. Errors: as above.
Status stamp_fingerprints(FileReport& report);

}  // namespace saiph::policy
