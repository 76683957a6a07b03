#include <algorithm>
#include <utility>

#include "codec/json/json_writer.h"
#include "control/account_rows.h"
#include "control/identifier.h"
#include "control/page_reader.h"
#include "control/sessions.h"
#include "control/state_core.h"
#include "control/text_rules.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::int64_t kMaxTokens = 100;
constexpr std::string_view kColumns =
    "tokens.id, tokens.name, tokens.owner, tokens.scopes, tokens.created, tokens.expires, "
    "tokens.last_used, tokens.revoked IS NOT NULL";

std::string scopes_text(identity::PermissionSet scopes) {
  std::string text;
  for (const std::string_view name : identity::scope_names(scopes)) {
    if (!text.empty()) text += ' ';
    text += name;
  }
  return text;
}

Result<ApiToken> read_token(const store::Statement& row, int first = 0) {
  ApiToken token;
  token.id = row.text(first);
  token.name = row.text(first + 1);
  token.owner = row.text(first + 2);
  const std::string scopes = row.text(first + 3);
  std::string_view rest = scopes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const auto permission = identity::parse_permission(rest.substr(0, end));
    // A permission that went with an older version permits nothing.
    if (permission) token.scopes.add(*permission);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  token.created = row.integer(first + 4);
  token.expires = row.integer(first + 5);
  token.last_used = row.optional_integer(first + 6);
  token.revoked = row.integer(first + 7) != 0;
  return token;
}

Result<ApiToken> load_token(store::Database& database, std::string_view id) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT " + std::string(kColumns) + " FROM tokens WHERE id = ?1"));
  select.bind(1, id);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kNotFound, "there is no such token");
  return read_token(select);
}

std::string token_json(const ApiToken& token) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("id", token.id);
  json.member("name", token.name);
  json.member("owner", token.owner);
  json.member("scopes", scopes_text(token.scopes));
  json.member("created", token.created);
  json.member("expires", token.expires);
  json.member("revoked", token.revoked);
  json.end_object();
  return text;
}

}  // namespace

Result<ApiToken> ApiTokens::create(const NewApiToken& token, const Actor& actor, UnixMillis now) {
  SAIPH_CHECK(check_text("the token's name", token.name, 1, kMaxName));
  if (token.scopes.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a token needs at least one permission");
  }
  if (token.expires <= now || token.expires - now > kTokenMaxMs) {
    return Error(ErrorCode::kInvalidArgument, "a token must expire after now and within a year");
  }
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<ApiToken> {
        SAIPH_TRY(const Account owner, load_account(database, token.owner));
        if (owner.disabled) return Error(ErrorCode::kDenied, "the account is disabled");
        if (!token.scopes.within(identity::permissions_of(owner.role))) {
          return Error(ErrorCode::kDenied, "a token may not do what its owner may not");
        }
        SAIPH_TRY(store::Statement count,
                  database.prepare("SELECT count(*) FROM tokens WHERE owner = ?1 AND "
                                   "revoked IS NULL AND expires > ?2"));
        count.bind(1, owner.id).bind(2, now);
        SAIPH_CHECK(count.step());
        if (count.integer(0) >= kMaxTokens) {
          return Error(ErrorCode::kLimit, "the account has 100 tokens; revoke one first");
        }
        SAIPH_TRY(const std::string id, new_identifier(now));
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO tokens VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, "
                                   "NULL)"));
        insert.bind(1, id).bind(2, token.token).bind(3, token.name).bind(4, owner.id);
        insert.bind(5, scopes_text(token.scopes)).bind(6, now).bind(7, token.expires);
        SAIPH_CHECK(insert.run());
        SAIPH_TRY(ApiToken created, load_token(database, id));
        note = {"token-created", "token", id, {}, token_json(created)};
        return created;
      });
}

Result<ApiToken> ApiTokens::get(std::string_view id) const {
  return core_.read([&](store::Database& database) { return load_token(database, id); });
}

Result<Page<ApiToken>> ApiTokens::list(const std::optional<std::string>& owner,
                                       const PageRequest& page) const {
  const std::string list = "tokens " + owner.value_or("");
  SAIPH_TRY(const auto cursor, open_page(page, list));
  return core_.read([&](store::Database& database) -> Result<Page<ApiToken>> {
    const std::string condition = owner ? "owner = ?4 AND " : "";
    SAIPH_TRY(
        store::Statement select,
        database.prepare("SELECT " + std::string(kColumns) + " FROM tokens WHERE " + condition +
                         "(created, id) < (?1, ?2) ORDER BY created DESC, id "
                         "DESC LIMIT ?3"));
    bind_newest_first(select, cursor, page);
    if (owner) select.bind(4, *owner);
    return read_newest_first<ApiToken>(select, page.limit, list,
                                       [](const store::Statement& row) { return read_token(row); });
  });
}

Result<LiveToken> ApiTokens::use(const Digest& token, UnixMillis now) {
  SAIPH_TRY(LiveToken live, core_.read([&](store::Database& database) -> Result<LiveToken> {
    SAIPH_TRY(
        store::Statement select,
        database.prepare("SELECT " + std::string(kAccountColumns) + ", " + std::string(kColumns) +
                         " FROM tokens JOIN accounts ON accounts.id = tokens.owner WHERE "
                         "tokens.token = ?1 AND tokens.expires > ?2 AND tokens.revoked IS "
                         "NULL AND accounts.disabled = 0"));
    select.bind(1, token).bind(2, now);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such token");
    LiveToken found;
    SAIPH_TRY(found.account, read_account(select));
    SAIPH_TRY(found.token, read_token(select, kAccountColumnCount));
    found.permissions = identity::permissions_of(found.account.role) & found.token.scopes;
    return found;
  }));
  if (!live.token.last_used || now - *live.token.last_used >= kSeenGranularityMs) {
    SAIPH_CHECK(core_.write(StateCore::Sync::kLazy, [&](store::Database& database) -> Status {
      SAIPH_TRY(store::Statement update,
                database.prepare("UPDATE tokens SET last_used = max(ifnull(last_used, 0), ?2) "
                                 "WHERE id = ?1"));
      update.bind(1, live.token.id).bind(2, now);
      return update.run();
    }));
    live.token.last_used = now;
  }
  return live;
}

Status ApiTokens::revoke(std::string_view id, const Actor& actor, UnixMillis now) {
  return core_.change(actor, now, [&](store::Database& database, ChangeNote& note) -> Status {
    SAIPH_TRY(const ApiToken before, load_token(database, id));
    if (before.revoked) return Error(ErrorCode::kConflict, "the token is revoked already");
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE tokens SET revoked = ?2 WHERE id = ?1"));
    update.bind(1, id).bind(2, now);
    SAIPH_CHECK(update.run());
    SAIPH_TRY(const ApiToken after, load_token(database, id));
    note = {"token-revoked", "token", std::string(id), token_json(before), token_json(after)};
    return {};
  });
}

}  // namespace saiph::control
