#include "server/views.h"

#include <algorithm>

#include "base/escape.h"
#include "base/time_text.h"

namespace saiph::server {

namespace {

using codec::JsonWriter;

/// Texts of hostile files come whole from the index; the interface has limits.
constexpr std::size_t kMaxText = 60'000;
constexpr std::size_t kMaxName = 4000;
constexpr std::size_t kMaxReferences = 256;

void time(JsonWriter& json, std::string_view name, UnixMillis value) {
  json.member(name, rfc3339_text(value));
}
void time(JsonWriter& json, std::string_view name, const std::optional<UnixMillis>& value) {
  json.key(name);
  value ? json.string(rfc3339_text(*value)) : json.null();
}
void text(JsonWriter& json, std::string_view name, std::string_view value, std::size_t max) {
  json.member(name, shorten(value, max));
}
void text_or_null(JsonWriter& json, std::string_view name, std::string_view value,
                  std::size_t max = kMaxName) {
  json.key(name);
  value.empty() ? json.null() : json.string(shorten(value, max));
}
void digest(JsonWriter& json, std::string_view name, const std::optional<Digest>& value) {
  json.key(name);
  value ? json.string(value->text()) : json.null();
}
void number_or_null(JsonWriter& json, std::string_view name,
                    const std::optional<std::uint64_t>& value) {
  json.key(name);
  value ? json.number(*value) : json.null();
}

}  // namespace

void write_counts(JsonWriter& json, std::string_view name, const control::BySeverity& counts) {
  json.object(name);
  for (std::size_t i = counts.size(); i-- > 0;) {
    json.member(name_of(static_cast<Severity>(i)), counts[i]);
  }
  json.end_object();
}

void write(JsonWriter& json, const control::Account& account) {
  json.begin_object();
  json.member("id", account.id);
  json.member("name", account.name);
  json.member("display", account.display);
  json.member("role", identity::name_of(account.role));
  json.member("disabled", account.disabled);
  json.member("totp", account.has_totp);
  json.member("password", account.has_password);
  json.member("oidc", !account.oidc_subject.empty());
  time(json, "created", account.created);
  json.member("version", account.version);
  json.end_object();
}

void write(JsonWriter& json, const control::ApiToken& token) {
  json.begin_object();
  json.member("id", token.id);
  json.member("name", token.name);
  json.member("owner", token.owner);
  json.array("scopes");
  for (const std::string_view scope : identity::scope_names(token.scopes)) json.string(scope);
  json.end_array();
  time(json, "created", token.created);
  time(json, "expires", token.expires);
  time(json, "last_used", token.last_used);
  json.member("revoked", token.revoked);
  json.end_object();
}

void write(JsonWriter& json, const control::Asset& asset) {
  json.begin_object();
  json.member("id", asset.id);
  text(json, "kind", asset.kind, 64);
  text(json, "name", asset.name, kMaxName);
  digest(json, "digest", asset.digest);
  json.member("bytes", asset.size_bytes);
  json.array("types");
  for (std::size_t i = 0; i < std::min<std::size_t>(asset.types.size(), 64); ++i) {
    json.string(shorten(asset.types[i], 60));
  }
  json.end_array();
  json.member("verdict", name_of(asset.verdict));
  json.member("replaced", asset.replaced);
  write_counts(json, "findings", asset.open);
  time(json, "first_seen", asset.first_seen);
  time(json, "last_seen", asset.last_seen);
  text_or_null(json, "scan", asset.scan_job.value_or(""));
  json.member("entry", asset.ledger_index);
  json.end_object();
}

void write(JsonWriter& json, const control::IndexedFinding& finding) {
  json.begin_object();
  json.member("id", finding.id);
  text(json, "rule", finding.rule, 124);
  text(json, "title", finding.title, 500);
  json.member("severity", name_of(finding.severity));
  json.member("state", control::name_of(finding.state));
  json.member("asset", finding.asset);
  text(json, "asset_name", finding.asset_name, kMaxName);
  digest(json, "digest", finding.digest);
  json.object("location");
  text(json, "path", finding.path, kMaxText);
  number_or_null(json, "offset", finding.offset);
  number_or_null(json, "line", finding.line);
  text_or_null(json, "part", finding.part, kMaxText);
  json.end_object();
  text(json, "detail", finding.detail, kMaxText);
  text(json, "excerpt", finding.excerpt, kMaxText);
  json.array("references");
  for (std::size_t i = 0; i < std::min(finding.references.size(), kMaxReferences); ++i) {
    json.string(shorten(finding.references[i], 500));
  }
  json.end_array();
  text(json, "fingerprint", finding.fingerprint, 124);
  time(json, "first_seen", finding.first_seen);
  time(json, "last_seen", finding.last_seen);
  text_or_null(json, "suppression", finding.suppression);
  text_or_null(json, "suppressed_by", finding.suppressed_by);
  json.member("entry", finding.ledger_index);
  json.end_object();
}

void write(JsonWriter& json, const control::IndexedEvent& event) {
  json.begin_object();
  json.member("index", event.index);
  time(json, "time", event.time);
  text(json, "type", event.predicate_type, 500);
  text(json, "subject", event.subject, kMaxName);
  text_or_null(json, "actor", event.actor, 250);
  text_or_null(json, "what", event.what, 120);
  text_or_null(json, "incomplete", event.incomplete, 1000);
  json.end_object();
}

void write(JsonWriter& json, const control::ScanJob& job) {
  json.begin_object();
  json.member("id", job.id);
  json.member("kind", name_of(job.kind));
  text(json, "label", job.label, kMaxName);
  json.member("state", name_of(job.state));
  json.member("files", job.files);
  json.member("bytes", job.bytes);
  json.member("findings", job.findings);
  json.key("verdict");
  job.verdict ? json.string(name_of(*job.verdict)) : json.null();
  number_or_null(json, "entry", job.ledger_index);
  text_or_null(json, "requested_by", job.requested_by);
  time(json, "created", job.created);
  time(json, "started", job.started);
  time(json, "finished", job.finished);
  text_or_null(json, "error", job.error, 2000);
  json.end_object();
}

void write(JsonWriter& json, const Rule& rule) {
  json.begin_object();
  json.member("id", rule.id);
  json.member("title", rule.title);
  json.member("severity", name_of(rule.severity));
  json.member("maturity", name_of(rule.maturity));
  json.member("meaning", rule.meaning);
  json.member("remedy", rule.remedy);
  json.array("references");
  for (const std::string_view reference : rule.references) json.string(reference);
  json.end_array();
  json.end_object();
}

void write_suppression(JsonWriter& json, const control::Suppression& suppression, UnixMillis now) {
  json.begin_object();
  json.member("id", suppression.id);
  json.member("rule", suppression.rule);
  digest(json, "digest", suppression.digest);
  json.key("path");
  suppression.path ? json.string(*suppression.path) : json.null();
  json.member("reason", suppression.reason);
  time(json, "expires", suppression.expires);
  text_or_null(json, "author", suppression.author);
  time(json, "created", suppression.created);
  time(json, "revoked", suppression.revoked);
  json.member("active", suppression.active(now));
  json.member("version", suppression.version);
  json.end_object();
}

void write_session(JsonWriter& json, const Principal& principal, std::string_view csrf) {
  json.begin_object();
  json.key("account");
  write(json, principal.account);
  json.array("permissions");
  for (const std::string_view name : identity::scope_names(principal.permissions)) {
    json.string(name);
  }
  json.end_array();
  json.member("kind", principal.session ? "session" : "token");
  text_or_null(json, "csrf", csrf);
  time(json, "expires", principal.expires);
  json.end_object();
}

void write_settings(JsonWriter& json, const control::Settings& settings,
                    const ApiOptions& options) {
  json.begin_object();
  json.member("retention_days", settings.retention_days);
  json.member("legal_hold", settings.legal_hold);
  json.member("version", settings.version);
  json.array("scan_roots");
  for (const std::string& root : options.scan_roots) json.string(root);
  json.end_array();
  json.member("max_upload_bytes", options.max_upload_bytes);
  json.member("public_tiles", options.public_tiles);
  json.member("saiph", options.version);
  json.end_object();
}

control::ScanJob with_update(control::ScanJob job, const ScanUpdate& update) {
  // The row's state may be behind or, when the job has just ended, ahead of the update.
  job.state = std::max(job.state, update.state);
  job.files = std::max(job.files, update.files);
  job.bytes = std::max(job.bytes, update.bytes);
  job.findings = std::max(job.findings, update.findings);
  if (!job.verdict) job.verdict = update.verdict;
  if (!job.ledger_index) job.ledger_index = update.ledger_index;
  if (job.error.empty()) job.error = update.error;
  return job;
}

}  // namespace saiph::server
