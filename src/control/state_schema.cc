#include "control/state_schema.h"

#include <array>

namespace saiph::control {

namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Which changes happened: their ids in the ledger.
CREATE TABLE changes(
  id TEXT PRIMARY KEY,
  ledger_index INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts(
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  display TEXT NOT NULL,
  role TEXT NOT NULL CHECK(role IN ('admin', 'operator', 'auditor', 'reporter')),
  disabled INTEGER NOT NULL CHECK(disabled IN (0, 1)),
  password TEXT,
  totp BLOB,
  totp_step INTEGER,
  oidc_issuer TEXT,
  oidc_subject TEXT,
  created INTEGER NOT NULL,
  version INTEGER NOT NULL,
  CHECK((oidc_issuer IS NULL) = (oidc_subject IS NULL)),
  CHECK((totp IS NULL) = (totp_step IS NULL)),
  UNIQUE(oidc_issuer, oidc_subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE recovery_codes(
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  code BLOB NOT NULL CHECK(length(code) = 32),
  PRIMARY KEY(account, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions(
  token BLOB PRIMARY KEY CHECK(length(token) = 32),
  csrf BLOB NOT NULL CHECK(length(csrf) = 32),
  account TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  created INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_account ON sessions(account);

CREATE TABLE tokens(
  id TEXT PRIMARY KEY,
  token BLOB NOT NULL UNIQUE CHECK(length(token) = 32),
  name TEXT NOT NULL,
  owner TEXT NOT NULL REFERENCES accounts(id) ON DELETE CASCADE,
  scopes TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  last_used INTEGER,
  revoked INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_time ON tokens(created, id);
CREATE INDEX tokens_by_owner ON tokens(owner, created, id);

CREATE TABLE setup(
  only_one INTEGER PRIMARY KEY CHECK(only_one = 1),
  token BLOB NOT NULL CHECK(length(token) = 32),
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE suppressions(
  id TEXT PRIMARY KEY,
  rule TEXT NOT NULL,
  digest BLOB CHECK(length(digest) = 32),
  path TEXT,
  reason TEXT NOT NULL,
  expires INTEGER NOT NULL,
  author TEXT NOT NULL,
  created INTEGER NOT NULL,
  revoked INTEGER,
  version INTEGER NOT NULL,
  CHECK((digest IS NULL) <> (path IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_by_time ON suppressions(created, id);

CREATE TABLE scan_jobs(
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK(kind IN ('upload', 'path')),
  label TEXT NOT NULL,
  path TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  files INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  findings INTEGER NOT NULL DEFAULT 0,
  verdict TEXT CHECK(verdict IN ('clean', 'findings', 'incomplete')),
  ledger_index INTEGER,
  requested_by TEXT NOT NULL,
  created INTEGER NOT NULL,
  started INTEGER,
  finished INTEGER,
  error TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_jobs_by_time ON scan_jobs(created, id);
CREATE INDEX scan_jobs_by_state ON scan_jobs(state, created, id);

CREATE TABLE settings(
  only_one INTEGER PRIMARY KEY CHECK(only_one = 1),
  retention_days INTEGER NOT NULL CHECK(retention_days BETWEEN 1 AND 3650),
  legal_hold INTEGER NOT NULL CHECK(legal_hold IN (0, 1)),
  version INTEGER NOT NULL
) STRICT;
INSERT INTO settings VALUES(1, 365, 0, 1);

CREATE TABLE idempotency(
  account TEXT NOT NULL,
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  request BLOB NOT NULL CHECK(length(request) = 32),
  begun INTEGER NOT NULL,
  response BLOB,
  PRIMARY KEY(account, route, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency(begun);
)sql";

constexpr std::array<store::Migration, 1> kMigrations = {
    {{"accounts to idempotency keys", kFirst}}};

}  // namespace

std::span<const store::Migration> state_migrations() {
  return kMigrations;
}

}  // namespace saiph::control
