#include "server/console_files.h"

#include <algorithm>

#include "server/problem.h"

namespace saiph::server {

namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const ConsoleAsset* find(std::span<const ConsoleAsset> assets, std::string_view path) {
  const auto it = std::lower_bound(
      assets.begin(), assets.end(), path,
      [](const ConsoleAsset& asset, std::string_view wanted) { return asset.path < wanted; });
  return it != assets.end() && it->path == path ? &*it : nullptr;
}

/// Whether gzip is taken (RFC 9110, 12.5.3); "gzip;q=0" says that it is not.
bool takes_gzip(const net::Headers& headers) {
  for (const auto& field : headers.fields()) {
    if (!net::equal_ignoring_case(field.name, "Accept-Encoding")) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      std::string_view coding = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(coding.size() + 1, rest.size()));
      while (coding.starts_with(' ')) coding.remove_prefix(1);
      const std::string_view name = coding.substr(0, coding.find_first_of("; "));
      if (!net::equal_ignoring_case(name, "gzip")) continue;
      const std::size_t q = coding.find("q=");
      return q == std::string_view::npos ||
             coding.find_first_of("123456789", q) != std::string_view::npos;
    }
  }
  return false;
}

/// If-None-Match (RFC 9110, 13.1.2) by weak comparison.
bool is_known(const net::Headers& headers, std::string_view etag) {
  const auto field = headers.find("If-None-Match");
  return field && (*field == "*" || field->find(etag) != std::string_view::npos);
}

}  // namespace

bool is_console_path(std::string_view path) {
  return path != "/api" && !path.starts_with("/api/") && path != "/ledger/checkpoint" &&
         !path.starts_with("/ledger/tile");
}

net::Response console_answer(std::span<const ConsoleAsset> assets, const net::RequestHead& head) {
  if (head.method != net::Method::kGet && head.method != net::Method::kHead) {
    Problem problem{ProblemKind::kMethodNotAllowed, "The console's files are read with GET."};
    problem.headers.add("Allow", "GET, HEAD");
    return problem_response(problem);
  }
  if (assets.empty()) {
    return problem_response({.kind = ProblemKind::kUnavailable,
                             .detail = "This program was built without the console. The interface "
                                       "is described at /api/v1/openapi.json.",
                             .retry_after = 3600});
  }
  const ConsoleAsset* asset = find(assets, head.path);
  const std::string_view last = std::string_view(head.path).substr(head.path.rfind('/') + 1);
  if (asset == nullptr && last.find('.') == std::string_view::npos) {
    asset = find(assets, "/index.html");
  }
  if (asset == nullptr) return problem_response({ProblemKind::kNotFound, "There is no such file."});

  net::Response response(200);
  response.headers.add("Content-Type", std::string(asset->content_type));
  response.headers.add("ETag", std::string(asset->etag));
  response.headers.add("Vary", "Accept-Encoding");
  response.headers.add("Content-Security-Policy", std::string(kPolicy));
  response.headers.add("Cache-Control",
                       asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (is_known(head.headers, asset->etag)) {
    response.status = 304;
    return response;
  }
  const bool packed = !asset->gzip.empty() && takes_gzip(head.headers);
  if (packed) response.headers.add("Content-Encoding", "gzip");
  response.body = net::StaticBody{as_bytes(packed ? asset->gzip : asset->plain)};
  return response;
}

}  // namespace saiph::server
