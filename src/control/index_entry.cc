#include "control/index_entry.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "base/limits.h"
#include "base/time_text.h"
#include "codec/json/json.h"
#include "control/change_journal.h"
#include "control/identifier.h"
#include "ledger/content_store.h"
#include "ledger/format/envelope.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxText = 512;
constexpr std::size_t kMaxActor = 128;
constexpr std::string_view kReportType = "application/jsonl";

std::string kept(std::string_view text, std::size_t max) {
  return shorten(to_valid_utf8(text.substr(0, 4 * max)), max);
}

std::string subject_of(const ledger::Statement& statement) {
  const ledger::Subject& first = statement.subjects.front();
  std::string text = kept(first.name, kMaxText);
  if (text.empty() && !first.digests.empty()) {
    text = kept(first.digests.begin()->first + ":" + first.digests.begin()->second, kMaxText);
  }
  if (statement.subjects.size() > 1) {
    text += fmt::format(" and {} more", statement.subjects.size() - 1);
  }
  return text;
}

std::string_view text_at(const codec::JsonValue& object, std::string_view key) {
  const codec::JsonValue* const value = object.find(key);
  return value == nullptr ? std::string_view() : value->string();
}

/// Statements of people have "actor" as an object, those of scans and readers as a text.
std::string actor_of(const codec::JsonValue& predicate) {
  const codec::JsonValue* const actor = predicate.find("actor");
  if (actor == nullptr) return {};
  if (!actor->is_object()) return kept(actor->string(), kMaxActor);
  const std::string_view digest = text_at(*actor, "digest");
  return kept(digest.empty() ? text_at(*actor, "kind") : digest, kMaxActor);
}

std::optional<UnixMillis> time_of(const codec::JsonValue& predicate) {
  for (const char* const key : {"time", "started_at"}) {
    if (const auto time = parse_rfc3339(text_at(predicate, key))) return time;
  }
  return std::nullopt;
}

void read_predicate(const codec::JsonValue& predicate, IndexEntry& entry) {
  IndexedEvent& event = entry.event;
  event.time = time_of(predicate);
  event.actor = actor_of(predicate);
  const auto type = ledger::parse_predicate_type_uri(event.predicate_type);
  if (type == ledger::PredicateType::kConfigurationChange) {
    event.what = kept(text_at(predicate, "what"), kMaxActor);
    const std::string_view change = text_at(predicate, "change");
    if (is_identifier(change)) event.change = change;
  }
  if (type == ledger::PredicateType::kScanReport) {
    entry.is_scan_report = true;
    const std::string_view job = text_at(predicate, "job");
    if (is_identifier(job)) entry.job = std::string(job);
    entry.full = text_at(predicate, "mode") == "full";
    entry.from_upload = text_at(predicate, "source") == "upload";
  }
}

}  // namespace

IndexEntry read_entry(std::uint64_t index, ByteView bytes) {
  IndexEntry entry;
  entry.event.index = index;
  const auto envelope = ledger::decode_envelope(bytes);
  if (!envelope) {
    entry.event.incomplete =
        "the entry is no envelope: " + kept(envelope.error().describe(), kMaxText);
    return entry;
  }
  auto statement = ledger::decode_statement(envelope->payload);
  if (!statement) {
    entry.event.incomplete =
        "the entry is no statement: " + kept(statement.error().describe(), kMaxText);
    return entry;
  }
  entry.event.predicate_type = kept(statement->predicate_type, kMaxText);
  entry.event.subject = subject_of(*statement);
  Budget budget{Limits::strict()};
  const auto predicate = codec::load_json(ViewSource(as_bytes(statement->predicate)), budget);
  if (!predicate) {
    entry.event.incomplete =
        "its predicate cannot be read: " + kept(predicate.error().describe(), kMaxText);
    return entry;
  }
  read_predicate(predicate->root, entry);
  if (entry.is_scan_report) {
    const auto contents = ledger::content_of(*statement);
    if (contents) {
      for (const ledger::ContentReference& content : *contents) {
        if (content.media_type != kReportType) continue;
        entry.report = content.digest;
        break;
      }
    }
    if (!entry.report) entry.event.incomplete = "the entry names no report";
  }
  entry.statement = std::move(*statement);
  return entry;
}

}  // namespace saiph::control
