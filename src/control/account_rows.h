// Rows of the table of accounts, which sessions and tokens read too. For this room only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unix_time.h"
#include "control/accounts.h"
#include "store/database.h"

namespace saiph::control {

/// The columns that read_account takes, of a table called `accounts`.
inline constexpr std::string_view kAccountColumns =
    "accounts.id, accounts.name, accounts.display, accounts.role, accounts.disabled, "
    "accounts.password IS NOT NULL, accounts.totp IS NOT NULL, accounts.oidc_issuer, "
    "accounts.oidc_subject, accounts.created, accounts.version";
inline constexpr int kAccountColumnCount = 11;

/// The account in the present row, its columns beginning at `first`. Errors: kMalformed.
Result<Account> read_account(const store::Statement& row, int first = 0);
/// Errors: kNotFound.
Result<Account> load_account(store::Database& database, std::string_view id);
/// A new row. Errors: kInvalidArgument, kConflict.
Result<Account> insert_account(store::Database& database, const NewAccount& account,
                               UnixMillis now);
/// The form in which names are unique.
std::string account_name_key(std::string_view name);
/// Errors: kInvalidArgument.
Status check_display(std::string_view display);
Status check_oidc(std::string_view issuer, std::string_view subject);
Status check_hash(std::string_view hash);
/// Its JSON without secrets, for change notes.
std::string account_json(const Account& account);
/// Deletes sessions but `keep`; how many.
Result<std::uint64_t> end_sessions(store::Database& database, std::string_view account,
                                   const std::optional<Digest>& keep);

}  // namespace saiph::control
