#include "control/idempotency.h"

#include <algorithm>

#include "base/limits.h"
#include "codec/base64/base64.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "control/state_core.h"

namespace saiph::control {

namespace {

constexpr std::size_t kMaxKey = 255;
constexpr std::int64_t kMaxKeys = 1000;

std::string place_of(const IdempotencyKey& key) {
  // Accounts and routes hold no line end.
  return "idempotency:" + key.account + "\n" + key.route + "\n" + key.key;
}

Status check_key(const IdempotencyKey& key) {
  const bool printable =
      std::all_of(key.key.begin(), key.key.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (key.key.empty() || key.key.size() > kMaxKey || !printable) {
    return Error(ErrorCode::kInvalidArgument,
                 "an idempotency key has 1 to 255 printable ASCII characters");
  }
  return {};
}

store::Statement& bind_key(store::Statement& statement, const IdempotencyKey& key) {
  return statement.bind(1, key.account).bind(2, key.route).bind(3, key.key);
}

std::string encode_response(const StoredResponse& response) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("status", response.status);
  json.member("content_type", response.content_type);
  json.member("location", response.location);
  json.member("etag", response.etag);
  json.member("body", codec::encode_base64(as_bytes(response.body)));
  json.end_object();
  return text;
}

Result<StoredResponse> decode_response(ByteView bytes) {
  const Error malformed(ErrorCode::kMalformed, "a kept response is not what was written");
  Budget budget{Limits::strict()};
  SAIPH_TRY(const auto document, codec::load_json(ViewSource(bytes), budget));
  StoredResponse response;
  const auto text = [&](std::string_view name, std::string& out) {
    const codec::JsonValue* const value = document.root.find(name);
    if (value == nullptr || !value->is_string()) return false;
    out = value->string();
    return true;
  };
  const codec::JsonValue* const status = document.root.find("status");
  const auto number = status == nullptr ? std::nullopt : status->integer();
  std::string body;
  if (!number || !text("content_type", response.content_type) ||
      !text("location", response.location) || !text("etag", response.etag) || !text("body", body)) {
    return malformed;
  }
  const auto decoded = codec::decode_base64_exact(body);
  if (!decoded) return malformed;
  response.status = static_cast<int>(*number);
  response.body = as_text(*decoded);
  return response;
}

}  // namespace

Result<std::optional<StoredResponse>> IdempotencyKeys::begin(const IdempotencyKey& key,
                                                             const Digest& request,
                                                             UnixMillis now) {
  SAIPH_CHECK(check_key(key));
  SAIPH_TRY(
      const Bytes box,
      core_.write(StateCore::Sync::kFull, [&](store::Database& database) -> Result<Bytes> {
        SAIPH_TRY(store::Statement forget,
                  database.prepare("DELETE FROM idempotency WHERE account = ?1 AND (begun <= ?2 OR "
                                   "(response IS NULL AND begun <= ?3))"));
        forget.bind(1, key.account).bind(2, now - kKeptMs).bind(3, now - kAbandonedMs);
        SAIPH_CHECK(forget.run());
        SAIPH_TRY(
            store::Statement select,
            database.prepare("SELECT request, response FROM idempotency WHERE account = ?1 AND "
                             "route = ?2 AND key = ?3"));
        bind_key(select, key);
        SAIPH_TRY(const bool row, select.step());
        if (row) {
          SAIPH_TRY(const Digest first, select.digest(0));
          if (first != request) {
            return Error(ErrorCode::kConflict, "the idempotency key came with another request");
          }
          if (select.is_null(1)) return Error(ErrorCode::kUnavailable, "in progress");
          return select.blob(1);
        }
        SAIPH_TRY(store::Statement count,
                  database.prepare("SELECT count(*) FROM idempotency WHERE account = ?1"));
        count.bind(1, key.account);
        SAIPH_CHECK(count.step());
        if (count.integer(0) >= kMaxKeys) {
          return Error(ErrorCode::kLimit, "the account used 1,000 idempotency keys in a day");
        }
        SAIPH_TRY(store::Statement insert,
                  database.prepare("INSERT INTO idempotency VALUES(?1, ?2, ?3, ?4, ?5, NULL)"));
        bind_key(insert, key).bind(4, request).bind(5, now);
        SAIPH_CHECK(insert.run());
        return Bytes();
      }));
  if (box.empty()) return std::optional<StoredResponse>();
  SAIPH_TRY(const crypto::SecretBytes text, core_.key().unseal(box, place_of(key)));
  SAIPH_TRY(StoredResponse response, decode_response(text.view()));
  return std::optional<StoredResponse>(std::move(response));
}

Status IdempotencyKeys::complete(const IdempotencyKey& key, const StoredResponse& response,
                                 UnixMillis now) {
  if (response.body.size() > kMaxBody) {
    SAIPH_CHECK(abandon(key));
    return Error(ErrorCode::kLimit, "the response is too large to be kept");
  }
  SAIPH_TRY(const Bytes box, core_.key().seal(as_bytes(encode_response(response)), place_of(key)));
  return core_.write(StateCore::Sync::kFull, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement update,
              database.prepare("UPDATE idempotency SET response = ?4, begun = ?5 WHERE account = "
                               "?1 AND route = ?2 AND key = ?3 AND response IS NULL"));
    bind_key(update, key).bind_blob(4, box).bind(5, now);
    SAIPH_CHECK(update.run());
    if (database.changes() == 0) {
      return Error(ErrorCode::kNotFound, "the idempotency key was not begun, or given free");
    }
    return {};
  });
}

Status IdempotencyKeys::abandon(const IdempotencyKey& key) {
  return core_.write(StateCore::Sync::kFull, [&](store::Database& database) -> Status {
    SAIPH_TRY(store::Statement remove,
              database.prepare("DELETE FROM idempotency WHERE account = ?1 AND route = ?2 AND key "
                               "= ?3 AND response IS NULL"));
    return bind_key(remove, key).run();
  });
}

}  // namespace saiph::control
