// Migrations: how the tables of an older file become those of this version.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace saiph::store {

/// One step; steps are numbered from 1 by their place in the list, and never change once released.
struct Migration {
  std::string_view name;  ///< for messages
  std::string_view sql;   ///< a script
};

/// Brings the file up to date: every step that its `user_version` lacks, each in one transaction
/// with the new number. `application_id` (PRAGMA application_id) marks whose file it is; a new file
/// gets it, a file with another one is refused. Answers the number of steps made.
/// Errors: kUnsupported (a later version of Saiph wrote the file; nothing is changed), kDenied
/// (another program's or another kind of file), kInvalidArgument (a read-only file needs a step),
/// and those of the database; a failed step leaves the file as the step before left it.
Result<std::uint32_t> migrate(Database& database, std::int32_t application_id,
                              std::span<const Migration> migrations);

/// The file's `user_version`: how many steps it has had. Errors: of the database.
Result<std::uint32_t> schema_version(Database& database);

}  // namespace saiph::store
