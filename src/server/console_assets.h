// The console's files inside the program: a table that the build generates from build/console
// (cmake/console.cmake). Rows live for the whole program.
#pragma once

#include <span>
#include <string_view>

namespace saiph::server {

struct ConsoleAsset {
  /// As requested, with the slash in front: "/index.html", "/assets/index-3f9a.js". The server
  /// answers "/" and every path of a page of the console (no dot in its last name) with
  /// "/index.html".
  std::string_view path;
  std::string_view content_type;  ///< "text/javascript; charset=utf-8"
  std::string_view etag;          ///< strong, with its quotes: the digest of `plain`
  std::string_view plain;         ///< the file as built
  std::string_view gzip;          ///< the same, RFC 1952; empty when that is not shorter
  /// The name holds a digest of the content, so that it may be kept for ever.
  bool immutable = false;
};

/// Sorted by path. Empty in a build without the console: the server then says so at "/".
/// Any thread.
std::span<const ConsoleAsset> console_assets();

}  // namespace saiph::server
