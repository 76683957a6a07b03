#include "control/index_writer.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/escape.h"
#include "crypto/sha256.h"
#include "ledger/content_store.h"

namespace saiph::control {

namespace {

constexpr std::string_view kArtefact = "artefact";
constexpr std::string_view kSetState =
    "UPDATE findings SET state = CASE WHEN gone THEN 2 WHEN suppression <> '' OR suppressed_by <> "
    "'' THEN 1 ELSE 0 END ";

/// 32 hexadecimal digits of the digest of the parts, each with its length before it.
std::string key_of(std::initializer_list<std::string_view> parts) {
  crypto::Sha256 hash;
  for (const std::string_view part : parts) {
    hash.update(as_bytes(std::to_string(part.size()) + ":"));
    hash.update(as_bytes(part));
  }
  const std::string text = hash.finish().text();
  return text.substr(text.find(':') + 1, 32);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += '\n';
    // They come one a line.
    std::string line = text;
    std::replace(line.begin(), line.end(), '\n', ' ');
    all += line;
  }
  return all;
}

std::int64_t stored(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

std::optional<std::int64_t> stored(const std::optional<std::uint64_t>& number) {
  if (!number) return std::nullopt;
  return stored(*number);
}

}  // namespace

std::string name_key(std::string_view name) {
  std::string key(name);
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

Result<bool> IndexWriter::apply(std::uint64_t index, ByteView bytes, ledger::Folder& content) {
  IndexEntry entry = read_entry(index, bytes);
  if (entry.is_scan_report && entry.statement) {
    SAIPH_TRY(const UnixMillis seen, time_of(entry.event));
    SAIPH_CHECK(apply_report(entry, seen, content));
  }
  SAIPH_CHECK(write_event(entry.event));
  return entry.event.incomplete.empty();
}

/// An entry that says no time happened no earlier than those before it.
Result<UnixMillis> IndexWriter::time_of(const IndexedEvent& event) {
  if (event.time) return *event.time;
  SAIPH_TRY(store::Statement select,
            database_.prepare("SELECT time FROM events WHERE time IS NOT NULL ORDER BY "
                              "ledger_index DESC LIMIT 1"));
  SAIPH_TRY(const bool row, select.step());
  return row ? select.integer(0) : 0;
}

Status IndexWriter::write_event(const IndexedEvent& event) {
  SAIPH_TRY(store::Statement insert,
            database_.prepare("INSERT INTO events VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  insert.bind(1, stored(event.index)).bind(2, event.time).bind(3, event.predicate_type);
  insert.bind(4, event.subject).bind(5, event.actor).bind(6, event.what);
  insert.bind(7, event.change).bind(8, event.incomplete);
  return insert.run();
}

Status IndexWriter::apply_report(IndexEntry& entry, UnixMillis seen, ledger::Folder& content) {
  if (entry.report) {
    // Compared with its digest first: what was changed since is not what was signed.
    SAIPH_TRY(const ledger::ContentState state, ledger::check_content(content, *entry.report));
    if (state == ledger::ContentState::kMissing) {
      entry.event.incomplete = "the report's body is missing";
    } else if (state == ledger::ContentState::kChanged) {
      entry.event.incomplete = "the report's body is not the one that was signed";
    } else {
      SAIPH_TRY(const auto body,
                content.open(ledger::content_name(*entry.report), ledger::OpenMode::kRead));
      // Of two kinds of failure only ours ends the work.
      std::optional<Error> ours;
      const Status read = read_report(*body, [&](ReportedFile& file) -> Status {
        const Status applied = apply_file(entry, seen, file);
        if (!applied) ours = applied.error();
        return applied;
      });
      if (ours) return *ours;
      if (!read) {
        const ErrorCode code = read.error().code();
        if (code == ErrorCode::kUnavailable || code == ErrorCode::kDenied) return read.error();
        entry.event.incomplete =
            "the report cannot be read: " + shorten(to_valid_utf8(read.error().describe()), 512);
      }
    }
  }
  if (entry.event.incomplete.empty()) return {};
  return apply_subjects(entry, seen);
}

/// What the statement names and the report did not tell of is there, and nobody knows more.
Status IndexWriter::apply_subjects(const IndexEntry& entry, UnixMillis seen) {
  if (!entry.statement) return {};
  for (const ledger::Subject& subject : entry.statement->subjects) {
    ReportedFile file;
    file.digest = subject.sha256();
    if (!file.digest || file.digest == entry.report) continue;
    file.path = shorten(to_valid_utf8(subject.name), 4096);
    file.verdict = Verdict::kIncomplete;
    file.reasons = 1;
    SAIPH_TRY(store::Statement known,
              database_.prepare("SELECT 1 FROM assets WHERE kind = ?1 AND name = ?2 AND digest = "
                                "?3 AND ledger_index = ?4"));
    known.bind(1, kArtefact).bind(2, file.path).bind(3, file.digest);
    known.bind(4, stored(entry.event.index));
    SAIPH_TRY(const bool row, known.step());
    if (!row) SAIPH_CHECK(apply_file(entry, seen, file));
  }
  return {};
}

Status IndexWriter::apply_file(const IndexEntry& entry, UnixMillis seen, const ReportedFile& file) {
  std::string id;
  SAIPH_TRY(const std::int64_t asset, write_asset(entry, seen, file, id));
  const bool whole = entry.full && file.reasons == 0 && file.findings_dropped == 0 && !file.cut;
  if (whole) {
    // What follows takes those back that are there.
    SAIPH_TRY(store::Statement gone,
              database_.prepare("UPDATE findings SET gone = 1, state = 2 WHERE asset = ?1"));
    gone.bind(1, asset);
    SAIPH_CHECK(gone.run());
  }
  // One statement may be made about several places that its fingerprint does not tell apart.
  std::map<std::string, std::uint64_t, std::less<>> occurrences;
  for (const ReportedFinding& finding : file.findings) {
    const std::string fingerprint =
        !finding.fingerprint.empty()
            ? finding.fingerprint
            : key_of({finding.rule, finding.path, finding.part, finding.detail});
    const std::uint64_t occurrence = occurrences[fingerprint]++;
    const std::string finding_id =
        key_of({id, finding.rule, fingerprint, std::to_string(occurrence)});
    SAIPH_CHECK(write_finding(entry, seen, asset, finding_id, file, finding));
  }
  // Another content in the same place: the one before is not there any more. A label says nothing
  // about places, and a file that could not be read says nothing about its content.
  if (!entry.from_upload && (file.digest || whole)) return replace_others(file.path, asset);
  return {};
}

Status IndexWriter::replace_others(std::string_view name, std::int64_t asset) {
  SAIPH_TRY(store::Statement select,
            database_.prepare("UPDATE assets SET replaced = 1 WHERE kind = ?1 AND name = ?2 AND "
                              "row <> ?3 AND replaced = 0 RETURNING row"));
  select.bind(1, kArtefact).bind(2, name).bind(3, asset);
  std::vector<std::int64_t> replaced;
  while (true) {
    SAIPH_TRY(const bool row, select.step());
    if (!row) break;
    replaced.push_back(select.integer(0));
  }
  for (const std::int64_t other : replaced) {
    SAIPH_TRY(store::Statement gone,
              database_.prepare("UPDATE findings SET gone = 1, state = 2 WHERE asset = ?1"));
    gone.bind(1, other);
    SAIPH_CHECK(gone.run());
  }
  return {};
}

Result<std::int64_t> IndexWriter::write_asset(const IndexEntry& entry, UnixMillis seen,
                                              const ReportedFile& file, std::string& id) {
  id = key_of({kArtefact, file.path, file.digest ? file.digest->text() : ""});
  SAIPH_TRY(store::Statement upsert,
            database_.prepare(
                "INSERT INTO assets(id, kind, name, name_key, digest, size, types, verdict, "
                "replaced, first_seen, last_seen, scan_job, ledger_index) VALUES(?1, ?2, ?3, ?4, "
                "?5, ?6, ?7, ?8, 0, ?9, ?9, ?10, ?11) ON CONFLICT(id) DO UPDATE SET size = ?6, "
                "types = ?7, verdict = ?8, replaced = 0, first_seen = min(first_seen, ?9), "
                "last_seen = max(last_seen, ?9), scan_job = ?10, ledger_index = ?11 RETURNING "
                "row"));
  upsert.bind(1, id).bind(2, kArtefact).bind(3, file.path).bind(4, name_key(file.path));
  upsert.bind(5, file.digest).bind(6, stored(file.size)).bind(7, joined(file.types));
  upsert.bind(8, name_of(file.verdict)).bind(9, seen).bind(10, entry.job);
  upsert.bind(11, stored(entry.event.index));
  SAIPH_TRY(const bool row, upsert.step());
  if (!row) return Error(ErrorCode::kInternal, "an asset was not written");
  const std::int64_t number = upsert.integer(0);
  SAIPH_CHECK(upsert.run());
  return number;
}

Status IndexWriter::write_finding(const IndexEntry& entry, UnixMillis seen, std::int64_t asset,
                                  std::string_view id, const ReportedFile& file,
                                  const ReportedFinding& finding) {
  const std::string suppression = suppression_for(finding.rule, file.digest, file.path);
  const bool hidden = !suppression.empty() || !finding.suppressed_by.empty();
  SAIPH_TRY(
      store::Statement upsert,
      database_.prepare(
          "INSERT INTO findings(id, asset, rule, title, severity, state, gone, suppression, "
          "suppressed_by, path, place, line, part, detail, excerpt, refs, fingerprint, first_seen, "
          "last_seen, ledger_index) VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, ?12, "
          "?13, ?14, ?15, ?16, ?17, ?17, ?18) ON CONFLICT(id) DO UPDATE SET title = ?4, severity "
          "= ?5, state = ?6, gone = 0, suppression = ?7, suppressed_by = ?8, path = ?9, place = "
          "?10, line = ?11, part = ?12, detail = ?13, excerpt = ?14, refs = ?15, first_seen = "
          "min(first_seen, ?17), last_seen = max(last_seen, ?17), ledger_index = ?18"));
  upsert.bind(1, id).bind(2, asset).bind(3, finding.rule).bind(4, finding.title);
  upsert.bind(5, static_cast<std::int64_t>(finding.severity)).bind(6, std::int64_t{hidden});
  upsert.bind(7, suppression).bind(8, finding.suppressed_by).bind(9, finding.path);
  upsert.bind(10, stored(finding.offset)).bind(11, stored(finding.line)).bind(12, finding.part);
  upsert.bind(13, finding.detail).bind(14, finding.excerpt);
  upsert.bind(15, joined(finding.references)).bind(16, finding.fingerprint);
  upsert.bind(17, seen).bind(18, stored(entry.event.index));
  return upsert.run();
}

std::string IndexWriter::suppression_for(std::string_view rule, const std::optional<Digest>& digest,
                                         std::string_view name) const {
  for (const Suppression& suppression : active_) {
    if (suppression.applies(rule, digest, name)) return suppression.id;
  }
  return {};
}

Result<std::uint64_t> IndexWriter::apply_suppressions() {
  std::set<std::string> rules;
  for (const Suppression& suppression : active_) rules.insert(suppression.rule);
  {
    SAIPH_TRY(store::Statement select,
              database_.prepare("SELECT DISTINCT rule FROM findings WHERE suppression <> ''"));
    while (true) {
      SAIPH_TRY(const bool row, select.step());
      if (!row) break;
      rules.insert(select.text(0));
    }
  }
  std::vector<std::pair<std::int64_t, std::string>> changed;
  for (const std::string& rule : rules) {
    SAIPH_TRY(store::Statement select,
              database_.prepare("SELECT findings.row, findings.suppression, assets.digest, "
                                "assets.name FROM findings JOIN assets ON assets.row = "
                                "findings.asset WHERE findings.rule = ?1"));
    select.bind(1, rule);
    while (true) {
      SAIPH_TRY(const bool row, select.step());
      if (!row) break;
      std::optional<Digest> digest;
      if (!select.is_null(2)) {
        SAIPH_TRY(digest, select.digest(2));
      }
      std::string now = suppression_for(rule, digest, select.text(3));
      if (now != select.text(1)) changed.emplace_back(select.integer(0), std::move(now));
    }
  }
  SAIPH_TRY(store::Statement update,
            database_.prepare("UPDATE findings SET suppression = ?2 WHERE row = ?1"));
  SAIPH_TRY(store::Statement restate, database_.prepare(std::string(kSetState) + "WHERE row = ?1"));
  for (const auto& [row, suppression] : changed) {
    update.bind(1, row).bind(2, suppression);
    SAIPH_CHECK(update.run());
    update.reset();
    restate.bind(1, row);
    SAIPH_CHECK(restate.run());
    restate.reset();
  }
  return static_cast<std::uint64_t>(changed.size());
}

}  // namespace saiph::control
