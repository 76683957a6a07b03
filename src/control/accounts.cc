#include "control/accounts.h"

#include <utility>

#include "control/account_rows.h"
#include "control/state_core.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxTotpSecret = 256;
constexpr std::size_t kMaxRecoveryCodes = 32;

std::string totp_place(std::string_view id) {
  return "accounts.totp:" + std::string(id);
}

Status check_version(const Account& account, std::optional<std::int64_t> version) {
  if (version && *version != account.version) {
    return Error(ErrorCode::kConflict, "the account was changed in the meantime");
  }
  return {};
}

/// Somebody must be left who can let others in again.
Status check_admin_left(store::Database& database) {
  SAIPH_TRY(
      store::Statement select,
      database.prepare("SELECT count(*) FROM accounts WHERE role = 'admin' AND disabled = 0"));
  SAIPH_TRY(const bool row, select.step());
  if (!row || select.integer(0) == 0) {
    return Error(ErrorCode::kDenied, "this is the last administrator who can log in");
  }
  return {};
}

Result<Account> find_one(const StateCore& core, std::string_view condition, std::string_view first,
                         std::string_view second) {
  return core.read([&](store::Database& database) -> Result<Account> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kAccountColumns) + " FROM accounts WHERE " +
                               std::string(condition)));
    select.bind(1, first);
    if (!second.empty()) select.bind(2, second);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such account");
    return read_account(select);
  });
}

/// Fills the note from before and after, and answers the account as it is now.
Result<Account> noted(const StateCore& core, store::Database& database, ChangeNote& note,
                      std::string_view what, const Account& before) {
  SAIPH_TRY(Account after, load_account(database, before.id));
  note = {std::string(what), "account", core.account_object(before.id), account_json(before),
          account_json(after)};
  return after;
}

}  // namespace

Result<Account> Accounts::create(const NewAccount& account, const Actor& actor, UnixMillis now) {
  return core_.change(actor, now,
                      [&](store::Database& database, ChangeNote& note) -> Result<Account> {
                        SAIPH_TRY(Account created, insert_account(database, account, now));
                        note = {"account-created",
                                "account",
                                core_.account_object(created.id),
                                {},
                                account_json(created)};
                        return created;
                      });
}

Result<Account> Accounts::get(std::string_view id) const {
  return find_one(core_, "id = ?1", id, {});
}

Result<Account> Accounts::find_by_name(std::string_view name) const {
  return find_one(core_, "name_key = ?1", account_name_key(name), {});
}

Result<Account> Accounts::find_by_oidc(std::string_view issuer, std::string_view subject) const {
  if (issuer.empty() || subject.empty()) {
    return Error(ErrorCode::kNotFound, "there is no such account");
  }
  return find_one(core_, "oidc_issuer = ?1 AND oidc_subject = ?2", issuer, subject);
}

Result<Page<Account>> Accounts::list(const PageRequest& page) const {
  constexpr std::string_view kList = "accounts";
  SAIPH_TRY(const auto cursor, open_page(page, kList));
  return core_.read([&](store::Database& database) -> Result<Page<Account>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kAccountColumns) +
                               " FROM accounts WHERE name_key > ?1 ORDER BY name_key LIMIT ?2"));
    select.bind(1, cursor ? cursor->text : std::string());
    select.bind(2, static_cast<std::int64_t>(page.limit) + 1);
    Page<Account> found;
    while (true) {
      SAIPH_TRY(const bool row, select.step());
      if (!row) break;
      if (found.items.size() == page.limit) {
        found.next = Cursor{0, account_name_key(found.items.back().name)}.encode(kList);
        break;
      }
      SAIPH_TRY(Account account, read_account(select));
      found.items.push_back(std::move(account));
    }
    return found;
  });
}

Result<std::uint64_t> Accounts::count() const {
  return core_.read([&](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(store::Statement select, database.prepare("SELECT count(*) FROM accounts"));
    SAIPH_CHECK(select.step());
    return static_cast<std::uint64_t>(select.integer(0));
  });
}

Result<Account> Accounts::change(std::string_view id, std::optional<std::int64_t> version,
                                 const AccountChange& change, const Actor& actor, UnixMillis now) {
  if (change.oidc_issuer.has_value() != change.oidc_subject.has_value()) {
    return Error(ErrorCode::kInvalidArgument, "an issuer and a subject belong together");
  }
  if (change.display) SAIPH_CHECK(check_display(*change.display));
  if (change.oidc_issuer) SAIPH_CHECK(check_oidc(*change.oidc_issuer, *change.oidc_subject));
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Account> {
        SAIPH_TRY(const Account before, load_account(database, id));
        SAIPH_CHECK(check_version(before, version));
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE accounts SET display = ?2, role = ?3, disabled = ?4, "
                                   "oidc_issuer = ?5, oidc_subject = ?6, version = version + 1 "
                                   "WHERE id = ?1"));
        update.bind(1, id).bind(2, change.display.value_or(before.display));
        update.bind(3, identity::name_of(change.role.value_or(before.role)));
        update.bind(4, change.disabled.value_or(before.disabled));
        const std::string issuer = change.oidc_issuer.value_or(before.oidc_issuer);
        if (!issuer.empty()) {
          update.bind(5, issuer).bind(6, change.oidc_subject.value_or(before.oidc_subject));
        }
        if (const Status updated = update.run(); !updated) {
          if (updated.error().code() != ErrorCode::kConflict) return updated.error();
          return updated.error().wrap("another account has this identity");
        }
        SAIPH_CHECK(check_admin_left(database));
        if (change.disabled.value_or(false)) {
          SAIPH_CHECK(end_sessions(database, id, std::nullopt));
        }
        return noted(core_, database, note, "account-changed", before);
      });
}

Status Accounts::remove(std::string_view id, std::optional<std::int64_t> version,
                        const Actor& actor, UnixMillis now) {
  return core_.change(actor, now, [&](store::Database& database, ChangeNote& note) -> Status {
    SAIPH_TRY(const Account before, load_account(database, id));
    SAIPH_CHECK(check_version(before, version));
    for (const char* const sql :
         {"DELETE FROM idempotency WHERE account = ?1", "DELETE FROM accounts WHERE id = ?1"}) {
      SAIPH_TRY(store::Statement remove, database.prepare(sql));
      remove.bind(1, id);
      SAIPH_CHECK(remove.run());
    }
    SAIPH_CHECK(check_admin_left(database));
    note = {"account-removed", "account", core_.account_object(id), account_json(before), {}};
    return {};
  });
}

Result<std::optional<std::string>> Accounts::password_hash(std::string_view id) const {
  return core_.read([&](store::Database& database) -> Result<std::optional<std::string>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT password FROM accounts WHERE id = ?1"));
    select.bind(1, id);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such account");
    return select.optional_text(0);
  });
}

Result<Account> Accounts::set_password(std::string_view id, std::string_view hash,
                                       const std::optional<Digest>& keep, const Actor& actor,
                                       UnixMillis now) {
  SAIPH_CHECK(check_hash(hash));
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Account> {
        SAIPH_TRY(const Account before, load_account(database, id));
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE accounts SET password = ?2, version = version + 1 "
                                   "WHERE id = ?1"));
        update.bind(1, id).bind(2, hash);
        SAIPH_CHECK(update.run());
        SAIPH_CHECK(end_sessions(database, id, keep));
        return noted(core_, database, note, "account-password-set", before);
      });
}

Status Accounts::rehash_password(std::string_view id, std::string_view old_hash,
                                 std::string_view new_hash) {
  SAIPH_CHECK(check_hash(new_hash));
  return core_.write(StateCore::Sync::kFull, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE accounts SET password = ?3 WHERE id = ?1 AND "
                               "password = ?2"));
    update.bind(1, id).bind(2, old_hash).bind(3, new_hash);
    SAIPH_CHECK(update.run());
    if (database.changes() == 0) {
      return Error(ErrorCode::kConflict, "the password was changed in the meantime");
    }
    return {};
  });
}

Result<std::optional<Totp>> Accounts::totp(std::string_view id) const {
  SAIPH_TRY(const auto stored,
            core_.read([&](store::Database& database) -> Result<std::pair<Bytes, std::int64_t>> {
              SAIPH_TRY(store::Statement select,
                        database.prepare("SELECT totp, totp_step FROM accounts WHERE id = ?1"));
              select.bind(1, id);
              SAIPH_TRY(const bool row, select.step());
              if (!row) return Error(ErrorCode::kNotFound, "there is no such account");
              return std::pair(select.blob(0), select.integer(1));
            }));
  if (stored.first.empty()) return std::optional<Totp>();
  auto secret = core_.key().unseal(stored.first, totp_place(id));
  if (!secret) return secret.error().wrap("the second factor cannot be opened");
  return std::optional<Totp>(Totp{std::move(*secret), static_cast<std::uint64_t>(stored.second)});
}

Result<Account> Accounts::set_totp(std::string_view id, ByteView secret, std::uint64_t first_step,
                                   const std::vector<Digest>& recovery_codes, const Actor& actor,
                                   UnixMillis now) {
  if (secret.empty() || secret.size() > kMaxTotpSecret ||
      recovery_codes.size() > kMaxRecoveryCodes || first_step > INT64_MAX) {
    return Error(ErrorCode::kInvalidArgument, "the second factor has not its form");
  }
  SAIPH_TRY(const Bytes box, core_.key().seal(secret, totp_place(id)));
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Account> {
        SAIPH_TRY(const Account before, load_account(database, id));
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE accounts SET totp = ?2, totp_step = ?3, "
                                   "version = version + 1 WHERE id = ?1"));
        update.bind(1, id).bind_blob(2, box).bind(3, static_cast<std::int64_t>(first_step));
        SAIPH_CHECK(update.run());
        SAIPH_TRY(store::Statement forget,
                  database.prepare("DELETE FROM recovery_codes WHERE account = ?1"));
        forget.bind(1, id);
        SAIPH_CHECK(forget.run());
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO recovery_codes VALUES(?1, ?2)"));
        for (const Digest& code : recovery_codes) {
          insert.bind(1, id).bind(2, code);
          SAIPH_CHECK(insert.run());
          insert.reset();
        }
        return noted(core_, database, note, "account-totp-set", before);
      });
}

Result<Account> Accounts::clear_totp(std::string_view id, const Actor& actor, UnixMillis now) {
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Account> {
        SAIPH_TRY(Account before, load_account(database, id));
        if (!before.has_totp) return before;
        for (const char* const sql :
             {"UPDATE accounts SET totp = NULL, totp_step = NULL, version = version + 1 "
              "WHERE id = ?1",
              "DELETE FROM recovery_codes WHERE account = ?1"}) {
          SAIPH_TRY(store::Statement clear, database.prepare(sql));
          clear.bind(1, id);
          SAIPH_CHECK(clear.run());
        }
        return noted(core_, database, note, "account-totp-cleared", before);
      });
}

Status Accounts::use_totp_step(std::string_view id, std::uint64_t step) {
  if (step > INT64_MAX) return Error(ErrorCode::kInvalidArgument, "there is no such step");
  return core_.write(StateCore::Sync::kFull, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE accounts SET totp_step = ?2 WHERE id = ?1 AND "
                               "totp_step < ?2"));
    update.bind(1, id).bind(2, static_cast<std::int64_t>(step));
    SAIPH_CHECK(update.run());
    if (database.changes() == 0) {
      return Error(ErrorCode::kDenied, "this code, or a later one, was used already");
    }
    return {};
  });
}

Status Accounts::use_recovery_code(std::string_view id, const Digest& code, const Actor& actor,
                                   UnixMillis now) {
  return core_.change(actor, now, [&](store::Database& database, ChangeNote& note) -> Status {
    SAIPH_TRY(store::Statement remove,
              database.prepare("DELETE FROM recovery_codes WHERE account = ?1 AND code = ?2"));
    remove.bind(1, id).bind(2, code);
    SAIPH_CHECK(remove.run());
    if (database.changes() == 0) {
      return Error(ErrorCode::kDenied, "there is no such recovery code");
    }
    note = {"account-recovery-code-used", "account", core_.account_object(id), {}, {}};
    return {};
  });
}

Result<std::uint64_t> Accounts::recovery_codes_left(std::string_view id) const {
  return core_.read([&](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT count(*) FROM recovery_codes WHERE account = ?1"));
    select.bind(1, id);
    SAIPH_CHECK(select.step());
    return static_cast<std::uint64_t>(select.integer(0));
  });
}

}  // namespace saiph::control
