// The console's files over HTTP: types, tags, compression, and a strict content security policy.
#pragma once

#include <span>
#include <string_view>

#include "net/http.h"
#include "server/console_assets.h"

namespace saiph::server {

/// Whether a path without an operation belongs to the console: not below /api/ or /ledger/.
bool is_console_path(std::string_view path);

/// The answer to GET or HEAD of such a path: the file; index.html for "/" and for pages (a last
/// name without a dot); 304; 404; 503 in a program that was built without the console. Any thread;
/// logarithmic in the number of files; the files are not copied.
net::Response console_answer(std::span<const ConsoleAsset> assets, const net::RequestHead& head);

}  // namespace saiph::server
