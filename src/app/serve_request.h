// ServeRequest and StateRequest: what `saiph serve` and `saiph state` were asked, as plain values.
// The command line fills them.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace saiph::app {

/// Where everything is kept unless --data or the settings say otherwise.
inline constexpr const char* kDefaultData = "./saiph-data";

/// Options; what is absent is the settings file's matter, then the default's.
struct ServeRequest {
  std::string config_file;
  std::optional<std::string> data;
  std::vector<std::string> listen;
  bool allow_plain = false;
  std::string tls_certificate;
  std::string tls_key;
  std::string client_ca;
  std::vector<std::string> scan_roots;
  std::string passphrase_file;
  bool check = false;
  bool quiet = false;
};

/// Serves until it is told to stop. Messages go to `err`; --check prints to `out`. Answers the exit
/// code: 0 ended when told to, 1 the ledger is not what was signed, 2 usage or configuration error
/// (address in use, data folder in use or not writable), 3 the medium failed, 4 internal error.
/// Throws nothing. Call it on the only thread: signals are taken over.
int run_serve(const ServeRequest& request, std::ostream& out, std::ostream& err);

enum class StateAction : std::uint8_t { kBackup, kRestore, kCheck, kResetLogin };

struct StateRequest {
  StateAction action = StateAction::kCheck;
  std::string data = kDefaultData;
  std::string output;                  ///< backup
  bool without_keys = false;           ///< backup
  std::string passphrase_file;         ///< restore, reset-login
  std::vector<std::string> arguments;  ///< restore: the backup; reset-login: the name
  bool json = false;
};

/// Carries it out. Answers the exit code: 0 done, 1 something is not what was written or signed, 2
/// usage or configuration error, 3 not everything could be read, 4 internal error. Throws nothing.
/// One thread at a time.
int run_state(const StateRequest& request, std::ostream& out, std::ostream& err);

}  // namespace saiph::app
