// Bodies that are too large for an entry, by their SHA-256. A statement names them in the member
// `content` of its predicate, an array of in-toto ResourceDescriptors; the digest is what is
// signed.
#pragma once

#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/digest.h"
#include "base/result.h"
#include "ledger/format/statement.h"
#include "ledger/storage/folder.h"

namespace saiph::ledger {

inline constexpr std::string_view kContentFolder = "content";
/// Of predicate types whose member `content` names bodies of this store.
inline constexpr std::string_view kPredicateTypePrefix = "urn:saiph:predicate:";

/// "content/3f/3f9a...". Any thread.
std::string content_name(const Digest& digest);

/// Keeps a body; on disk when this answers, so that an entry that names it may follow. A body that
/// is there already, unharmed, is not written again. Errors: of the folder and the source.
Result<Digest> put_content(Folder& folder, const ByteSource& body);

enum class ContentState : std::uint8_t { kWhole, kMissing, kChanged };

/// Reads a body and compares. Errors: kUnavailable, kDenied when it cannot be read.
Result<ContentState> check_content(Folder& folder, const Digest& digest);

/// One body that a predicate names.
struct ContentReference {
  std::string name;
  std::string media_type;
  Digest digest;
};

/// The bodies of the member `content` of a predicate of ours (kPredicateTypePrefix); predicates of
/// other people may use the member for something else, which may be nowhere near. What has not the
/// form is no reference. Errors: kMalformed (no JSON object).
Result<std::vector<ContentReference>> content_of(const Statement& statement);

}  // namespace saiph::ledger
