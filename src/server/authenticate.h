// Who sent a request: by session cookie or by API token.
#pragma once

#include <variant>

#include "server/context.h"

namespace saiph::server {

/// The principal, or why not (401). A request with an Authorization field is judged by that alone.
/// Cost: a hash and an indexed read. Any thread.
std::variant<Principal, Problem> authenticate(const Services& services,
                                              const net::RequestHead& head, UnixMillis now);

/// What speaks against this principal carrying out this operation (403, 401), or nothing: token
/// where only sessions are taken, permission, origin and CSRF token of a session's change.
std::optional<Problem> refuse_principal(const Principal& principal, const Operation& operation,
                                        const net::RequestHead& head);

/// The 401 of whoever is not logged in.
Problem not_authenticated(std::string detail);

}  // namespace saiph::server
