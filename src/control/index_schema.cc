#include "control/index_schema.h"

#include <array>

namespace saiph::control {

namespace {

constexpr std::string_view kTables = R"sql(
-- How much of the ledger is in here: entries, and the right edge of the tree over them.
CREATE TABLE progress(
  only_one INTEGER PRIMARY KEY CHECK(only_one = 1),
  size INTEGER NOT NULL,
  edge BLOB NOT NULL
) STRICT;
INSERT INTO progress VALUES(1, 0, x'');

CREATE TABLE assets(
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  digest BLOB,
  size INTEGER NOT NULL,
  types TEXT NOT NULL,
  verdict TEXT NOT NULL,
  replaced INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  scan_job TEXT,
  ledger_index INTEGER NOT NULL
) STRICT;
CREATE INDEX assets_by_name ON assets(kind, name);
CREATE INDEX assets_by_digest ON assets(digest);
CREATE INDEX assets_by_verdict ON assets(verdict, row);

-- state: 0 open, 1 suppressed, 2 gone. severity: 0 info to 4 critical.
CREATE TABLE findings(
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  asset INTEGER NOT NULL REFERENCES assets(row),
  rule TEXT NOT NULL,
  title TEXT NOT NULL,
  severity INTEGER NOT NULL,
  state INTEGER NOT NULL,
  gone INTEGER NOT NULL,
  suppression TEXT NOT NULL,
  suppressed_by TEXT NOT NULL,
  path TEXT NOT NULL,
  place INTEGER,
  line INTEGER,
  part TEXT NOT NULL,
  detail TEXT NOT NULL,
  excerpt TEXT NOT NULL,
  refs TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  ledger_index INTEGER NOT NULL
) STRICT;
CREATE INDEX findings_by_asset ON findings(asset, state, severity);
CREATE INDEX findings_by_severity ON findings(severity, row);
CREATE INDEX findings_by_state ON findings(state, severity, row);
CREATE INDEX findings_by_rule ON findings(rule, severity, row);
CREATE INDEX findings_by_time ON findings(first_seen, severity);

CREATE TABLE events(
  ledger_index INTEGER PRIMARY KEY,
  time INTEGER,
  predicate_type TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor TEXT NOT NULL,
  what TEXT NOT NULL,
  change_id TEXT NOT NULL,
  incomplete TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_type ON events(predicate_type, ledger_index);
CREATE INDEX events_by_time ON events(predicate_type, time);
)sql";

constexpr std::array<store::Migration, 1> kLayout = {{{"tables", kTables}}};

}  // namespace

std::span<const store::Migration> index_layout() {
  return kLayout;
}

}  // namespace saiph::control
