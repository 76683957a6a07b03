// Asking the index.
#include <algorithm>
#include <utility>

#include "control/index_impl.h"
#include "control/index_writer.h"
#include "control/page_reader.h"

namespace saiph::control {

namespace {

constexpr std::size_t kNewest = 10;
constexpr std::size_t kMaxDays = 31;
constexpr std::string_view kAssetColumns =
    "assets.row, assets.id, assets.kind, assets.name, assets.digest, assets.size, assets.types, "
    "assets.verdict, assets.replaced, assets.first_seen, assets.last_seen, assets.scan_job, "
    "assets.ledger_index";
constexpr std::string_view kFindingColumns =
    "findings.row, findings.id, findings.rule, findings.title, findings.severity, findings.state, "
    "assets.id, assets.name, assets.digest, findings.path, findings.place, findings.line, "
    "findings.part, findings.detail, findings.excerpt, findings.refs, findings.fingerprint, "
    "findings.suppression, findings.suppressed_by, findings.first_seen, findings.last_seen, "
    "findings.ledger_index";
constexpr std::string_view kFindingTables =
    " FROM findings JOIN assets ON assets.row = findings.asset ";
constexpr std::string_view kEventColumns =
    "ledger_index, time, predicate_type, subject, actor, what, change_id, incomplete";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::optional<std::uint64_t> unsigned_of(std::optional<std::int64_t> number) {
  if (!number) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

Severity severity_of(std::int64_t number) {
  return static_cast<Severity>(std::clamp<std::int64_t>(number, 0, 4));
}

/// Conditions with their values, in order; all values are texts, digests or numbers.
class Conditions {
 public:
  void add(const std::string& condition) {
    sql_ += sql_.empty() ? "WHERE " : " AND ";
    sql_ += condition;
  }
  template <typename Value>
  void add(const std::string& condition, Value value) {
    add(condition);
    take(std::move(value));
  }
  /// Goes on with the condition before.
  template <typename Value>
  void join(const std::string& condition, Value value) {
    sql_ += condition;
    take(std::move(value));
  }
  const std::string& sql() const { return sql_; }
  void bind(store::Statement& statement) const {
    int parameter = 1;
    for (const auto& value : values_) value(statement, parameter++);
  }

 private:
  template <typename Value>
  void take(Value value) {
    values_.push_back([value = std::move(value)](store::Statement& statement, int parameter) {
      statement.bind(parameter, value);
    });
  }

  std::string sql_;
  std::vector<std::function<void(store::Statement&, int)>> values_;
};

Result<BySeverity> open_findings(store::Database& database, std::int64_t asset) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT severity, count(*) FROM findings WHERE asset = ?1 AND state "
                             "= 0 GROUP BY severity"));
  select.bind(1, asset);
  BySeverity open{};
  while (true) {
    SAIPH_TRY(const bool row, select.step());
    if (!row) return open;
    open[static_cast<std::size_t>(severity_of(select.integer(0)))] =
        static_cast<std::uint64_t>(select.integer(1));
  }
}

Result<Asset> read_asset(store::Database& database, const store::Statement& row) {
  Asset asset;
  asset.id = row.text(1);
  asset.kind = row.text(2);
  asset.name = row.text(3);
  if (!row.is_null(4)) {
    SAIPH_TRY(asset.digest, row.digest(4));
  }
  asset.size_bytes = static_cast<std::uint64_t>(row.integer(5));
  asset.types = lines_of(row.text(6));
  asset.verdict = parse_verdict(row.text(7)).value_or(Verdict::kIncomplete);
  asset.replaced = row.integer(8) != 0;
  asset.first_seen = row.integer(9);
  asset.last_seen = row.integer(10);
  asset.scan_job = row.optional_text(11);
  asset.ledger_index = static_cast<std::uint64_t>(row.integer(12));
  SAIPH_TRY(asset.open, open_findings(database, row.integer(0)));
  return asset;
}

Result<IndexedFinding> read_finding(const store::Statement& row) {
  IndexedFinding finding;
  finding.id = row.text(1);
  finding.rule = row.text(2);
  finding.title = row.text(3);
  finding.severity = severity_of(row.integer(4));
  finding.state = static_cast<FindingState>(std::clamp<std::int64_t>(row.integer(5), 0, 2));
  finding.asset = row.text(6);
  finding.asset_name = row.text(7);
  if (!row.is_null(8)) {
    SAIPH_TRY(finding.digest, row.digest(8));
  }
  finding.path = row.text(9);
  finding.offset = unsigned_of(row.optional_integer(10));
  finding.line = unsigned_of(row.optional_integer(11));
  finding.part = row.text(12);
  finding.detail = row.text(13);
  finding.excerpt = row.text(14);
  finding.references = lines_of(row.text(15));
  finding.fingerprint = row.text(16);
  finding.suppression = row.text(17);
  finding.suppressed_by = row.text(18);
  finding.first_seen = row.integer(19);
  finding.last_seen = row.integer(20);
  finding.ledger_index = static_cast<std::uint64_t>(row.integer(21));
  return finding;
}

IndexedEvent read_event(const store::Statement& row) {
  return {static_cast<std::uint64_t>(row.integer(0)),
          row.optional_integer(1),
          row.text(2),
          row.text(3),
          row.text(4),
          row.text(5),
          row.text(6),
          row.text(7)};
}

Status count_assets(store::Database& database, Overview& overview) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT verdict, count(*) FROM assets WHERE replaced = 0 GROUP BY "
                             "verdict"));
  while (true) {
    SAIPH_TRY(const bool row, select.step());
    if (!row) return {};
    const auto count = static_cast<std::uint64_t>(select.integer(1));
    overview.assets += count;
    switch (parse_verdict(select.text(0)).value_or(Verdict::kIncomplete)) {
      case Verdict::kClean:
        overview.assets_clean = count;
        break;
      case Verdict::kFindings:
        overview.assets_with_findings = count;
        break;
      case Verdict::kIncomplete:
        overview.assets_incomplete += count;
        break;
    }
  }
}

Status count_findings(store::Database& database, Overview& overview) {
  SAIPH_TRY(store::Statement select,
            database.prepare("SELECT state, severity, count(*) FROM findings WHERE state < 2 "
                             "GROUP BY state, severity"));
  while (true) {
    SAIPH_TRY(const bool row, select.step());
    if (!row) break;
    const auto count = static_cast<std::uint64_t>(select.integer(2));
    if (select.integer(0) == 0) {
      overview.open[static_cast<std::size_t>(severity_of(select.integer(1)))] = count;
    } else {
      overview.suppressed += count;
    }
  }
  SAIPH_TRY(
      store::Statement newest,
      database.prepare("SELECT " + std::string(kFindingColumns) + std::string(kFindingTables) +
                       "WHERE findings.state = 0 AND findings.severity >= 3 ORDER BY "
                       "findings.row DESC LIMIT ?1"));
  newest.bind(1, static_cast<std::int64_t>(kNewest));
  while (true) {
    SAIPH_TRY(const bool row, newest.step());
    if (!row) return {};
    SAIPH_TRY(IndexedFinding finding, read_finding(newest));
    overview.newest.push_back(std::move(finding));
  }
}

Status count_days(store::Database& database, UnixMillis first, Overview& overview) {
  const UnixMillis end = first + static_cast<std::int64_t>(overview.days.size()) * kDayMs;
  SAIPH_TRY(store::Statement scans,
            database.prepare("SELECT (time - ?1) / ?3, count(*) FROM events WHERE predicate_type "
                             "= 'urn:saiph:predicate:scan-report:v1' AND time >= ?1 AND time < ?2 "
                             "GROUP BY 1"));
  scans.bind(1, first).bind(2, end).bind(3, kDayMs);
  while (true) {
    SAIPH_TRY(const bool row, scans.step());
    if (!row) break;
    overview.days[static_cast<std::size_t>(scans.integer(0))].scans =
        static_cast<std::uint64_t>(scans.integer(1));
  }
  SAIPH_TRY(store::Statement findings,
            database.prepare("SELECT (first_seen - ?1) / ?3, severity, count(*) FROM findings "
                             "WHERE first_seen >= ?1 AND first_seen < ?2 GROUP BY 1, 2"));
  findings.bind(1, first).bind(2, end).bind(3, kDayMs);
  while (true) {
    SAIPH_TRY(const bool row, findings.step());
    if (!row) return {};
    overview.days[static_cast<std::size_t>(findings.integer(0))]
        .findings[static_cast<std::size_t>(severity_of(findings.integer(1)))] =
        static_cast<std::uint64_t>(findings.integer(2));
  }
}

}  // namespace

std::string_view name_of(FindingState state) {
  switch (state) {
    case FindingState::kOpen:
      return "open";
    case FindingState::kSuppressed:
      return "suppressed";
    case FindingState::kGone:
      return "gone";
  }
  return "open";
}

std::optional<FindingState> parse_finding_state(std::string_view text) {
  for (const FindingState state :
       {FindingState::kOpen, FindingState::kSuppressed, FindingState::kGone}) {
    if (text == name_of(state)) return state;
  }
  return std::nullopt;
}

Result<Page<Asset>> Index::assets(const AssetFilter& filter, const PageRequest& page) const {
  std::string list = "assets";
  Conditions conditions;
  if (filter.verdict) {
    list += "\nverdict " + std::string(name_of(*filter.verdict));
    conditions.add("verdict = ?", std::string(name_of(*filter.verdict)));
  }
  if (filter.kind) {
    list += "\nkind " + *filter.kind;
    conditions.add("kind = ?", *filter.kind);
  }
  if (filter.digest) {
    list += "\ndigest " + filter.digest->text();
    conditions.add("digest = ?", *filter.digest);
  }
  if (filter.name) {
    list += "\nname " + *filter.name;
    conditions.add("instr(name_key, ?) > 0", name_key(*filter.name));
  }
  if (!filter.with_replaced) {
    list += "\npresent";
    conditions.add("replaced = 0");
  }
  SAIPH_TRY(const auto cursor, open_page(page, list));
  if (cursor) conditions.add("row < ?", cursor->number);
  return impl_->read([&](store::Database& database) -> Result<Page<Asset>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kAssetColumns) + " FROM assets " +
                               conditions.sql() + " ORDER BY row DESC LIMIT " +
                               std::to_string(page.limit + 1)));
    conditions.bind(select);
    return read_page<Asset>(
        select, page.limit, list,
        [&](const store::Statement& row) { return read_asset(database, row); },
        [&](const Asset&) { return Cursor{select.integer(0), ""}; });
  });
}

Result<Asset> Index::asset(std::string_view id) const {
  return impl_->read([&](store::Database& database) -> Result<Asset> {
    SAIPH_TRY(store::Statement select, database.prepare("SELECT " + std::string(kAssetColumns) +
                                                        " FROM assets WHERE id = ?1"));
    select.bind(1, id);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such asset");
    return read_asset(database, select);
  });
}

Result<Page<IndexedFinding>> Index::findings(const FindingFilter& filter,
                                             const PageRequest& page) const {
  std::string list = "findings";
  Conditions conditions;
  if (filter.state) {
    list += "\nstate " + std::string(name_of(*filter.state));
    conditions.add("findings.state = ?", static_cast<std::int64_t>(*filter.state));
  }
  if (filter.severity) {
    list += "\nseverity " + std::string(name_of(*filter.severity));
    conditions.add("findings.severity >= ?", static_cast<std::int64_t>(*filter.severity));
  }
  if (filter.rule) {
    list += "\nrule " + *filter.rule;
    conditions.add("findings.rule = ?", *filter.rule);
  }
  if (filter.asset) {
    list += "\nasset " + *filter.asset;
    conditions.add("findings.asset = (SELECT row FROM assets WHERE id = ?)", *filter.asset);
  }
  SAIPH_TRY(const auto cursor, open_page(page, list));
  if (cursor) {
    // Two sort keys in one number: rows stay under 2^60.
    const std::int64_t severity = cursor->number >> 60;
    const std::int64_t row = cursor->number & ((std::int64_t{1} << 60) - 1);
    conditions.add("(findings.severity < ?", severity);
    conditions.join(" OR (findings.severity = ?", severity);
    conditions.join(" AND findings.row < ?))", row);
  }
  return impl_->read([&](store::Database& database) -> Result<Page<IndexedFinding>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kFindingColumns) +
                               std::string(kFindingTables) + conditions.sql() +
                               " ORDER BY findings.severity DESC, findings.row DESC LIMIT " +
                               std::to_string(page.limit + 1)));
    conditions.bind(select);
    return read_page<IndexedFinding>(
        select, page.limit, list, read_finding, [&](const IndexedFinding&) {
          return Cursor{(select.integer(4) << 60) | select.integer(0), ""};
        });
  });
}

Result<IndexedFinding> Index::finding(std::string_view id) const {
  return impl_->read([&](store::Database& database) -> Result<IndexedFinding> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kFindingColumns) +
                               std::string(kFindingTables) + "WHERE findings.id = ?1"));
    select.bind(1, id);
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such finding");
    return read_finding(select);
  });
}

Result<Page<IndexedEvent>> Index::events(const EventFilter& filter, const PageRequest& page) const {
  std::string list = "events";
  Conditions conditions;
  if (filter.predicate_type) {
    list += "\ntype " + *filter.predicate_type;
    conditions.add("predicate_type = ?", *filter.predicate_type);
  }
  if (filter.after) {
    list += "\nafter " + std::to_string(*filter.after);
    conditions.add("ledger_index > ?",
                   static_cast<std::int64_t>(std::min<std::uint64_t>(*filter.after, INT64_MAX)));
  }
  SAIPH_TRY(const auto cursor, open_page(page, list));
  if (cursor) conditions.add("ledger_index < ?", cursor->number);
  return impl_->read([&](store::Database& database) -> Result<Page<IndexedEvent>> {
    SAIPH_TRY(store::Statement select,
              database.prepare("SELECT " + std::string(kEventColumns) + " FROM events " +
                               conditions.sql() + " ORDER BY ledger_index DESC LIMIT " +
                               std::to_string(page.limit + 1)));
    conditions.bind(select);
    return read_page<IndexedEvent>(
        select, page.limit, list,
        [](const store::Statement& row) -> Result<IndexedEvent> { return read_event(row); },
        [](const IndexedEvent& event) {
          return Cursor{static_cast<std::int64_t>(event.index), ""};
        });
  });
}

Result<IndexedEvent> Index::event(std::uint64_t index) const {
  return impl_->read([&](store::Database& database) -> Result<IndexedEvent> {
    SAIPH_TRY(store::Statement select, database.prepare("SELECT " + std::string(kEventColumns) +
                                                        " FROM events WHERE ledger_index = ?1"));
    select.bind(1, static_cast<std::int64_t>(std::min<std::uint64_t>(index, INT64_MAX)));
    SAIPH_TRY(const bool row, select.step());
    if (!row) return Error(ErrorCode::kNotFound, "there is no such entry in the index");
    return read_event(select);
  });
}

Result<Overview> Index::overview(UnixMillis now, std::size_t days) const {
  if (days == 0 || days > kMaxDays || now < 0) {
    return Error(ErrorCode::kInvalidArgument, "an overview is of 1 to 31 days");
  }
  const UnixMillis first = now - now % kDayMs - (static_cast<std::int64_t>(days) - 1) * kDayMs;
  return impl_->read([&](store::Database& database) -> Result<Overview> {
    SAIPH_TRY(const store::Transaction moment, store::Transaction::begin_read(database));
    Overview overview;
    overview.days.resize(days);
    for (std::size_t i = 0; i < days; ++i) {
      overview.days[i].day = first + static_cast<std::int64_t>(i) * kDayMs;
    }
    SAIPH_CHECK(count_assets(database, overview));
    SAIPH_CHECK(count_findings(database, overview));
    SAIPH_CHECK(count_days(database, first, overview));
    return overview;
  });
}

}  // namespace saiph::control
