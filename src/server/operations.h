// The one table of operations: what a request can ask for, who may, and who answers. A test
// compares every row with openapi.json.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "identity/permissions.h"
#include "net/http.h"

namespace saiph::server {

struct Context;
/// Answers a request; nothing when it answers by itself (streams). Runs on a worker.
using Handle = std::optional<net::Response> (*)(Context&);

/// Who may ask.
enum class Access : std::uint8_t {
  kPublic,      ///< strangers too
  kSelf,        ///< whoever is logged in
  kPermission,  ///< whoever has the row's permission
  kTiles,       ///< as kPermission, or strangers when ApiOptions::public_tiles is set
};

/// Which workers carry it out, so that slow work does not hold up quick work.
enum class Lane : std::uint8_t { kQuick, kPasswords, kTexts, kBulk };

/// Where the body goes.
enum class BodyKind : std::uint8_t {
  kNone,
  kJson,    ///< application/json, at most kMaxJsonBody
  kText,    ///< application/json, at most kMaxTextBody; beyond kMaxJsonBody for who may send it
  kScan,    ///< application/octet-stream into an upload, or kJson
  kReport,  ///< application/jsonl into a spool
};
inline constexpr std::size_t kMaxJsonBody = 64U << 10;
inline constexpr std::size_t kMaxTextBody = std::size_t{1} << 20;

struct Operation {
  net::Method method;
  std::string_view path;  ///< "/api/v1/accounts/{id}"; at most one "{...}"
  std::string_view id;
  Access access;
  identity::Permission permission;  ///< of kPermission and kTiles
  Lane lane;
  BodyKind body;
  bool with_token;  ///< API tokens may; else sessions only
  bool if_match;    ///< wants If-Match
  bool idempotent;  ///< takes Idempotency-Key
  bool rest;        ///< the parameter takes the rest of the path, slashes too
  Handle handle;
};

/// In the order of the document. Any thread.
std::span<const Operation> operations();

/// What a path and a method lead to.
struct Route {
  const Operation* operation = nullptr;  ///< null: see `allow`
  std::string_view parameter;            ///< a view into the path
  /// Methods of the path, for Allow; empty: no operation has this path.
  std::string_view allow;
};
/// HEAD leads to GET's operation. Any thread; linear in the number of operations.
Route route(net::Method method, std::string_view path);

}  // namespace saiph::server
