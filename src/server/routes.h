// The handlers of all operations, named as their operation ids.
#pragma once

#include <optional>

#include "net/http.h"
#include "server/operations.h"

namespace saiph::server::routes {

using Answer = std::optional<net::Response>;

// session_routes.cc
Answer log_in(Context& context);
Answer who_am_i(Context& context);
Answer log_out(Context& context);
Answer get_setup(Context& context);
Answer set_up(Context& context);
Answer begin_oidc(Context& context);
Answer finish_oidc(Context& context);
// account_routes.cc
Answer list_accounts(Context& context);
Answer create_account(Context& context);
Answer get_account(Context& context);
Answer change_account(Context& context);
Answer delete_account(Context& context);
Answer set_password(Context& context);
Answer begin_totp(Context& context);
Answer confirm_totp(Context& context);
Answer remove_totp(Context& context);
Answer end_sessions(Context& context);
// token_routes.cc
Answer list_tokens(Context& context);
Answer create_token(Context& context);
Answer revoke_token(Context& context);
// finding_routes.cc
Answer get_overview(Context& context);
Answer list_assets(Context& context);
Answer get_asset(Context& context);
Answer list_findings(Context& context);
Answer get_finding(Context& context);
Answer list_events(Context& context);
Answer list_rules(Context& context);
Answer get_rule(Context& context);
// suppression_routes.cc
Answer list_suppressions(Context& context);
Answer create_suppression(Context& context);
Answer get_suppression(Context& context);
Answer change_suppression(Context& context);
Answer revoke_suppression(Context& context);
// scan_routes.cc
Answer list_scans(Context& context);
Answer create_scan(Context& context);
Answer get_scan(Context& context);
Answer cancel_scan(Context& context);
Answer watch_scan(Context& context);
Answer get_scan_report(Context& context);
Answer record_report(Context& context);
Answer watch_all(Context& context);
// inspection_routes.cc
Answer inspect_text(Context& context);
// ledger_routes.cc
Answer get_ledger(Context& context);
Answer get_entry(Context& context);
Answer get_proof(Context& context);
Answer get_consistency(Context& context);
Answer get_content(Context& context);
Answer make_evidence_pack(Context& context);
Answer export_ledger(Context& context);
Answer get_checkpoint(Context& context);
Answer get_tile(Context& context);
// settings_routes.cc
Answer get_settings(Context& context);
Answer change_settings(Context& context);
Answer make_backup(Context& context);
Answer is_alive(Context& context);
Answer get_health(Context& context);
Answer get_metrics(Context& context);
Answer get_open_api(Context& context);

}  // namespace saiph::server::routes
