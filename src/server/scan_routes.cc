#include <array>

#include "ledger/format/statement.h"
#include "server/context.h"
#include "server/parts.h"
#include "server/routes.h"
#include "server/uploads.h"
#include "server/views.h"

namespace saiph::server::routes {

namespace {

Problem no_scan() {
  return {ProblemKind::kNotFound, "No scan has this identifier."};
}

ScanRequester requester(const Context& context) {
  return {context.who().account.id, !context.who().session.has_value()};
}

/// The job as it is now: its row, and what the scan service knows beyond it.
Result<control::ScanJob> find_job(Context& context) {
  SAIPH_TRY(control::ScanJob job, context.services.state.scans().get(context.parameter));
  if (is_final(job.state)) return job;
  if (const auto update = context.services.scans.current(job.id)) {
    return with_update(std::move(job), *update);
  }
  return job;
}

std::optional<net::Response> refuse_form(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  if (!is_uuid7(context.parameter)) return answer(context, no_scan());
  return std::nullopt;
}

net::Response answer_scan(Context& context, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return answer(context, no_scan());
  return answer(context, error);
}

net::Headers event_headers(const Context& context) {
  net::Headers headers;
  headers.add("Content-Type", "text/event-stream");
  headers.add("Cache-Control", "no-store");
  headers.add("X-Accel-Buffering", "no");
  add_common_headers(headers, &context.head(), context.request_id);
  return headers;
}

Answer watch(Context& context, const std::string& job) {
  LiveUpdates& live = context.parts.live;
  const std::string& account = context.who().account.id;
  if (context.is_head()) {
    if (auto stream = context.exchange->stream(200, event_headers(context))) stream->close();
    return std::nullopt;
  }
  if (!live.reserve(account)) {
    return answer(context, Problem{.kind = ProblemKind::kTooManyRequests,
                                   .detail = "This account has enough live streams open.",
                                   .retry_after = 10});
  }
  auto stream = context.exchange->stream(200, event_headers(context));
  if (stream == nullptr) {
    live.give_up(account);
    return std::nullopt;
  }
  live.add(account, std::move(stream), job);
  return std::nullopt;
}

}  // namespace

Answer list_scans(Context& context) {
  QueryReader query(context.head());
  const control::PageRequest page = read_page(query);
  constexpr std::array<std::string_view, 5> kStates{"queued", "running", "done", "failed",
                                                    "cancelled"};
  const auto state = query.word("state", kStates);
  if (!query.finish()) return answer(context, std::move(query).problem());
  auto jobs = context.services.state.scans().list(
      state ? parse_scan_state(kStates[*state]) : std::nullopt, page);
  if (!jobs) return answer_list(context, jobs.error());
  for (control::ScanJob& job : jobs->items) {
    // A filter has been applied to the rows; newer states must not contradict it.
    if (is_final(job.state) || state) continue;
    if (const auto update = context.services.scans.current(job.id)) {
      job = with_update(std::move(job), *update);
    }
  }
  return page_answer(
      *jobs, [](codec::JsonWriter& json, const control::ScanJob& job) { write(json, job); });
}

Answer create_scan(Context& context) {
  QueryReader query(context.head());
  const auto label = query.text("label", {1, 255});
  if (!query.finish()) return answer(context, std::move(query).problem());
  ScanOrder order;
  order.label = label.value_or("");
  order.requested_by = requester(context);
  if (auto* sink = dynamic_cast<UploadSink*>(context.sink.get())) {
    order.upload = sink->take();
  } else {
    constexpr TextRule kPath{1, 4096, [](std::string_view text) { return text.starts_with('/'); },
                             "must begin with /"};
    BodyReader body(context.body());
    const auto path = body.text("path", kPath);
    const auto name = body.text("label", {1, 255}, Presence::kOptional);
    if (!body.finish()) return answer(context, std::move(body).problem());
    order.path = *path;
    if (name) order.label = *name;
  }
  const auto id = context.services.scans.submit(std::move(order));
  if (!id) {
    switch (id.error().code()) {
      case ErrorCode::kNotFound:
        return answer(context, Problem{ProblemKind::kRefused, "There is no such path."});
      case ErrorCode::kDenied:
        return answer(context, Problem{ProblemKind::kForbidden, id.error().message()});
      default:
        return answer(context, id.error());
    }
  }
  const auto job = context.services.state.scans().get(*id);
  if (!job) return answer(context, job.error());
  net::Response response = json_answer(202, [&](codec::JsonWriter& json) { write(json, *job); });
  response.headers.add("Location", "/api/v1/scans/" + job->id);
  return response;
}

Answer get_scan(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto job = find_job(context);
  if (!job) return answer_scan(context, job.error());
  return json_answer(200, [&](codec::JsonWriter& json) { write(json, *job); });
}

Answer cancel_scan(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto job = context.services.state.scans().get(context.parameter);
  if (!job) return answer_scan(context, job.error());
  const Status cancelled = context.services.scans.cancel(context.parameter, requester(context));
  if (!cancelled) {
    // Not known any more: it ended between the two looks.
    const bool ended = cancelled.error().code() == ErrorCode::kInvalidArgument ||
                       cancelled.error().code() == ErrorCode::kNotFound;
    return ended ? answer(context, Problem{ProblemKind::kConflict, "The scan has ended already."})
                 : answer(context, cancelled.error());
  }
  return nothing_to_say();
}

Answer watch_scan(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto job = context.services.state.scans().get(context.parameter);
  if (!job) return answer_scan(context, job.error());
  return watch(context, job->id);
}

Answer watch_all(Context& context) {
  if (auto refusal = refuse_parameters(context)) return refusal;
  return watch(context, "");
}

Answer get_scan_report(Context& context) {
  if (auto refusal = refuse_form(context)) return refusal;
  const auto job = context.services.state.scans().get(context.parameter);
  if (!job) return answer_scan(context, job.error());
  if (job->state != ScanState::kDone) {
    return answer(context,
                  Problem{ProblemKind::kConflict, "There is a report only when the scan is done."});
  }
  auto report = context.services.scans.report(context.parameter);
  if (!report) {
    if (report.error().code() == ErrorCode::kNotFound) {
      return answer(context, Problem{ProblemKind::kNotFound, "The report is not kept any more."});
    }
    return answer(context, report.error());
  }
  net::Response response(200);
  response.headers.add("Content-Type", "application/jsonl");
  response.headers.add("Content-Disposition", "attachment; filename=\"" + job->id + ".jsonl\"");
  const std::uint64_t size = (*report)->size();
  response.body = net::FileBody{std::move(*report), 0, size};
  return response;
}

Answer record_report(Context& context) {
  QueryReader query(context.head());
  const auto exit_code = query.integer("exit_code", 0, 4, Presence::kRequired);
  if (!query.finish()) return answer(context, std::move(query).problem());
  auto* sink = dynamic_cast<SpoolSink*>(context.sink.get());
  if (sink == nullptr) {
    return answer(context, Error(ErrorCode::kInternal, "a report came without its sink"));
  }
  const auto report = sink->finish();
  if (!report) return answer(context, report.error());
  const auto receipt = context.services.record_report(**report, static_cast<int>(*exit_code),
                                                      context.who().account.id);
  if (!receipt) {
    if (receipt.error().code() == ErrorCode::kMalformed ||
        receipt.error().code() == ErrorCode::kUnsupported) {
      return answer(context, Problem{ProblemKind::kRefused,
                                     "This is no whole report: " + receipt.error().describe()});
    }
    return answer(context, receipt.error());
  }
  return json_answer(201, [&](codec::JsonWriter& json) {
    json.begin_object();
    json.member("entry", receipt->index);
    json.member("leaf", receipt->leaf.text());
    json.member("tree_size", receipt->tree_size);
    json.end_object();
  });
}

}  // namespace saiph::server::routes
