#include "server/problem.h"

#include <algorithm>
#include <array>

#include "base/escape.h"
#include "codec/json/json_writer.h"

namespace saiph::server {

namespace {

constexpr std::size_t kMaxErrors = 32;
constexpr std::size_t kMaxDetail = 2000;
constexpr std::size_t kMaxPart = 500;

constexpr std::array<ProblemRow, kProblemKinds> kRows{{
    {ProblemKind::kInvalidRequest, "invalid-request", "The request's form is wrong", 400},
    {ProblemKind::kNotAuthenticated, "not-authenticated", "Log in first", 401},
    {ProblemKind::kLoginRefused, "login-refused", "Name, password or code are wrong", 401},
    {ProblemKind::kTotpRequired, "totp-required", "The second factor's code is missing", 401},
    {ProblemKind::kSetupLinkRefused, "setup-link-refused", "The setup link is not good", 401},
    {ProblemKind::kForbidden, "forbidden", "This account or token may not do that", 403},
    {ProblemKind::kCsrf, "csrf", "The header X-Saiph-CSRF is missing or wrong", 403},
    {ProblemKind::kNotFound, "not-found", "There is no such thing", 404},
    {ProblemKind::kMethodNotAllowed, "method-not-allowed", "This path has other methods", 405},
    {ProblemKind::kConflict, "conflict", "It contradicts what is there", 409},
    {ProblemKind::kSetUpAlready, "set-up-already", "There is an administrator already", 409},
    {ProblemKind::kLastAdministrator, "last-administrator", "It is the last administrator", 409},
    {ProblemKind::kVersionConflict, "version-conflict", "It was changed since you read it", 412},
    {ProblemKind::kTooLarge, "too-large", "The body is larger than allowed", 413},
    {ProblemKind::kUnsupportedMediaType, "unsupported-media-type",
     "The body is of a type that is not read here", 415},
    {ProblemKind::kRefused, "refused", "This cannot be done as asked", 422},
    {ProblemKind::kIdempotencyKeyReused, "idempotency-key-reused",
     "The idempotency key belongs to another request", 422},
    {ProblemKind::kIfMatchRequired, "if-match-required", "Send If-Match", 428},
    {ProblemKind::kTooManyRequests, "too-many-requests", "Too many requests; wait", 429},
    {ProblemKind::kInternal, "internal", "A fault of Saiph", 500},
    {ProblemKind::kUnavailable, "unavailable", "Not now", 503},
}};

}  // namespace

const ProblemRow& problem_row(ProblemKind kind) {
  return kRows[static_cast<std::size_t>(kind)];
}

Problem problem_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kNotFound:
      return {ProblemKind::kNotFound, error.message()};
    case ErrorCode::kConflict:
      return {ProblemKind::kConflict, error.message()};
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kDenied:
      return {ProblemKind::kRefused, error.message()};
    case ErrorCode::kLimit:
      return {.kind = ProblemKind::kUnavailable, .detail = error.message(), .retry_after = 5};
    case ErrorCode::kUnavailable:
      return {.kind = ProblemKind::kUnavailable,
              .detail = "A part of the server does not work; its log says which.",
              .retry_after = 5};
    case ErrorCode::kMalformed:
    case ErrorCode::kUnsupported:
    case ErrorCode::kInternal:
      break;
  }
  return {ProblemKind::kInternal, "The server's log says more."};
}

net::Response problem_response(const Problem& problem, std::string_view request) {
  const ProblemRow& row = problem_row(problem.kind);
  std::string text;
  codec::JsonWriter json(text);
  json.begin_object();
  json.member("type", "urn:saiph:problem:" + std::string(row.name));
  json.member("title", row.title);
  json.member("status", row.status);
  if (!problem.detail.empty()) json.member("detail", shorten(problem.detail, kMaxDetail));
  if (!problem.errors.empty()) {
    json.array("errors");
    for (std::size_t i = 0; i < std::min(problem.errors.size(), kMaxErrors); ++i) {
      const FieldError& error = problem.errors[i];
      json.begin_object();
      json.member("in", error.in);
      json.member("name", shorten(error.name, kMaxPart));
      json.member("message", shorten(error.message, kMaxPart));
      json.end_object();
    }
    json.end_array();
  }
  if (!request.empty()) json.member("request", request);
  json.end_object();
  net::Response response(row.status, "application/problem+json", std::move(text));
  for (const auto& field : problem.headers.fields()) response.headers.add(field.name, field.value);
  if (problem.retry_after > 0) {
    response.headers.set("Retry-After", std::to_string(problem.retry_after));
  } else if (row.status == 429 || row.status == 503) {
    response.headers.set("Retry-After", "1");
  }
  return response;
}

}  // namespace saiph::server
