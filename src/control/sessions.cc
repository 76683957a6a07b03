#include "control/sessions.h"

#include <algorithm>

#include "codec/json/json_writer.h"
#include "control/account_rows.h"
#include "control/state_core.h"

namespace saiph::control {

namespace {

/// Of the condition "good at ?2".
constexpr std::string_view kGoodSession =
    "sessions.expires > ?2 AND sessions.last_seen + ?3 > ?2 AND accounts.disabled = 0";

}  // namespace

Result<Session> Sessions::begin(std::string_view account, const Digest& token, const Digest& csrf,
                                const Actor& actor, UnixMillis now) {
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Session> {
        SAIPH_TRY(const Account owner, load_account(database, account));
        if (owner.disabled) return Error(ErrorCode::kDenied, "the account is disabled");
        Session session{token, csrf, owner.id, now, now, now + kSessionMaxMs};
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO sessions VALUES(?1, ?2, ?3, ?4, ?4, ?5)"));
        insert.bind(1, token).bind(2, csrf).bind(3, owner.id).bind(4, now);
        insert.bind(5, session.expires);
        SAIPH_CHECK(insert.run());
        note = {"session-begun", "session", core_.account_object(owner.id), {}, {}};
        return session;
      });
}

Result<LiveSession> Sessions::use(const Digest& token, UnixMillis now) {
  SAIPH_TRY(LiveSession live, core_.read([&](store::Database& database) -> Result<LiveSession> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kAccountColumns) +
                               ", sessions.csrf, sessions.created, sessions.last_seen, "
                               "sessions.expires FROM sessions JOIN accounts ON accounts.id = "
                               "sessions.account WHERE sessions.token = ?1 AND " +
                               std::string(kGoodSession)));
    select.bind(1, token).bind(2, now).bind(3, kSessionIdleMs);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such session");
    LiveSession found;
    SAIPH_TRY(found.account, read_account(select));
    found.session.token = token;
    found.session.account = found.account.id;
    SAIPH_TRY(found.session.csrf, select.digest(kAccountColumnCount));
    found.session.created = select.integer(kAccountColumnCount + 1);
    found.session.last_seen = select.integer(kAccountColumnCount + 2);
    found.session.expires = select.integer(kAccountColumnCount + 3);
    return found;
  }));
  if (now - live.session.last_seen >= kSeenGranularityMs) {
    SAIPH_CHECK(core_.write(StateCore::Sync::kLazy, [&](store::Database& database) -> Status {
      SAIPH_TRY(store::Statement update,
                database.prepare("UPDATE sessions SET last_seen = max(last_seen, ?2) "
                                 "WHERE token = ?1"));
      update.bind(1, token).bind(2, now);
      return update.run();
    }));
    live.session.last_seen = now;
  }
  return live;
}

Status Sessions::end(const Digest& token, const Actor& actor, UnixMillis now) {
  return core_.change(actor, now, [&](store::Database& database, ChangeNote& note) -> Status {
    SAIPH_TRY(store::Statement remove,
              database.prepare("DELETE FROM sessions WHERE token = ?1 RETURNING account"));
    remove.bind(1, token);
    SAIPH_TRY(const bool row, remove.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such session");
    note = {"session-ended", "session", core_.account_object(remove.text(0)), {}, {}};
    return remove.run();
  });
}

Result<std::uint64_t> Sessions::end_all(std::string_view account, const std::optional<Digest>& keep,
                                        const Actor& actor, UnixMillis now) {
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<std::uint64_t> {
        SAIPH_TRY(const Account owner, load_account(database, account));
        SAIPH_TRY(const std::uint64_t ended, end_sessions(database, owner.id, keep));
        if (ended != 0) {
          note = {"sessions-ended", "account", core_.account_object(owner.id), {}, {}};
        }
        return ended;
      });
}

Result<std::uint64_t> Sessions::count(UnixMillis now) const {
  return core_.read([&](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT count(*) FROM sessions JOIN accounts ON accounts.id = "
                               "sessions.account WHERE " +
                               std::string(kGoodSession)));
    select.bind(2, now).bind(3, kSessionIdleMs);
    SAIPH_CHECK(select.step());
    return static_cast<std::uint64_t>(select.integer(0));
  });
}

Result<bool> Setup::needed() const {
  return core_.read([&](store::Database& database) -> Result<bool> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT NOT EXISTS(SELECT 1 FROM accounts)"));
    SAIPH_CHECK(select.step());
    return select.integer(0) != 0;
  });
}

namespace {

Status check_no_accounts(store::Database& database) {
  SAIPH_TRY(store::Statement select, database.prepare("SELECT EXISTS(SELECT 1 FROM accounts)"));
  SAIPH_CHECK(select.step());
  if (select.integer(0) != 0) return Error(ErrorCode::kDenied, "it is set up already");
  return {};
}

}  // namespace

Status Setup::issue(const Digest& token, UnixMillis now) {
  return core_.change(
      Actor::system(), now, [&](store::Database& database, ChangeNote& note) -> Status {
        SAIPH_CHECK(check_no_accounts(database));
        SAIPH_TRY(store::Statement insert, database.prepare("INSERT OR REPLACE INTO setup "
                                                            "VALUES(1, ?1, ?2)"));
        insert.bind(1, token).bind(2, now + kValidMs);
        SAIPH_CHECK(insert.run());
        note = {"setup-link-issued", "setup", "setup", {}, {}};
        return {};
      });
}

Result<Account> Setup::redeem(const Digest& token, const NewAccount& account, UnixMillis now) {
  const Actor actor{ActorKind::kSetup, {}};
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Account> {
        SAIPH_CHECK(check_no_accounts(database));
        SAIPH_TRY(store::Statement remove,
                  database.prepare("DELETE FROM setup WHERE token = ?1 AND expires > ?2"));
        remove.bind(1, token).bind(2, now);
        SAIPH_CHECK(remove.run());
        if (database.changes() == 0) {
          return Error(ErrorCode::kDenied, "the setup link is not good, or not any more");
        }
        NewAccount admin = account;
        admin.role = identity::Role::kAdmin;
        SAIPH_TRY(Account created, insert_account(database, admin, now));
        note = {
            "setup-done", "account", core_.account_object(created.id), {}, account_json(created)};
        return created;
      });
}

}  // namespace saiph::control
