#include "server/api_server.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <exception>

#include "base/escape.h"
#include "codec/json/json_writer.h"
#include "crypto/secret.h"
#include "server/authenticate.h"
#include "server/console_files.h"
#include "server/context.h"
#include "server/cookies.h"
#include "server/operations.h"
#include "server/parts.h"
#include "server/suppressed.h"
#include "server/uploads.h"

namespace saiph::server {

namespace {

constexpr std::size_t kSlowWorkers = 2;
constexpr std::size_t kPasswordQueue = 32;
/// Each that waits may hold kMaxTextBody.
constexpr std::size_t kTextQueue = 16;
constexpr std::size_t kBulkQueue = 8;

bool is_read(net::Method method) {
  return method == net::Method::kGet || method == net::Method::kHead;
}

/// "application/json; charset=utf-8" -> "application/json"; nothing for another charset.
std::optional<std::string_view> media_type(const net::Headers& headers) {
  const std::string_view field = headers.find("Content-Type").value_or("");
  const std::size_t semicolon = field.find(';');
  std::string_view type = field.substr(0, semicolon);
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (semicolon == std::string_view::npos) return type;
  std::string_view rest = field.substr(semicolon + 1);
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (net::equal_ignoring_case(rest, "charset=utf-8") ||
      net::equal_ignoring_case(rest, "charset=\"utf-8\"")) {
    return type;
  }
  return std::nullopt;
}

bool is_type(const net::Headers& headers, std::string_view wanted) {
  const auto type = media_type(headers);
  return type && net::equal_ignoring_case(*type, wanted);
}

std::optional<std::uint64_t> announced_length(const net::Headers& headers) {
  const auto field = headers.find("Content-Length");
  if (!field || field->empty() || field->size() > 18) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : *field) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return length;
}

Problem busy() {
  return {.kind = ProblemKind::kUnavailable,
          .detail = "More is asked than can be answered now.",
          .retry_after = 2};
}

/// 428, or 400 for what is no ETag of ours.
std::optional<Problem> refuse_if_match(const Operation& operation, const net::RequestHead& head) {
  if (!operation.if_match) return std::nullopt;
  const auto field = head.headers.find("If-Match");
  if (!field) {
    return Problem{ProblemKind::kIfMatchRequired, "Send the ETag that you read as If-Match."};
  }
  const bool good =
      field->size() >= 4 && field->size() <= 18 && field->starts_with("\"v") &&
      field->ends_with('"') &&
      field->substr(2, field->size() - 3).find_first_not_of("0123456789") == std::string_view::npos;
  if (good) return std::nullopt;
  return Problem{.kind = ProblemKind::kInvalidRequest,
                 .errors = {{"header", "If-Match", "must be one ETag, like \"v3\""}}};
}

std::optional<Problem> refuse_body(const Operation& operation, const net::RequestHead& head) {
  const auto refusal = [](std::string detail) {
    return Problem{ProblemKind::kUnsupportedMediaType, std::move(detail)};
  };
  const bool json = is_type(head.headers, "application/json");
  switch (operation.body) {
    case BodyKind::kNone:
      break;
    case BodyKind::kJson:
    case BodyKind::kText:
      if (!json) return refusal("Send application/json.");
      break;
    case BodyKind::kScan:
      if (!json && !is_type(head.headers, "application/octet-stream")) {
        return refusal("Send the file as application/octet-stream, or application/json.");
      }
      break;
    case BodyKind::kReport:
      if (!is_type(head.headers, "application/jsonl")) return refusal("Send application/jsonl.");
      break;
  }
  return std::nullopt;
}

}  // namespace

struct ApiServer::Impl {
  Impl(Services given, ApiOptions chosen)
      : services(std::move(given)),
        options(std::move(chosen)),
        parts(services, options),
        quick(options.quick_workers, options.quick_queue),
        passwords(kSlowWorkers, kPasswordQueue),
        texts(kSlowWorkers, kTextQueue),
        bulk(kSlowWorkers, kBulkQueue) {
    parts.http_counters = [this] {
      const std::lock_guard lock(server_mutex);
      return server == nullptr ? net::ServerCounters() : server->counters();
    };
    parts.pool_figures = [this](Lane lane) { return pool(lane).figures(); };
    std::array<std::uint8_t, 8> seed{};
    // Without randomness ids begin at zero: they are names for the log, no secrets.
    static_cast<void>(crypto::random_bytes(seed));
    for (const std::uint8_t byte : seed) id_base = id_base << 8U | byte;
    watch =
        services.scans.watch([this](const ScanUpdate& update) { parts.live.scan_updated(update); });
  }

  WorkerPool& pool(Lane lane) {
    switch (lane) {
      case Lane::kQuick:
        return quick;
      case Lane::kPasswords:
        return passwords;
      case Lane::kTexts:
        return texts;
      case Lane::kBulk:
        break;
    }
    return bulk;
  }
  std::string new_id() { return fmt::format("{:016x}", id_base + next_id++); }

  bool is_open(const Operation& operation) const {
    return operation.access == Access::kPublic ||
           (operation.access == Access::kTiles && options.public_tiles);
  }

  net::BodyPlan plan_large(const Operation& operation, const net::RequestHead& head);
  void carry_out(const std::shared_ptr<net::Exchange>& exchange, const Operation& operation,
                 std::string_view parameter);
  std::optional<net::Response> decide(Context& context);
  std::optional<net::Response> answer_once(Context& context);
  net::Response finished(net::Response response, const net::RequestHead& head,
                         const std::string& id) {
    add_common_headers(response.headers, &head, id);
    return response;
  }

  Services services;
  ApiOptions options;
  Parts parts;
  std::mutex server_mutex;
  const net::Server* server = nullptr;  // guarded by server_mutex
  std::uint64_t id_base = 0;
  std::atomic<std::uint64_t> next_id = 0;
  std::unique_ptr<ScanSubscription> watch;
  // Last: they end first, with everything that they use still there.
  WorkerPool quick;
  WorkerPool passwords;
  WorkerPool texts;
  WorkerPool bulk;
};

ApiServer::ApiServer(Services services, ApiOptions options)
    : impl_(std::make_unique<Impl>(std::move(services), std::move(options))) {}

ApiServer::~ApiServer() = default;

void ApiServer::attach(const net::Server* server) {
  const std::lock_guard lock(impl_->server_mutex);
  impl_->server = server;
}

void ApiServer::index_changed() {
  const auto head = impl_->services.ledger.head();
  std::string data;
  codec::JsonWriter json(data);
  json.begin_object();
  json.member("size", head->size);
  json.end_object();
  impl_->parts.live.publish("ledger", data);
  impl_->parts.live.publish("finding", "{}");
}

void ApiServer::expire_suppressions() {
  const auto changed = apply_suppressions(impl_->services, impl_->parts, impl_->services.now());
  if (!changed && impl_->services.log) {
    impl_->services.log("suppressions: " + escape_terminal(changed.error().describe()));
  }
}

Status ApiServer::flush() {
  return impl_->parts.auditor.flush();
}

net::Response ApiServer::failure(int status, std::string_view reason) {
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("type", "urn:saiph:problem:http-" + std::to_string(status));
  json.member("title", net::reason_phrase(status));
  json.member("status", status);
  if (!reason.empty()) json.member("detail", reason);
  json.end_object();
  net::Response response(status, "application/problem+json", std::move(text));
  if (status == 429 || status == 503) response.headers.add("Retry-After", "1");
  add_common_headers(response.headers, nullptr, "");
  return response;
}

net::BodyPlan ApiServer::plan(const net::RequestHead& head) {
  Impl& impl = *impl_;
  const auto refuse = [&](const Problem& problem) {
    const std::string id = impl.new_id();
    return net::BodyPlan::refuse(impl.finished(problem_response(problem, id), head, id));
  };
  const Route found = route(head.method, head.path);
  if (head.method == net::Method::kOptions && (found.operation == nullptr)) {
    net::Response response(204);
    response.headers.add("Allow",
                         found.allow.empty() ? "GET, HEAD, OPTIONS" : std::string(found.allow));
    return net::BodyPlan::refuse(impl.finished(std::move(response), head, ""));
  }
  if (found.operation == nullptr) {
    if (!found.allow.empty()) {
      Problem problem{ProblemKind::kMethodNotAllowed, "It has: " + std::string(found.allow)};
      problem.headers.add("Allow", std::string(found.allow));
      return refuse(problem);
    }
    if (!is_console_path(head.path)) {
      return refuse({ProblemKind::kNotFound, "The interface has no such path."});
    }
    return net::BodyPlan::refuse(
        impl.finished(console_answer(impl.services.console, head), head, ""));
  }
  const Operation& operation = *found.operation;
  if (const auto problem = refuse_body(operation, head)) return refuse(*problem);
  switch (operation.body) {
    case BodyKind::kNone:
      return net::BodyPlan::memory(0);
    case BodyKind::kJson:
      return net::BodyPlan::memory(kMaxJsonBody);
    case BodyKind::kText: {
      const auto announced = announced_length(head.headers);
      if (announced && *announced <= kMaxJsonBody) return net::BodyPlan::memory(kMaxJsonBody);
      break;
    }
    case BodyKind::kScan:
      if (is_type(head.headers, "application/json")) return net::BodyPlan::memory(kMaxJsonBody);
      break;
    case BodyKind::kReport:
      break;
  }
  return impl.plan_large(operation, head);
}

/// A body that takes the disk, or much memory, is only let in for somebody who may send it. The
/// worker asks again when it is there: rights can end meanwhile.
net::BodyPlan ApiServer::Impl::plan_large(const Operation& operation,
                                          const net::RequestHead& head) {
  const auto refuse = [&](const Problem& problem) {
    const std::string id = new_id();
    return net::BodyPlan::refuse(finished(problem_response(problem, id), head, id));
  };
  auto who = authenticate(services, head, services.now());
  if (const auto* problem = std::get_if<Problem>(&who)) return refuse(*problem);
  if (const auto problem = refuse_principal(std::get<Principal>(who), operation, head)) {
    return refuse(*problem);
  }
  const auto announced = announced_length(head.headers);
  const std::uint64_t most = operation.body == BodyKind::kText   ? kMaxTextBody
                             : operation.body == BodyKind::kScan ? options.max_upload_bytes
                                                                 : options.max_report_bytes;
  if (announced && *announced > most) {
    return refuse({ProblemKind::kTooLarge, fmt::format("At most {} bytes are taken.", most)});
  }
  if (operation.body == BodyKind::kText) return net::BodyPlan::memory(kMaxTextBody);
  if (operation.body == BodyKind::kReport) {
    return net::BodyPlan::sink(std::make_unique<SpoolSink>(), most);
  }
  auto upload = services.scans.begin_upload(announced);
  if (!upload) return refuse(problem_of(upload.error()));
  return net::BodyPlan::sink(std::make_unique<UploadSink>(std::move(*upload)), most);
}

void ApiServer::handle(const std::shared_ptr<net::Exchange>& exchange) {
  const net::RequestHead& head = exchange->head();
  const Route found = route(head.method, head.path);
  if (found.operation == nullptr) return;  // plan has answered
  const Operation& operation = *found.operation;
  auto job = [this, exchange, &operation, parameter = found.parameter] {
    try {
      impl_->carry_out(exchange, operation, parameter);
    } catch (const std::exception& error) {
      // Out of memory, mostly. The exchange answers 500 when it is let go.
      if (impl_->services.log) {
        impl_->services.log(std::string(operation.id) + ": " + escape_terminal(error.what()));
      }
    }
  };
  if (impl_->pool(operation.lane).submit(std::move(job))) return;
  const std::string id = impl_->new_id();
  exchange->respond(impl_->finished(problem_response(busy(), id), head, id));
}

void ApiServer::Impl::carry_out(const std::shared_ptr<net::Exchange>& exchange,
                                const Operation& operation, std::string_view parameter) {
  if (exchange->cancelled()) return;
  const auto began = std::chrono::steady_clock::now();
  Context context{.services = services,
                  .options = options,
                  .parts = parts,
                  .operation = operation,
                  .exchange = exchange,
                  .parameter = parameter,
                  .principal = nullptr,
                  .sink = exchange->take_sink(),
                  .now = services.now(),
                  .request_id = new_id()};
  auto response = decide(context);
  const auto number = static_cast<std::size_t>(&operation - operations().data());
  parts.metrics.answered(number, response ? response->status : 200,
                         std::chrono::steady_clock::now() - began);
  if (response) {
    exchange->respond(finished(std::move(*response), exchange->head(), context.request_id));
  }
}

std::optional<net::Response> ApiServer::Impl::decide(Context& context) {
  const Operation& operation = context.operation;
  const net::RequestHead& head = context.head();
  if (is_open(operation)) {
    // A foreign page must not log its visitor in as somebody else.
    if (!is_read(head.method) && !is_same_origin(head)) {
      return answer(context,
                    Problem{ProblemKind::kCsrf, "The request came from a page of another site."});
    }
  } else {
    auto who = authenticate(services, head, context.now);
    if (const auto* problem = std::get_if<Problem>(&who)) return answer(context, *problem);
    context.principal = std::make_shared<const Principal>(std::move(std::get<Principal>(who)));
    if (const auto problem = refuse_principal(context.who(), operation, head)) {
      return answer(context, *problem);
    }
  }
  if (const auto problem = refuse_if_match(operation, head)) return answer(context, *problem);
  const bool recorded = context.principal && is_read(head.method) &&
                        operation.access == Access::kPermission &&
                        identity::reads_are_recorded(context.who().account.role);
  if (recorded && !parts.auditor.add(context.who().account.id, operation.id,
                                     std::string(context.parameter), context.now)) {
    return answer(context, Problem{.kind = ProblemKind::kUnavailable,
                                   .detail = "What auditors read cannot be recorded at the moment.",
                                   .retry_after = 60});
  }
  if (operation.idempotent && head.headers.find("Idempotency-Key")) return answer_once(context);
  return operation.handle(context);
}

/// With an idempotency key: does it, or says again what was said.
std::optional<net::Response> ApiServer::Impl::answer_once(Context& context) {
  const std::string_view text = context.head().headers.find("Idempotency-Key").value_or("");
  if (text.size() > 128 || !is_header_key(text)) {
    return answer(context, Problem{.kind = ProblemKind::kInvalidRequest,
                                   .errors = {{"header", "Idempotency-Key",
                                               "must be 1 to 128 letters, digits and . _ : -"}}});
  }
  const control::IdempotencyKey key{std::string(text), context.who().account.id,
                                    std::string(context.operation.id)};
  // Keyed: a body may hold a password, and its digest is kept for a day.
  std::string request = context.head().target + "\n";
  if (auto* upload = dynamic_cast<UploadSink*>(context.sink.get())) {
    request += upload->digest().text();
  } else if (auto* spool = dynamic_cast<SpoolSink*>(context.sink.get())) {
    request += spool->digest().text();
  } else {
    request += context.body();
  }
  auto& keys = services.state.idempotency();
  auto begun = keys.begin(key, services.state.actor_digest("request\n" + request), context.now);
  if (!begun) {
    switch (begun.error().code()) {
      case ErrorCode::kConflict:
        return answer(context, Problem{ProblemKind::kIdempotencyKeyReused,
                                       "Use a new key for a new request."});
      case ErrorCode::kLimit:
        return answer(context, Problem{.kind = ProblemKind::kTooManyRequests,
                                       .detail = begun.error().message(),
                                       .retry_after = 3600});
      case ErrorCode::kUnavailable:
        if (begun.error().message() == "in progress") {
          return answer(context, Problem{ProblemKind::kConflict,
                                         "The first request with this key is not answered yet."});
        }
        return answer(context, begun.error());
      default:
        return answer(context, begun.error());
    }
  }
  if (const auto& earlier = *begun) {
    net::Response again(earlier->status, earlier->content_type, earlier->body);
    if (!earlier->location.empty()) again.headers.add("Location", earlier->location);
    if (!earlier->etag.empty()) again.headers.add("ETag", earlier->etag);
    again.headers.add("Idempotency-Replayed", "true");
    return again;
  }
  auto response = context.operation.handle(context);
  const bool kept =
      response && response->status < 300 && std::holds_alternative<std::string>(response->body);
  Status noted;
  if (kept) {
    const net::Headers& headers = response->headers;
    noted = keys.complete(key,
                          {.status = response->status,
                           .content_type = std::string(headers.find("Content-Type").value_or("")),
                           .location = std::string(headers.find("Location").value_or("")),
                           .etag = std::string(headers.find("ETag").value_or("")),
                           .body = std::get<std::string>(response->body)},
                          context.now);
  } else {
    noted = keys.abandon(key);
  }
  if (!noted && services.log) {
    services.log("request " + context.request_id +
                 ": its idempotency key: " + escape_terminal(noted.error().describe()));
  }
  return response;
}

}  // namespace saiph::server
