// Problems (RFC 9457): how the server says no. One table of kinds; its names are stable.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace saiph::server {

enum class ProblemKind : std::uint8_t {
  kInvalidRequest,        ///< 400: the form is wrong; `errors` names each place
  kNotAuthenticated,      ///< 401
  kLoginRefused,          ///< 401: name, password or code are wrong; which one is not said
  kTotpRequired,          ///< 401: the password was right, a code is missing
  kSetupLinkRefused,      ///< 401
  kForbidden,             ///< 403: role or scopes
  kCsrf,                  ///< 403: the header is missing or wrong
  kNotFound,              ///< 404
  kMethodNotAllowed,      ///< 405
  kConflict,              ///< 409
  kSetUpAlready,          ///< 409
  kLastAdministrator,     ///< 409
  kVersionConflict,       ///< 412
  kTooLarge,              ///< 413
  kUnsupportedMediaType,  ///< 415
  kRefused,               ///< 422: well formed, but cannot be done
  kIdempotencyKeyReused,  ///< 422
  kIfMatchRequired,       ///< 428
  kTooManyRequests,       ///< 429
  kInternal,              ///< 500
  kUnavailable,           ///< 503
};
inline constexpr std::size_t kProblemKinds = 21;

struct ProblemRow {
  ProblemKind kind;
  std::string_view name;  ///< type is "urn:saiph:problem:" + name
  std::string_view title;
  int status;
};
/// Never fails. Any thread.
const ProblemRow& problem_row(ProblemKind kind);

/// One wrong place of a request.
struct FieldError {
  std::string in;    ///< "body", "query", "path", "header"
  std::string name;  ///< JSON pointer, or the parameter's name
  std::string message;
};

struct Problem {
  ProblemKind kind = ProblemKind::kInternal;
  std::string detail = {};
  std::vector<FieldError> errors = {};
  /// Seconds, for 429 and 503.
  std::int64_t retry_after = 0;
  /// Further fields of the answer ("Allow", "WWW-Authenticate").
  net::Headers headers = {};
};

/// The problem that an error of a lower room is for whoever asked. kInternal, kMalformed and
/// kUnsupported tell nothing of the inside: their message goes to the log, not out.
/// Any thread.
Problem problem_of(const Error& error);

/// application/problem+json. `request` names the request in the log; it may be empty.
/// Texts of any origin are escaped and cut to the document's limits. Any thread.
net::Response problem_response(const Problem& problem, std::string_view request = {});

}  // namespace saiph::server
