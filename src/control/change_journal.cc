#include "control/change_journal.h"

#include "base/time_text.h"
#include "codec/json/json_writer.h"
#include "crypto/sha256.h"

namespace saiph::control {

namespace {

void write_digest(codec::JsonWriter& json, std::string_view name,
                  const std::optional<Digest>& digest) {
  if (digest) {
    json.member(name, keyed_text(*digest));
  } else {
    json.key(name);
    json.null();
  }
}

}  // namespace

std::string_view name_of(ActorKind kind) {
  switch (kind) {
    case ActorKind::kSystem:
      return "system";
    case ActorKind::kSetup:
      return "setup";
    case ActorKind::kSession:
      return "session";
    case ActorKind::kToken:
      return "token";
    case ActorKind::kCommand:
      return "command";
  }
  return "system";
}

std::string keyed_text(const Digest& digest) {
  const std::string text = digest.text();
  return "hmac-" + text;
}

Result<ledger::Statement> statement_of(const Change& change) {
  ledger::Statement statement;
  statement.predicate_type =
      ledger::predicate_type_uri(ledger::PredicateType::kConfigurationChange);
  SAIPH_TRY(const Digest subject, crypto::sha256(as_bytes(change.object)));
  statement.subjects.push_back(ledger::Subject::of(change.object_kind, subject));
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("time", rfc3339_text(change.time));
  if (!change.id.empty()) json.member("change", change.id);
  json.member("what", change.what);
  json.object("actor");
  json.member("kind", name_of(change.actor_kind));
  write_digest(json, "digest", change.actor);
  json.end_object();
  json.object("object");
  json.member("kind", change.object_kind);
  json.member("id", change.object);
  json.end_object();
  write_digest(json, "before", change.before);
  write_digest(json, "after", change.after);
  json.end_object();
  return statement;
}

Result<std::uint64_t> LedgerJournal::record(const Change& change) {
  SAIPH_TRY(const ledger::Statement statement, statement_of(change));
  return append_(statement);
}

}  // namespace saiph::control
