#include "server/context.h"

#include "base/escape.h"

namespace saiph::server {

net::Response answer(Context& context, const Problem& problem) {
  return problem_response(problem, context.request_id);
}

net::Response answer(Context& context, const Error& error) {
  const Problem problem = problem_of(error);
  if (problem_row(problem.kind).status >= 500 && context.services.log) {
    context.services.log("request " + context.request_id + ": " +
                         std::string(context.operation.id) + ": " +
                         escape_terminal(error.describe()));
  }
  return answer(context, problem);
}

net::Response answer_change(Context& context, const Error& error) {
  if (error.code() == ErrorCode::kConflict && context.operation.if_match) {
    return answer(context, Problem{ProblemKind::kVersionConflict,
                                   "Read it again, look at what changed, and repeat your change."});
  }
  return answer(context, error);
}

void add_common_headers(net::Headers& headers, const net::RequestHead* head,
                        std::string_view request_id) {
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!headers.find(name)) headers.add(std::string(name), std::string(value));
  };
  add("X-Content-Type-Options", "nosniff");
  add("Cache-Control", "no-store");
  add("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  add("Referrer-Policy", "no-referrer");
  add("X-Frame-Options", "DENY");
  add("Cross-Origin-Opener-Policy", "same-origin");
  add("Cross-Origin-Resource-Policy", "same-origin");
  if (head != nullptr && head->is_tls) add("Strict-Transport-Security", "max-age=31536000");
  if (!request_id.empty()) add("X-Request-Id", request_id);
}

net::Response json_response(int status, std::string text) {
  return {status, "application/json", std::move(text)};
}

net::Response nothing_to_say() {
  return net::Response(204);
}

control::PageRequest read_page(QueryReader& query) {
  control::PageRequest page;
  page.limit = static_cast<std::size_t>(
      query.integer("limit", 1, control::kMaxPageItems).value_or(control::kDefaultPageItems));
  constexpr TextRule kCursor{1, 512, &is_word_of_url,
                             "must be what `next` of the page before said"};
  page.cursor = query.text("cursor", kCursor).value_or("");
  return page;
}

net::Response answer_list(Context& context, const Error& error) {
  if (error.code() != ErrorCode::kInvalidArgument) return answer(context, error);
  return answer(context, Problem{.kind = ProblemKind::kInvalidRequest,
                                 .errors = {{"query", "cursor", error.message()}}});
}

std::string etag_of(std::int64_t version) {
  return "\"v" + std::to_string(version) + "\"";
}

std::int64_t if_match(const Context& context) {
  const std::string_view text = context.head().headers.find("If-Match").value_or("");
  std::int64_t version = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') version = version * 10 + (c - '0');
  }
  return version;
}

std::optional<net::Response> refuse_parameters(Context& context) {
  QueryReader query(context.head());
  if (query.finish()) return std::nullopt;
  return answer(context, std::move(query).problem());
}

}  // namespace saiph::server
