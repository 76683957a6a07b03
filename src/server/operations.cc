#include "server/operations.h"

#include <array>
#include <string>
#include <vector>

#include "server/routes.h"

namespace saiph::server {

namespace {

using enum identity::Permission;
using enum net::Method;

// Columns: method, path, id, access, permission, lane, body, token, If-Match, Idempotency-Key,
// rest.
// clang-format off
constexpr auto kOperations = std::to_array<Operation>({
    {kPost, "/api/v1/session", "logIn", Access::kPublic, kRead, Lane::kPasswords, BodyKind::kJson, false, false, false, false, &routes::log_in},
    {kGet, "/api/v1/session", "whoAmI", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::who_am_i},
    {kDelete, "/api/v1/session", "logOut", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::log_out},
    {kGet, "/api/v1/setup", "getSetup", Access::kPublic, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::get_setup},
    {kPost, "/api/v1/setup", "setUp", Access::kPublic, kRead, Lane::kPasswords, BodyKind::kJson, false, false, false, false, &routes::set_up},
    {kGet, "/api/v1/oidc/begin", "beginOidc", Access::kPublic, kRead, Lane::kPasswords, BodyKind::kNone, false, false, false, false, &routes::begin_oidc},
    {kGet, "/api/v1/oidc/callback", "finishOidc", Access::kPublic, kRead, Lane::kPasswords, BodyKind::kNone, false, false, false, false, &routes::finish_oidc},
    {kGet, "/api/v1/accounts", "listAccounts", Access::kPermission, kReadSettings, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_accounts},
    {kPost, "/api/v1/accounts", "createAccount", Access::kPermission, kAdminister, Lane::kPasswords, BodyKind::kJson, true, false, true, false, &routes::create_account},
    {kGet, "/api/v1/accounts/{id}", "getAccount", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_account},
    {kPatch, "/api/v1/accounts/{id}", "changeAccount", Access::kPermission, kAdminister, Lane::kQuick, BodyKind::kJson, true, true, false, false, &routes::change_account},
    {kDelete, "/api/v1/accounts/{id}", "deleteAccount", Access::kPermission, kAdminister, Lane::kQuick, BodyKind::kNone, true, true, false, false, &routes::delete_account},
    {kPost, "/api/v1/accounts/{id}/password", "setPassword", Access::kSelf, kRead, Lane::kPasswords, BodyKind::kJson, false, false, true, false, &routes::set_password},
    {kPost, "/api/v1/accounts/{id}/totp", "beginTotp", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::begin_totp},
    {kPut, "/api/v1/accounts/{id}/totp", "confirmTotp", Access::kSelf, kRead, Lane::kQuick, BodyKind::kJson, false, false, false, false, &routes::confirm_totp},
    {kDelete, "/api/v1/accounts/{id}/totp", "removeTotp", Access::kPermission, kAdminister, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::remove_totp},
    {kDelete, "/api/v1/accounts/{id}/sessions", "endSessions", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::end_sessions},
    {kGet, "/api/v1/tokens", "listTokens", Access::kSelf, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::list_tokens},
    {kPost, "/api/v1/tokens", "createToken", Access::kPermission, kOwnTokens, Lane::kQuick, BodyKind::kJson, false, false, true, false, &routes::create_token},
    {kDelete, "/api/v1/tokens/{id}", "revokeToken", Access::kPermission, kOwnTokens, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::revoke_token},
    {kGet, "/api/v1/overview", "getOverview", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_overview},
    {kGet, "/api/v1/assets", "listAssets", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_assets},
    {kGet, "/api/v1/assets/{id}", "getAsset", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_asset},
    {kGet, "/api/v1/findings", "listFindings", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_findings},
    {kGet, "/api/v1/findings/{id}", "getFinding", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_finding},
    {kGet, "/api/v1/suppressions", "listSuppressions", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_suppressions},
    {kPost, "/api/v1/suppressions", "createSuppression", Access::kPermission, kSuppress, Lane::kQuick, BodyKind::kJson, true, false, true, false, &routes::create_suppression},
    {kGet, "/api/v1/suppressions/{id}", "getSuppression", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_suppression},
    {kPatch, "/api/v1/suppressions/{id}", "changeSuppression", Access::kPermission, kSuppress, Lane::kQuick, BodyKind::kJson, true, true, false, false, &routes::change_suppression},
    {kDelete, "/api/v1/suppressions/{id}", "revokeSuppression", Access::kPermission, kSuppress, Lane::kQuick, BodyKind::kNone, true, true, false, false, &routes::revoke_suppression},
    {kGet, "/api/v1/scans", "listScans", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_scans},
    {kPost, "/api/v1/scans", "createScan", Access::kPermission, kScan, Lane::kQuick, BodyKind::kScan, true, false, true, false, &routes::create_scan},
    {kGet, "/api/v1/scans/{id}", "getScan", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_scan},
    {kDelete, "/api/v1/scans/{id}", "cancelScan", Access::kPermission, kScan, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::cancel_scan},
    {kGet, "/api/v1/scans/{id}/events", "watchScan", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::watch_scan},
    {kGet, "/api/v1/scans/{id}/report", "getScanReport", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_scan_report},
    {kPost, "/api/v1/reports", "recordReport", Access::kPermission, kReport, Lane::kBulk, BodyKind::kReport, true, false, true, false, &routes::record_report},
    {kPost, "/api/v1/inspect", "inspectText", Access::kPermission, kRead, Lane::kTexts, BodyKind::kText, true, false, false, false, &routes::inspect_text},
    {kGet, "/api/v1/events", "listEvents", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_events},
    {kGet, "/api/v1/stream", "watchAll", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::watch_all},
    {kGet, "/api/v1/ledger", "getLedger", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_ledger},
    {kGet, "/api/v1/ledger/entries/{index}", "getEntry", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_entry},
    {kGet, "/api/v1/ledger/entries/{index}/proof", "getProof", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_proof},
    {kGet, "/api/v1/ledger/consistency", "getConsistency", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_consistency},
    {kGet, "/api/v1/ledger/content/{digest}", "getContent", Access::kPermission, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_content},
    {kPost, "/api/v1/ledger/evidence-pack", "makeEvidencePack", Access::kPermission, kReadLedger, Lane::kBulk, BodyKind::kJson, true, false, false, false, &routes::make_evidence_pack},
    {kGet, "/api/v1/ledger/export", "exportLedger", Access::kPermission, kReadLedger, Lane::kBulk, BodyKind::kNone, true, false, false, false, &routes::export_ledger},
    {kGet, "/ledger/checkpoint", "getCheckpoint", Access::kTiles, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_checkpoint},
    {kGet, "/ledger/tile/{path}", "getTile", Access::kTiles, kReadLedger, Lane::kQuick, BodyKind::kNone, true, false, false, true, &routes::get_tile},
    {kGet, "/api/v1/settings", "getSettings", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_settings},
    {kPatch, "/api/v1/settings", "changeSettings", Access::kPermission, kAdminister, Lane::kQuick, BodyKind::kJson, true, true, false, false, &routes::change_settings},
    {kPost, "/api/v1/backup", "makeBackup", Access::kPermission, kAdminister, Lane::kBulk, BodyKind::kNone, true, false, true, false, &routes::make_backup},
    {kGet, "/api/v1/rules", "listRules", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::list_rules},
    {kGet, "/api/v1/rules/{rule}", "getRule", Access::kPermission, kRead, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_rule},
    {kGet, "/healthz", "isAlive", Access::kPublic, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::is_alive},
    {kGet, "/api/v1/health", "getHealth", Access::kPermission, kReadMetrics, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_health},
    {kGet, "/metrics", "getMetrics", Access::kPermission, kReadMetrics, Lane::kQuick, BodyKind::kNone, true, false, false, false, &routes::get_metrics},
    {kGet, "/api/v1/openapi.json", "getOpenApi", Access::kPublic, kRead, Lane::kQuick, BodyKind::kNone, false, false, false, false, &routes::get_open_api},
});
// clang-format on

/// Splits a template around its parameter.
struct Template {
  std::string_view before;
  std::string_view after;
  bool has_parameter = false;
};
constexpr Template split(std::string_view path) {
  const std::size_t open = path.find('{');
  if (open == std::string_view::npos) return {path, {}, false};
  const std::size_t close = path.find('}', open);
  return {path.substr(0, open), path.substr(close + 1), true};
}

/// The parameter's text, or nothing when the path is another one.
std::optional<std::string_view> match(const Operation& operation, std::string_view path) {
  const Template form = split(operation.path);
  if (!form.has_parameter) {
    return path == form.before ? std::optional(std::string_view()) : std::nullopt;
  }
  if (path.size() <= form.before.size() + form.after.size() || !path.starts_with(form.before) ||
      !path.ends_with(form.after)) {
    return std::nullopt;
  }
  const std::string_view parameter =
      path.substr(form.before.size(), path.size() - form.before.size() - form.after.size());
  if (!operation.rest && parameter.find('/') != std::string_view::npos) return std::nullopt;
  return parameter;
}

/// Methods of each path as Allow writes them; the rows of one path stand together in the table.
std::string_view allow_of(std::string_view path) {
  struct Row {
    std::string_view path;
    std::string allow;
  };
  static const std::vector<Row> rows_by_path = [] {
    std::vector<Row> rows;
    for (const Operation& operation : kOperations) {
      if (rows.empty() || rows.back().path != operation.path) {
        rows.push_back({operation.path, "OPTIONS"});
      }
      std::string& allow = rows.back().allow;
      allow += ", " + std::string(net::method_name(operation.method));
      if (operation.method == kGet) allow += ", HEAD";
    }
    return rows;
  }();
  for (const Row& row : rows_by_path) {
    if (row.path == path) return row.allow;
  }
  return {};
}

}  // namespace

std::span<const Operation> operations() {
  return kOperations;
}

Route route(net::Method method, std::string_view path) {
  const net::Method wanted = method == kHead ? kGet : method;
  // A path without a parameter goes before one with ("/ledger/consistency" is no entry).
  const Operation* of_path = nullptr;
  for (const bool with_parameter : {false, true}) {
    for (const Operation& operation : kOperations) {
      if (split(operation.path).has_parameter != with_parameter) continue;
      const auto parameter = match(operation, path);
      if (!parameter) continue;
      if (operation.method == wanted) return {&operation, *parameter, {}};
      of_path = &operation;
    }
    if (of_path != nullptr) return {nullptr, {}, allow_of(of_path->path)};
  }
  return {};
}

}  // namespace saiph::server
