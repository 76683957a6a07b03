// Settings of `saiph serve`: one TOML file, every key known, each with a default that is safe.
// docs/formats/serve-settings.md describes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/serve_request.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph::app {

struct ServeSettings {
  std::string data = kDefaultData;

  // [server]
  std::vector<std::string> listen;  ///< empty: 127.0.0.1:8700
  std::vector<std::string> host_names;
  bool allow_plain = false;
  std::chrono::milliseconds drain{20'000};
  std::uint64_t threads = 2;

  // [tls]
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_ca;
  bool tls_require_client_certificate = true;

  // [limits]
  std::uint64_t connections = 512;
  std::uint64_t connections_per_address = 64;
  std::uint64_t requests_per_second = 200;
  std::uint64_t request_burst = 400;
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_inactivity{30'000};
  std::chrono::milliseconds keep_alive{60'000};

  // [scan]
  std::vector<std::string> scan_roots;
  std::uint64_t scan_workers = 1;  ///< jobs at a time
  std::uint64_t scan_threads = 1;  ///< files at a time in one job
  std::uint64_t scan_queue = 100;  ///< jobs that may wait
  std::chrono::milliseconds scan_time{600'000};
  std::uint64_t scan_memory_bytes = std::uint64_t{1} << 30;
  std::uint64_t upload_bytes = std::uint64_t{10} << 30;   ///< of one upload
  std::uint64_t uploads_bytes = std::uint64_t{40} << 30;  ///< of all that wait or run
  std::uint64_t report_bytes = std::uint64_t{256} << 20;
  std::string scan_policy;
  std::string scan_suppress;

  // [texts]
  std::string text_policy = "balanced";  ///< a built-in policy, or a file

  // [ledger]
  std::string origin;  ///< of a ledger that is made; empty: "HOST/saiph"
  std::string passphrase_file;
  std::chrono::milliseconds heartbeat{300'000};
  bool public_tiles = false;

  // [oidc]
  std::string oidc_issuer;  ///< empty: no identity provider
  std::string oidc_client_id;
  std::string oidc_client_secret_file;
  std::string oidc_redirect_uri;
  std::string oidc_name = "single sign-on";
  std::vector<std::string> oidc_scopes{"profile", "email"};
  std::string oidc_ca_file;
  bool oidc_allow_plain_loopback = false;
};

/// Reads a settings file's bytes; `name` stands in messages. Relative paths in it start at the
/// file's folder. Errors: kMalformed with "NAME:LINE:COLUMN: what", and the nearest known key.
Result<ServeSettings> parse_serve_settings(ByteView bytes, const std::string& name);

/// The file of the request, where it has one, with the request's options over it. Errors: of the
/// file; kInvalidArgument when settings contradict each other.
Result<ServeSettings> read_serve_settings(const ServeRequest& request);

/// What the settings come to, as TOML: what --check prints.
std::string describe(const ServeSettings& settings);

}  // namespace saiph::app
