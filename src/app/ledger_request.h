// LedgerRequest: everything that `saiph ledger` was asked, as plain values. The command line fills
// it; app::run_ledger carries it out.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace saiph::app {

/// Where a ledger is unless --ledger says otherwise.
inline constexpr const char* kDefaultLedger = "./saiph-data/ledger";

enum class LedgerAction : std::uint8_t {
  kInit,
  kAttest,
  kHeartbeat,
  kAppend,
  kShow,
  kProve,
  kCheckProof,
  kVerify,
  kCheckpoint,
  kKey,
  kExport,
  kEvidencePack,
  kReindex,
  kRotateKey,
};

struct LedgerRequest {
  LedgerAction action = LedgerAction::kVerify;
  std::string ledger = kDefaultLedger;
  bool json = false;                   ///< results as JSON, not as text
  std::vector<std::string> arguments;  ///< what stands behind the action, not options
  std::string passphrase_file;         ///< first line: passphrase of the key file

  std::string origin;                 ///< init: the log's name
  std::string key_file;               ///< init: where the new key goes; empty: in the ledger
  std::string algorithm = "ed25519";  ///< init
  std::string role;                   ///< attest
  std::string claim;                  ///< attest
  std::vector<std::string> subjects;  ///< attest: files or sha256:...
  std::string reason;                 ///< rotate-key

  std::string key;                     ///< verify, check-proof: verifier key, or a PEM file
  std::string trusted_checkpoint;      ///< verify: file
  std::vector<std::string> witnesses;  ///< verify: verifier keys
  std::uint64_t max_age_seconds = 24ULL * 3600;  ///< verify: of a cosignature

  std::string output;                 ///< export, evidence-pack: folder; others: file
  bool tiles = false;                 ///< export: tlog-tiles instead of segments
  std::optional<std::uint64_t> from;  ///< prove: consistency from this size
};

/// Carries it out. Results go to `out`, messages to `err`. Answers the exit code: 0 done (verify:
/// verified, and fresh), 1 a claim is disproved, 2 usage or configuration error, 3 undecided, 4
/// internal error. Throws nothing. One thread at a time.
int run_ledger(const LedgerRequest& request, std::ostream& out, std::ostream& err);

}  // namespace saiph::app
