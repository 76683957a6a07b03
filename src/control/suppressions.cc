#include "control/suppressions.h"

#include <algorithm>
#include <utility>

#include "base/glob.h"
#include "codec/json/json_writer.h"
#include "control/identifier.h"
#include "control/page_reader.h"
#include "control/state_core.h"
#include "control/text_rules.h"

namespace saiph::control {

namespace {

constexpr std::int64_t kMaxActive = 10'000;
constexpr std::size_t kMaxRule = 128;
constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMinReason = 8;
constexpr std::size_t kMaxReason = 8000;
constexpr std::string_view kColumns =
    "id, rule, digest, path, reason, expires, author, created, revoked, version";

Status check_rule(std::string_view rule) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good =
      !rule.empty() && rule.size() <= kMaxRule && plain(rule.front()) &&
      std::all_of(rule.begin(), rule.end(), [&](char c) { return plain(c) || c == '-'; });
  if (!good) return Error(ErrorCode::kInvalidArgument, "a rule is named by its id");
  return {};
}

Status check_expiry(UnixMillis expires, UnixMillis now) {
  if (expires <= now || expires - now > kSuppressionMaxMs) {
    return Error(ErrorCode::kInvalidArgument,
                 "a suppression must expire after now and within a year");
  }
  return {};
}

Status check_reason(std::string_view reason) {
  return check_text("the reason", reason, kMinReason, kMaxReason, Lines::kMany);
}

Result<Suppression> read_suppression(const store::Statement& row) {
  Suppression found;
  found.id = row.text(0);
  found.rule = row.text(1);
  if (!row.is_null(2)) {
    SAIPH_TRY(found.digest, row.digest(2));
  }
  found.path = row.optional_text(3);
  found.reason = row.text(4);
  found.expires = row.integer(5);
  found.author = row.text(6);
  found.created = row.integer(7);
  found.revoked = row.optional_integer(8);
  found.version = row.integer(9);
  return found;
}

Result<Suppression> load_suppression(store::Database& database, std::string_view id) {
  SAIPH_TRY(store::Statement select, database.prepare("SELECT " + std::string(kColumns) +
                                                      " FROM suppressions WHERE id = ?1"));
  select.bind(1, id);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kNotFound, "there is no such suppression");
  return read_suppression(select);
}

Result<Suppression> load_to_change(store::Database& database, std::string_view id,
                                   std::optional<std::int64_t> version) {
  SAIPH_TRY(Suppression found, load_suppression(database, id));
  if (version && *version != found.version) {
    return Error(ErrorCode::kConflict, "the suppression was changed in the meantime");
  }
  if (found.revoked) return Error(ErrorCode::kConflict, "the suppression is revoked already");
  return found;
}

std::string suppression_json(const Suppression& suppression) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("id", suppression.id);
  json.member("rule", suppression.rule);
  json.member("digest", suppression.digest ? suppression.digest->text() : "");
  json.member("path", suppression.path.value_or(""));
  json.member("reason", suppression.reason);
  json.member("expires", suppression.expires);
  json.member("author", suppression.author);
  json.member("created", suppression.created);
  json.member("revoked", suppression.revoked.value_or(0));
  json.member("version", suppression.version);
  json.end_object();
  return text;
}

}  // namespace

bool Suppression::applies(std::string_view rule_id, const std::optional<Digest>& asset_digest,
                          std::string_view asset_name) const {
  if (rule != rule_id) return false;
  if (digest) return asset_digest == digest;
  return path && glob_match(*path, asset_name);
}

Result<Suppression> Suppressions::create(const NewSuppression& suppression, const Actor& actor,
                                         UnixMillis now) {
  SAIPH_CHECK(check_rule(suppression.rule));
  SAIPH_CHECK(check_reason(suppression.reason));
  SAIPH_CHECK(check_expiry(suppression.expires, now));
  if (suppression.digest.has_value() == suppression.path.has_value()) {
    return Error(ErrorCode::kInvalidArgument, "a suppression names a digest or a path, not both");
  }
  if (suppression.path) SAIPH_CHECK(check_text("the path", *suppression.path, 1, kMaxPath));
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Suppression> {
        SAIPH_TRY(store::Statement count,
                  database.prepare("SELECT count(*) FROM suppressions WHERE revoked IS NULL AND "
                                   "expires > ?1"));
        count.bind(1, now);
        SAIPH_CHECK(count.step());
        if (count.integer(0) >= kMaxActive) {
          return Error(ErrorCode::kLimit, "there are 10,000 active suppressions already");
        }
        SAIPH_TRY(const std::string id, new_identifier(now));
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO suppressions VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                                   "?8, NULL, 1)"));
        insert.bind(1, id).bind(2, suppression.rule).bind(3, suppression.digest);
        insert.bind(4, suppression.path).bind(5, suppression.reason);
        insert.bind(6, suppression.expires).bind(7, actor.account).bind(8, now);
        SAIPH_CHECK(insert.run());
        SAIPH_TRY(Suppression created, load_suppression(database, id));
        note = {"suppression-created", "suppression", id, {}, suppression_json(created)};
        return created;
      });
}

Result<Suppression> Suppressions::get(std::string_view id) const {
  return core_.read([&](store::Database& database) { return load_suppression(database, id); });
}

Result<Page<Suppression>> Suppressions::list(std::optional<bool> active, UnixMillis now,
                                             const PageRequest& page) const {
  std::string list = "suppressions";
  std::string condition;
  if (active) {
    list += *active ? " active" : " over";
    condition = *active ? "revoked IS NULL AND expires > ?4 AND "
                        : "(revoked IS NOT NULL OR expires <= ?4) AND ";
  }
  SAIPH_TRY(const auto cursor, open_page(page, list));
  return core_.read([&](store::Database& database) -> Result<Page<Suppression>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kColumns) + " FROM suppressions WHERE " +
                               condition +
                               "(created, id) < (?1, ?2) ORDER BY created DESC, id "
                               "DESC LIMIT ?3"));
    bind_newest_first(select, cursor, page);
    if (active) select.bind(4, now);
    return read_newest_first<Suppression>(select, page.limit, list, read_suppression);
  });
}

Result<Suppression> Suppressions::change(std::string_view id, std::optional<std::int64_t> version,
                                         const SuppressionChange& change, const Actor& actor,
                                         UnixMillis now) {
  if (change.reason) SAIPH_CHECK(check_reason(*change.reason));
  if (change.expires) SAIPH_CHECK(check_expiry(*change.expires, now));
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Suppression> {
        SAIPH_TRY(const Suppression before, load_to_change(database, id, version));
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE suppressions SET reason = ?2, expires = ?3, version = "
                                   "version + 1 WHERE id = ?1"));
        update.bind(1, id).bind(2, change.reason.value_or(before.reason));
        update.bind(3, change.expires.value_or(before.expires));
        SAIPH_CHECK(update.run());
        SAIPH_TRY(Suppression after, load_suppression(database, id));
        note = {"suppression-changed", "suppression", before.id, suppression_json(before),
                suppression_json(after)};
        return after;
      });
}

Result<Suppression> Suppressions::revoke(std::string_view id, std::optional<std::int64_t> version,
                                         const Actor& actor, UnixMillis now) {
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Suppression> {
        SAIPH_TRY(const Suppression before, load_to_change(database, id, version));
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE suppressions SET revoked = ?2, version = version + 1 "
                                   "WHERE id = ?1"));
        update.bind(1, id).bind(2, now);
        SAIPH_CHECK(update.run());
        SAIPH_TRY(Suppression after, load_suppression(database, id));
        note = {"suppression-revoked", "suppression", before.id, suppression_json(before),
                suppression_json(after)};
        return after;
      });
}

Result<std::vector<Suppression>> Suppressions::all_active(UnixMillis now) const {
  return core_.read([&](store::Database& database) -> Result<std::vector<Suppression>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kColumns) +
                               " FROM suppressions WHERE revoked IS NULL AND expires > ?1 ORDER "
                               "BY created, id"));
    select.bind(1, now);
    std::vector<Suppression> found;
    while (true) {
      SAIPH_TRY(const bool row, select.step());
      if (!row) break;
      SAIPH_TRY(Suppression suppression, read_suppression(select));
      found.push_back(std::move(suppression));
    }
    return found;
  });
}

Result<std::uint64_t> Suppressions::count_expiring(UnixMillis now, UnixMillis until) const {
  return core_.read([&](store::Database& database) -> Result<std::uint64_t> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT count(*) FROM suppressions WHERE revoked IS NULL AND "
                               "expires > ?1 AND expires <= ?2"));
    select.bind(1, now).bind(2, until);
    SAIPH_CHECK(select.step());
    return static_cast<std::uint64_t>(select.integer(0));
  });
}

}  // namespace saiph::control
