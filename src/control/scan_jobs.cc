#include "control/scan_jobs.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"
#include "codec/json/json_writer.h"
#include "control/identifier.h"
#include "control/page_reader.h"
#include "control/state_core.h"
#include "control/text_rules.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxLabel = 255;
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxError = 2048;
constexpr std::string_view kColumns =
    "id, kind, label, path, state, files, bytes, findings, verdict, ledger_index, requested_by, "
    "created, started, finished, error";

std::int64_t stored(std::uint64_t figure) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(figure, INT64_MAX));
}

Result<ScanJob> read_job(const store::Statement& row) {
  ScanJob job;
  job.id = row.text(0);
  const auto kind = parse_scan_kind(row.text(1));
  const auto state = parse_scan_state(row.text(4));
  if (!kind || !state) return Error(ErrorCode::kMalformed, "a scan job has an unknown state");
  job.kind = *kind;
  job.label = row.text(2);
  job.path = row.text(3);
  job.state = *state;
  job.files = static_cast<std::uint64_t>(row.integer(5));
  job.bytes = static_cast<std::uint64_t>(row.integer(6));
  job.findings = static_cast<std::uint64_t>(row.integer(7));
  if (const auto verdict = row.optional_text(8)) job.verdict = parse_verdict(*verdict);
  if (const auto index = row.optional_integer(9)) {
    job.ledger_index = static_cast<std::uint64_t>(*index);
  }
  job.requested_by = row.text(10);
  job.created = row.integer(11);
  job.started = row.optional_integer(12);
  job.finished = row.optional_integer(13);
  job.error = row.text(14);
  return job;
}

Result<ScanJob> load_job(store::Database& database, std::string_view id) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT " + std::string(kColumns) + " FROM scan_jobs WHERE id = ?1"));
  select.bind(1, id);
  SAIPH_TRY(const bool row, select.step());
  if (!row) return Error(ErrorCode::kNotFound, "there is no such scan");
  return read_job(select);
}

/// What was asked, not how far it is.
std::string job_json(const ScanJob& job) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("id", job.id);
  json.member("kind", name_of(job.kind));
  json.member("label", job.label);
  json.member("path", job.path);
  json.member("requested_by", job.requested_by);
  json.member("created", job.created);
  json.end_object();
  return text;
}

/// Whether a row was changed; if none was, why.
Status check_step(store::Database& database, std::string_view id) {
  if (database.changes() != 0) return {};
  SAIPH_TRY(const ScanJob job, load_job(database, id));
  return Error(ErrorCode::kConflict, "the scan is " + std::string(name_of(job.state)));
}

}  // namespace

Result<ScanJob> ScanJobs::create(const NewScanJob& job, const Actor& actor, UnixMillis now) {
  SAIPH_CHECK(check_text("the label", job.label, 1, kMaxLabel));
  if (job.path.size() > kMaxPath || (job.kind == ScanKind::kPath) == job.path.empty()) {
    return Error(ErrorCode::kInvalidArgument, "a path of 1 to 4096 bytes belongs to a path scan");
  }
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<ScanJob> {
        SAIPH_TRY(const std::string id, new_identifier(now));
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO scan_jobs(id, kind, label, path, state, "
                                   "requested_by, created) VALUES(?1, ?2, ?3, ?4, 'queued', ?5, "
                                   "?6)"));
        insert.bind(1, id).bind(2, name_of(job.kind)).bind(3, job.label).bind(4, job.path);
        insert.bind(5, actor.account).bind(6, now);
        SAIPH_CHECK(insert.run());
        SAIPH_TRY(ScanJob created, load_job(database, id));
        note = {"scan-requested", "scan", id, {}, job_json(created)};
        return created;
      });
}

Result<ScanJob> ScanJobs::get(std::string_view id) const {
  return core_.read([&](store::Database& database) { return load_job(database, id); });
}

Result<Page<ScanJob>> ScanJobs::list(std::optional<ScanState> state,
                                     const PageRequest& page) const {
  const std::string list = "scans " + std::string(state ? name_of(*state) : "");
  SAIPH_TRY(const auto cursor, open_page(page, list));
  return core_.read([&](store::Database& database) -> Result<Page<ScanJob>> {
    const std::string condition = state ? "state = ?4 AND " : "";
    SAIPH_TRY(
        store::Statement select,
        database.prepare("SELECT " + std::string(kColumns) + " FROM scan_jobs WHERE " + condition +
                         "(created, id) < (?1, ?2) ORDER BY created DESC, id "
                         "DESC LIMIT ?3"));
    bind_newest_first(select, cursor, page);
    if (state) select.bind(4, name_of(*state));
    return read_newest_first<ScanJob>(select, page.limit, list, read_job);
  });
}

Status ScanJobs::start(std::string_view id, UnixMillis now) {
  return core_.write(StateCore::Sync::kLazy, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE scan_jobs SET state = 'running', started = ?2 WHERE "
                               "id = ?1 AND state = 'queued'"));
    update.bind(1, id).bind(2, now);
    SAIPH_CHECK(update.run());
    return check_step(database, id);
  });
}

Status ScanJobs::progress(std::string_view id, std::uint64_t files, std::uint64_t bytes,
                          std::uint64_t findings) {
  return core_.write(StateCore::Sync::kLazy, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE scan_jobs SET files = max(files, ?2), bytes = max(bytes, "
                               "?3), findings = max(findings, ?4) WHERE id = ?1 AND state = "
                               "'running'"));
    update.bind(1, id).bind(2, stored(files)).bind(3, stored(bytes)).bind(4, stored(findings));
    SAIPH_CHECK(update.run());
    return check_step(database, id);
  });
}

Result<ScanJob> ScanJobs::finish(std::string_view id, const ScanOutcome& outcome,
                                 const Actor& actor, UnixMillis now) {
  if (!is_final(outcome.state)) {
    return Error(ErrorCode::kInvalidArgument, "a scan ends done, failed or cancelled");
  }
  return core_.change(
      actor, now, [&](store::Database& database, ChangeNote& note) -> Result<ScanJob> {
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE scan_jobs SET state = ?2, verdict = ?3, ledger_index = "
                                   "?4, error = ?5, finished = ?6 WHERE id = ?1 AND (state = "
                                   "'running' OR (state = 'queued' AND ?2 <> 'done'))"));
        update.bind(1, id).bind(2, name_of(outcome.state));
        if (outcome.verdict) update.bind(3, name_of(*outcome.verdict));
        if (outcome.ledger_index) update.bind(4, stored(*outcome.ledger_index));
        update.bind(5, shorten(to_valid_utf8(outcome.error), kMaxError)).bind(6, now);
        SAIPH_CHECK(update.run());
        SAIPH_CHECK(check_step(database, id));
        SAIPH_TRY(ScanJob ended, load_job(database, id));
        if (outcome.state == ScanState::kCancelled) {
          note = {"scan-cancelled", "scan", ended.id, {}, {}};
        }
        return ended;
      });
}

Result<std::uint64_t> ScanJobs::fail_unfinished(std::string_view error, UnixMillis now) {
  return core_.write(
      StateCore::Sync::kFull, [&](store::Database& database) -> Result<std::uint64_t> {
        SAIPH_TRY(store::Statement update,
                  database.prepare("UPDATE scan_jobs SET state = 'failed', error = ?1, finished = "
                                   "?2 WHERE state IN ('queued', 'running')"));
        update.bind(1, shorten(to_valid_utf8(error), kMaxError)).bind(2, now);
        SAIPH_CHECK(update.run());
        return static_cast<std::uint64_t>(database.changes());
      });
}

Result<ScanJobs::Counts> ScanJobs::counts(UnixMillis since) const {
  return core_.read([&](store::Database& database) -> Result<Counts> {
    Counts counts;
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT (SELECT count(*) FROM scan_jobs WHERE state = 'queued'), "
                               "(SELECT count(*) FROM scan_jobs WHERE state = 'running'), "
                               "(SELECT count(*) FROM scan_jobs WHERE state = 'failed' AND "
                               "finished >= ?1)"));
    select.bind(1, since);
    SAIPH_CHECK(select.step());
    counts.queued = static_cast<std::uint64_t>(select.integer(0));
    counts.running = static_cast<std::uint64_t>(select.integer(1));
    counts.failed_since = static_cast<std::uint64_t>(select.integer(2));
    return counts;
  });
}

}  // namespace saiph::control
