#include <chrono>

#include "codec/base64/base64.h"
#include "ledger/content_store.h"
#include "ledger/evidence_pack.h"
#include "ledger/export.h"
#include "ledger/format/entry_proof.h"
#include "server/archive.h"
#include "server/context.h"
#include "server/cookies.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/text_rules.h"

namespace saiph::server::routes {

namespace {

constexpr std::uint64_t kMaxIndex = 9'007'199'254'740'991;  // of JSON numbers (RFC 7493)

/// Whoever asks just after another one has got theirs need not come again.
constexpr std::chrono::seconds kTurn{2};

Problem no_entry() {
  return {ProblemKind::kNotFound, "The ledger has no such entry."};
}

/// The path's index, in its one spelling.
std::optional<std::uint64_t> entry_index(std::string_view text) {
  if (text.empty() || text.size() > 16 || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  std::uint64_t index = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return index <= kMaxIndex ? std::optional(index) : std::nullopt;
}

net::Response answer_entry(Context& context, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return answer(context, no_entry());
  return answer(context, error);
}

std::string hash_text(const Digest& digest) {
  return codec::encode_base64(digest.bytes);
}

net::Response download(std::string type, const std::string& file, std::string text) {
  net::Response response(200, std::move(type), std::move(text));
  response.headers.add("Content-Disposition", "attachment; filename=\"" + file + "\"");
  return response;
}

Problem one_at_a_time() {
  return {.kind = ProblemKind::kUnavailable,
          .detail = "Another export or evidence pack is being made.",
          .retry_after = 10};
}

/// Answers with an archive of what `fill` writes; one such answer is made at a time.
template <typename Fill>
Answer send_folder(Context& context, const std::string& name, const Fill& fill) {
  const std::unique_lock lock(context.parts.bulk_mutex, kTurn);
  if (!lock) return answer(context, one_at_a_time());
  const auto scratch = ScratchFolder::make(context);
  if (!scratch) return answer(context, scratch.error());
  ledger::DiskFolder target(scratch->path());
  if (const Status filled = fill(target); !filled) return answer(context, filled.error());
  send_archive(context, *scratch, name);
  return std::nullopt;
}

}  // namespace

Answer get_ledger(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto head = context.services.ledger.head();
  const ledger::Settings settings = context.services.ledger_settings();
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("origin", context.services.ledger.origin());
    json.member("size", head->size);
    json.member("root", hash_text(head->root));
    json.member("checkpoint", head->checkpoint);
    json.array("keys");
    for (std::size_t i = 0; i < settings.keys.size(); ++i) {
      const ledger::VerifierKey& key = settings.keys[i];
      json.begin_object();
      json.member("verifier", key.text());
      json.member("fingerprint", key.key().fingerprint().text());
      json.member("algorithm",
                  key.type() == ledger::NoteKeyType::kEcdsa ? "ecdsa-p256" : "ed25519");
      json.member("current", i + 1 == settings.keys.size());
      json.end_object();
    }
    json.end_array();
    json.end_object();
  });
}

Answer get_entry(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto index = entry_index(context.parameter);
  if (!index) return answer(context, no_entry());
  const auto entry = context.services.ledger.entry(*index);
  if (!entry) return answer_entry(context, entry.error());
  return json_response(200, std::string(as_text(*entry)));
}

Answer get_proof(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto index = entry_index(context.parameter);
  if (!index) return answer(context, no_entry());
  const ledger::Ledger& ledger = context.services.ledger;
  auto entry = ledger.entry(*index);
  if (!entry) return answer_entry(context, entry.error());
  auto inclusion = ledger.inclusion(*index);
  if (!inclusion) return answer_entry(context, inclusion.error());
  auto text = ledger::encode_entry_proof({.extra = std::move(*entry),
                                          .index = *index,
                                          .path = std::move(inclusion->path),
                                          .checkpoint = inclusion->head->checkpoint});
  if (!text) return answer(context, text.error());
  return download("text/plain; charset=utf-8", "entry-" + std::to_string(*index) + ".tlog-proof",
                  std::move(*text));
}

Answer get_consistency(Context& context) {
  QueryReader query(context.head());
  const auto from = query.integer("from", 0, kMaxIndex, Presence::kRequired);
  const auto to = query.integer("to", 0, kMaxIndex);
  if (!query.finish()) return answer(context, std::move(query).problem());
  const ledger::Ledger& ledger = context.services.ledger;
  const std::uint64_t size = ledger.head()->size;
  const std::uint64_t end = to.value_or(size);
  if (*from > end || end > size) {
    return answer(context, Problem{ProblemKind::kRefused,
                                   "`from` <= `to` <= " + std::to_string(size) + " is needed."});
  }
  const auto path = ledger.consistency(*from, end);
  if (!path) return answer(context, path.error());
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("from", *from);
    json.member("to", end);
    json.array("path");
    for (const Digest& hash : *path) json.string(hash_text(hash));
    json.end_array();
    json.end_object();
  });
}

Answer get_content(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Problem none{ProblemKind::kNotFound, "No entry's body has this digest."};
  const std::string text = "sha256:" + std::string(context.parameter);
  const auto digest = is_digest_text(text) ? Digest::parse(text) : std::nullopt;
  if (!digest) return answer(context, none);
  ledger::Folder& folder = context.services.ledger_folder;
  // Evidence goes out only after it was compared with its digest.
  const auto state = ledger::check_content(folder, *digest);
  if (!state) return answer(context, state.error());
  if (*state == ledger::ContentState::kMissing) return answer(context, none);
  if (*state == ledger::ContentState::kChanged) {
    return answer(context, Error(ErrorCode::kMalformed,
                                 "the body " + text + " is not the one that was recorded"));
  }
  auto file = folder.open(ledger::content_name(*digest), ledger::OpenMode::kRead);
  if (!file) return answer(context, file.error());
  net::Response response(200);
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("Content-Disposition",
                       "attachment; filename=\"" + std::string(context.parameter) + "\"");
  const std::uint64_t size = (*file)->size();
  response.body = net::FileBody{std::shared_ptr<const ByteSource>(std::move(*file)), 0, size};
  return response;
}

Answer make_evidence_pack(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  const auto entries = body.integers("entries", kMaxIndex, 1, 1000);
  if (!body.finish()) return answer(context, std::move(body).problem());
  const std::uint64_t size = context.services.ledger.head()->size;
  for (const std::uint64_t index : *entries) {
    if (index >= size) {
      return answer(context, Problem{ProblemKind::kRefused,
                                     "The ledger has " + std::to_string(size) + " entries; " +
                                         std::to_string(index) + " is none of them."});
    }
  }
  return send_folder(context, "evidence", [&](ledger::Folder& target) -> Status {
    const auto bodies =
        ledger::write_evidence_pack(context.services.ledger, context.services.ledger_folder,
                                    context.services.ledger_settings(), *entries, target);
    if (bodies) return {};
    return bodies.error().code() == ErrorCode::kNotFound
               ? Error(ErrorCode::kUnavailable, bodies.error().describe())
               : bodies.error();
  });
}

Answer export_ledger(Context& context) {
  constexpr std::array<std::string_view, 2> kLayouts{"segments", "tiles"};
  QueryReader query(context.head());
  const auto layout = query.word("layout", kLayouts);
  if (!query.finish()) return answer(context, std::move(query).problem());
  return send_folder(context, "ledger", [&](ledger::Folder& target) -> Status {
    const auto exported = ledger::export_ledger(
        context.services.ledger_folder, context.services.ledger_settings(), target,
        layout.value_or(0) == 1 ? ledger::ExportLayout::kTiles : ledger::ExportLayout::kSegments);
    return exported ? Status() : Status(exported.error());
  });
}

Answer get_checkpoint(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  return net::Response(200, "text/plain; charset=utf-8",
                       context.services.ledger.head()->checkpoint);
}

Answer get_tile(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Problem none{ProblemKind::kNotFound, "The tree has no such tile."};
  const auto id = ledger::parse_tile_path("tile/" + std::string(context.parameter));
  if (!id) return answer(context, none);
  auto tile = context.services.ledger.tile(*id);
  if (!tile) {
    return tile.error().code() == ErrorCode::kNotFound ? answer(context, none)
                                                       : answer(context, tile.error());
  }
  net::Response response(200, "application/octet-stream", std::string(as_text(*tile)));
  // A tile never changes: neither a full nor a partial one of a given width.
  response.headers.add("Cache-Control", context.options.public_tiles
                                            ? "public, max-age=31536000, immutable"
                                            : "private, max-age=31536000, immutable");
  return response;
}

}  // namespace saiph::server::routes
