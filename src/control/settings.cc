#include "control/settings.h"

#include "codec/json/json_writer.h"
#include "control/state_core.h"

namespace saiph::control {

namespace {

constexpr std::int64_t kMaxRetentionDays = 3650;

Result<Settings> load(store::Database& database) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT retention_days, legal_hold, version FROM settings"));
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kMalformed, database.path() + " has lost its settings");
  return Settings{select.integer(0), select.integer(1) != 0, select.integer(2)};
}

std::string settings_json(const Settings& settings) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("retention_days", settings.retention_days);
  json.member("legal_hold", settings.legal_hold);
  json.member("version", settings.version);
  json.end_object();
  return text;
}

}  // namespace

Result<Settings> SettingsTable::get() const {
  return core_.read([](store::Database& database) { return load(database); });
}

Result<Settings> SettingsTable::change(std::optional<std::int64_t> version,
                                       const SettingsChange& change, const Actor& actor,
                                       UnixMillis now) {
  if (change.retention_days &&
      (*change.retention_days < 1 || *change.retention_days > kMaxRetentionDays)) {
    return Error(ErrorCode::kInvalidArgument, "the retention is 1 to 3650 days");
  }
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<Settings> {
        SAIPH_TRY(const Settings before, load(database));
        if (version && *version != before.version) {
          return Error(ErrorCode::kConflict, "the settings were changed in the meantime");
        }
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE settings SET retention_days = ?1, legal_hold = ?2, "
                                   "version = version + 1"));
        update.bind(1, change.retention_days.value_or(before.retention_days));
        update.bind(2, change.legal_hold.value_or(before.legal_hold));
        SAIPH_CHECK(update.run());
        SAIPH_TRY(Settings after, load(database));
        note = {"settings-changed", "settings", "settings", settings_json(before),
                settings_json(after)};
        return after;
      });
}

}  // namespace saiph::control
