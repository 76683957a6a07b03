#include "control/account_rows.h"

#include <algorithm>

#include "codec/json/json_writer.h"
#include "control/identifier.h"
#include "control/text_rules.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxDisplay = 128;
constexpr std::size_t kMaxHash = 1024;
constexpr std::size_t kMaxOidc = 2048;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
  };
  return !name.empty() && name.size() <= kMaxName && alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return alphanumeric(c) || c == '.' || c == '_' || c == '@' || c == '-';
         });
}

}  // namespace

std::string account_name_key(std::string_view name) {
  std::string key(name);
  std::transform(key.begin(), key.end(), key.begin(), lower);
  return key;
}

Status check_display(std::string_view display) {
  return check_text("the display name", display, 0, kMaxDisplay);
}

Status check_oidc(std::string_view issuer, std::string_view subject) {
  if (issuer.empty() != subject.empty()) {
    return Error(ErrorCode::kInvalidArgument, "an issuer and a subject belong together");
  }
  SAIPH_CHECK(check_text("the issuer", issuer, 0, kMaxOidc));
  return check_text("the subject", subject, 0, kMaxOidc);
}

Status check_hash(std::string_view hash) {
  return check_text("the password's hash", hash, 1, kMaxHash);
}

Result<Account> read_account(const store::Statement& row, int first) {
  Account account;
  account.id = row.text(first);
  account.name = row.text(first + 1);
  account.display = row.text(first + 2);
  const auto role = identity::parse_role(row.text(first + 3));
  if (!role) return Error(ErrorCode::kMalformed, "an account has an unknown role");
  account.role = *role;
  account.disabled = row.integer(first + 4) != 0;
  account.has_password = row.integer(first + 5) != 0;
  account.has_totp = row.integer(first + 6) != 0;
  account.oidc_issuer = row.text(first + 7);
  account.oidc_subject = row.text(first + 8);
  account.created = row.integer(first + 9);
  account.version = row.integer(first + 10);
  return account;
}

Result<Account> load_account(store::Database& database, std::string_view id) {
  SAIPH_TRY(store::Statement select, database.prepare("SELECT " + std::string(kAccountColumns) +
                                                      " FROM accounts WHERE id = ?1"));
  select.bind(1, id);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kNotFound, "there is no such account");
  return read_account(select);
}

Result<Account> insert_account(store::Database& database, const NewAccount& account,
                               UnixMillis now) {
  if (!is_name(account.name)) {
    return Error(ErrorCode::kInvalidArgument,
                 "a name has 1 to 64 letters, digits and . _ @ -, and begins with a letter or "
                 "digit");
  }
  SAIPH_CHECK(check_display(account.display));
  SAIPH_CHECK(check_oidc(account.oidc_issuer, account.oidc_subject));
  if (account.password_hash) SAIPH_CHECK(check_hash(*account.password_hash));
  SAIPH_TRY(const std::string id, new_identifier(now));
  SAIPH_TRY(store::Statement insert,
            database.prepare("INSERT INTO accounts(id, name, name_key, display, role, disabled, "
                             "password, oidc_issuer, oidc_subject, created, version) "
                             "VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, 1)"));
  insert.bind(1, id).bind(2, account.name).bind(3, account_name_key(account.name));
  insert.bind(4, account.display).bind(5, identity::name_of(account.role));
  insert.bind(6, account.password_hash);
  if (!account.oidc_issuer.empty()) {
    insert.bind(7, account.oidc_issuer).bind(8, account.oidc_subject);
  }
  insert.bind(9, now);
  if (const Status inserted = insert.run(); !inserted) {
    if (inserted.error().code() != ErrorCode::kConflict) return inserted.error();
    return inserted.error().wrap("an account with this name or identity is there already");
  }
  return load_account(database, id);
}

std::string account_json(const Account& account) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("id", account.id);
  json.member("name", account.name);
  json.member("display", account.display);
  json.member("role", identity::name_of(account.role));
  json.member("disabled", account.disabled);
  json.member("password", account.has_password);
  json.member("totp", account.has_totp);
  json.member("oidc_issuer", account.oidc_issuer);
  json.member("oidc_subject", account.oidc_subject);
  json.member("created", account.created);
  json.member("version", account.version);
  json.end_object();
  return text;
}

Result<std::uint64_t> end_sessions(store::Database& database, std::string_view account,
                                   const std::optional<Digest>& keep) {
  SAIPH_TRY(store::Statement remove,
            database.prepare("DELETE FROM sessions WHERE account = ?1 AND token IS NOT ?2"));
  remove.bind(1, account).bind(2, keep);
  SAIPH_CHECK(remove.run());
  return static_cast<std::uint64_t>(database.changes());
}

}  // namespace saiph::control
