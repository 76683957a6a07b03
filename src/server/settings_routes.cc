#include <fstream>

#include "base/escape.h"
#include "base/time_text.h"
#include "server/api_server.h"
#include "server/context.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

net::Response settings_answer(const Context& context, const control::Settings& settings) {
  net::Response response = json_answer(
      200, [&](codec::JsonWriter& json) { write_settings(json, settings, context.options); });
  response.headers.add("ETag", etag_of(settings.version));
  return response;
}

struct Check {
  std::string_view name;
  bool ok = false;
  std::string detail;
};

Check check_state(const Context& context) {
  const auto count = context.services.state.accounts().count();
  if (!count) return {"state", false, count.error().describe()};
  return {"state", true, std::to_string(*count) + " accounts"};
}

Check check_index(const Context& context) {
  const auto size = context.services.index.size();
  if (!size) return {"index", false, size.error().describe()};
  const std::uint64_t entries = context.services.ledger.head()->size;
  // A few entries are on their way at any time; many are not.
  constexpr std::uint64_t kBehind = 1000;
  return {"index", *size + kBehind >= entries,
          std::to_string(*size) + " of " + std::to_string(entries) + " entries"};
}

Check check_scans(const Context& context) {
  const ScanFigures figures = context.services.scans.figures();
  return {
      "scans", true,
      std::to_string(figures.queued) + " waiting, " + std::to_string(figures.running) + " running"};
}

Check check_auditor_log(const Context& context) {
  const std::size_t waiting = context.parts.auditor.waiting();
  return {"auditor-reads", waiting < AuditorLog::kMaxWaiting / 2,
          std::to_string(waiting) + " reads wait to be recorded"};
}

/// Resident memory, from the second number of statm; 0 when it cannot be read.
std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return file ? resident * 4096 : 0;
}

void write_http(Exposition& out, const net::ServerCounters& http) {
  struct Row {
    std::string_view name;
    std::uint64_t value;
    std::string_view help;
  };
  out.single("saiph_http_connections", "gauge", "Open connections.", http.connections_open);
  out.single("saiph_http_streams", "gauge", "Open answers without end.", http.streams_open);
  const Row rows[] = {
      {"saiph_http_connections_accepted_total", http.connections_accepted, "Accepted connections."},
      {"saiph_http_accept_errors_total", http.accept_errors, "Connections that failed to open."},
      {"saiph_http_tls_failures_total", http.tls_failures, "TLS handshakes that failed."},
      {"saiph_http_requests_total", http.requests, "Requests that passed the strict layer."},
      {"saiph_http_requests_malformed_total", http.requests_malformed,
       "Requests that the strict layer refused."},
      {"saiph_http_requests_rate_limited_total", http.requests_rate_limited,
       "Requests over their address' rate."},
      {"saiph_http_requests_wrong_host_total", http.requests_wrong_host,
       "Requests for a host that this is not."},
      {"saiph_http_streams_overrun_total", http.streams_overrun,
       "Streams broken off because their client read too slowly."},
      {"saiph_http_received_bytes_total", http.bytes_received, "Bytes of HTTP received."},
      {"saiph_http_sent_bytes_total", http.bytes_sent, "Bytes of HTTP sent."},
  };
  for (const Row& row : rows) out.single(row.name, "counter", row.help, row.value);
  out.metric("saiph_http_connections_refused_total", "counter", "Connections over a limit.");
  out.sample("saiph_http_connections_refused_total", "limit=\"total\"",
             http.connections_refused_total);
  out.sample("saiph_http_connections_refused_total", "limit=\"address\"",
             http.connections_refused_per_address);
  out.metric("saiph_http_timeouts_total", "counter", "Connections ended for slowness.");
  out.sample("saiph_http_timeouts_total", "in=\"handshake\"", http.timeouts_handshake);
  out.sample("saiph_http_timeouts_total", "in=\"head\"", http.timeouts_head);
  out.sample("saiph_http_timeouts_total", "in=\"body\"", http.timeouts_body);
  out.sample("saiph_http_timeouts_total", "in=\"idle\"", http.timeouts_idle);
  out.sample("saiph_http_timeouts_total", "in=\"write\"", http.timeouts_write);
  out.sample("saiph_http_timeouts_total", "in=\"answer\"", http.timeouts_answer);
  out.metric("saiph_http_responses_total", "counter", "Answers by class of status.");
  out.sample("saiph_http_responses_total", "status=\"2xx\"", http.responses_2xx);
  out.sample("saiph_http_responses_total", "status=\"3xx\"", http.responses_3xx);
  out.sample("saiph_http_responses_total", "status=\"4xx\"", http.responses_4xx);
  out.sample("saiph_http_responses_total", "status=\"5xx\"", http.responses_5xx);
}

void write_workers(Exposition& out, const Parts& parts) {
  constexpr std::array<std::pair<Lane, std::string_view>, 4> kLanes{
      {{Lane::kQuick, "lane=\"quick\""},
       {Lane::kPasswords, "lane=\"passwords\""},
       {Lane::kTexts, "lane=\"texts\""},
       {Lane::kBulk, "lane=\"bulk\""}}};
  out.metric("saiph_workers_waiting", "gauge", "Requests that wait for a worker.");
  for (const auto& [lane, label] : kLanes) {
    out.sample("saiph_workers_waiting", label, parts.pool_figures(lane).waiting);
  }
  out.metric("saiph_workers_running", "gauge", "Requests that a worker is at.");
  for (const auto& [lane, label] : kLanes) {
    out.sample("saiph_workers_running", label, parts.pool_figures(lane).running);
  }
  out.metric("saiph_workers_refused_total", "counter", "Requests that found the queue full.");
  for (const auto& [lane, label] : kLanes) {
    out.sample("saiph_workers_refused_total", label, parts.pool_figures(lane).refused);
  }
}

}  // namespace

Answer get_settings(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto settings = context.services.state.settings().get();
  if (!settings) return answer(context, settings.error());
  return settings_answer(context, *settings);
}

Answer change_settings(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  BodyReader body(context.body());
  control::SettingsChange change;
  change.retention_days = body.integer("retention_days", 1, 3650, Presence::kOptional);
  change.legal_hold = body.boolean("legal_hold", Presence::kOptional);
  if (!body.finish()) return answer(context, std::move(body).problem());
  if (!change.retention_days && !change.legal_hold) {
    body.fail("", "must name at least one change");
    return answer(context, std::move(body).problem());
  }
  const auto settings = context.services.state.settings().change(
      if_match(context), change, context.who().actor(), context.now);
  if (!settings) return answer_change(context, settings.error());
  context.parts.live.publish("settings", "{}");
  return settings_answer(context, *settings);
}

Answer make_backup(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const auto backup = context.services.backup(context.now);
  if (!backup) return answer(context, backup.error());
  return json_answer(201, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("file", backup->file);
    json.member("bytes", backup->bytes);
    json.member("digest", backup->digest.text());
    json.member("created", rfc3339_text(context.now));
    json.end_object();
  });
}

Answer is_alive(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  return json_answer(200, [](codec::JsonWriter& json) {
    json.begin_object();
    json.member("status", "ok");
    json.end_object();
  });
}

Answer get_health(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const std::array<Check, 4> checks{check_state(context), check_index(context),
                                    check_scans(context), check_auditor_log(context)};
  bool ok = true;
  for (const Check& check : checks) ok = ok && check.ok;
  return json_answer(200, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("status", ok ? "ok" : "degraded");
    json.member("version", context.options.version);
    json.member("started", rfc3339_text(context.options.started));
    json.array("checks");
    for (const Check& check : checks) {
      json.begin_object();
      json.member("name", check.name);
      json.member("ok", check.ok);
      json.member("detail", shorten(check.detail, 1000));
      json.end_object();
    }
    json.end_array();
    json.end_object();
  });
}

Answer get_metrics(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  const Services& services = context.services;
  const Parts& parts = context.parts;
  Exposition out;
  out.metric("saiph_info", "gauge", "Which program this is.");
  out.sample("saiph_info", "version=\"" + context.options.version + "\"", std::uint64_t{1});
  out.single("saiph_started_seconds", "gauge", "When it started, since 1970.",
             static_cast<std::uint64_t>(context.options.started / kSecondMs));
  out.single("saiph_resident_bytes", "gauge", "Memory in use.", resident_bytes());
  write_http(out, parts.http_counters());
  parts.metrics.write(out);
  write_workers(out, parts);

  const LiveUpdates::Figures live = parts.live.figures();
  out.single("saiph_live_streams", "gauge", "Open live streams.", live.open);
  out.single("saiph_live_refused_total", "counter", "Live streams over a limit.", live.refused);
  out.single("saiph_live_events_total", "counter", "Events sent to live streams.", live.events);

  const identity::LoginThrottle::Figures throttle = services.throttle.figures();
  out.single("saiph_login_waits_total", "counter", "Tries to log in that were told to wait.",
             throttle.refused);

  const ScanFigures scans = services.scans.figures();
  out.metric("saiph_scans", "gauge", "Scans that wait or run.");
  out.sample("saiph_scans", "state=\"queued\"", scans.queued);
  out.sample("saiph_scans", "state=\"running\"", scans.running);
  out.metric("saiph_scans_total", "counter", "Scans that ended, since the start.");
  out.sample("saiph_scans_total", "state=\"done\"", scans.done);
  out.sample("saiph_scans_total", "state=\"failed\"", scans.failed);
  out.sample("saiph_scans_total", "state=\"cancelled\"", scans.cancelled);
  out.single("saiph_upload_bytes", "gauge", "Bytes of uploads that wait or run.",
             scans.upload_bytes);

  out.single("saiph_ledger_entries", "gauge", "Entries of the ledger.",
             services.ledger.head()->size);
  if (const auto size = services.index.size()) {
    out.single("saiph_index_entries", "gauge", "Entries of the ledger that the index has.", *size);
  }
  if (const auto sessions = services.state.sessions().count(context.now)) {
    out.single("saiph_sessions", "gauge", "Sessions that are good.", *sessions);
  }
  out.single("saiph_auditor_reads_waiting", "gauge", "Reads of auditors to be recorded.",
             parts.auditor.waiting());
  return net::Response(200, "text/plain; version=0.0.4; charset=utf-8", out.take());
}

Answer get_open_api(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  net::Response response(200);
  response.headers.add("Content-Type", "application/json");
  response.body = net::StaticBody{as_bytes(openapi_document())};
  return response;
}

}  // namespace saiph::server::routes
