#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>

#include "app/command_end.h"
#include "app/ledger_access.h"
#include "app/ledger_request.h"
#include "app/ledger_view.h"
#include "app/statement_writer.h"
#include "base/escape.h"
#include "base/file.h"
#include "codec/json/json_writer.h"
#include "crypto/key_file.h"
#include "crypto/sha256.h"
#include "ledger/evidence_pack.h"
#include "ledger/export.h"
#include "ledger/format/entry_proof.h"
#include "ledger/format/envelope.h"
#include "ledger/key_rotation.h"
#include "ledger/storage/segment.h"
#include "ledger/verify.h"

namespace saiph::app {

namespace {

constexpr std::uint64_t kMaxArgumentFile = 1U << 20;
constexpr std::array<std::string_view, 3> kRoles = {"developer", "system-operator",
                                                    "data-custodian"};

Result<std::string> read_text(const std::string& path) {
  auto file = FileSource::open(path);
  if (!file) {
    return Error(ErrorCode::kInvalidArgument, path + ": " + file.error().describe());
  }
  const auto bytes = read_all(**file, kMaxArgumentFile);
  if (!bytes) {
    const bool too_long = bytes.error().code() == ErrorCode::kLimit;
    return Error(too_long ? ErrorCode::kInvalidArgument : bytes.error().code(),
                 path + ": " + bytes.error().describe());
  }
  return std::string(as_text(*bytes));
}

/// Whether the action answers in JSON when asked to.
bool speaks_json(const LedgerRequest& request) {
  switch (request.action) {
    case LedgerAction::kInit:
    case LedgerAction::kAttest:
    case LedgerAction::kHeartbeat:
    case LedgerAction::kAppend:
    case LedgerAction::kShow:
    case LedgerAction::kVerify:
    case LedgerAction::kKey:
      return true;
    case LedgerAction::kProve:
      return request.from.has_value();
    case LedgerAction::kCheckProof:
    case LedgerAction::kCheckpoint:
    case LedgerAction::kExport:
    case LedgerAction::kEvidencePack:
    case LedgerAction::kReindex:
    case LedgerAction::kRotateKey:
      break;
  }
  return false;
}

class LedgerCommand {
 public:
  LedgerCommand(const LedgerRequest& request, std::ostream& out, std::ostream& err)
      : request_(request), out_(out), err_(err) {}

  Result<int> run() {
    if (request_.json && !speaks_json(request_)) {
      return Error(ErrorCode::kInvalidArgument,
                   "--format json: only init, attest, heartbeat, append, show, verify, key and "
                   "prove --from answer in JSON");
    }
    switch (request_.action) {
      case LedgerAction::kInit:
        return init();
      case LedgerAction::kAttest:
        return attest();
      case LedgerAction::kHeartbeat:
        return heartbeat();
      case LedgerAction::kAppend:
        return append();
      case LedgerAction::kShow:
        return show();
      case LedgerAction::kProve:
        return prove();
      case LedgerAction::kCheckProof:
        return check_proof();
      case LedgerAction::kVerify:
        return verify();
      case LedgerAction::kCheckpoint:
        return checkpoint();
      case LedgerAction::kKey:
        return key();
      case LedgerAction::kExport:
        return export_copy();
      case LedgerAction::kEvidencePack:
        return evidence_pack();
      case LedgerAction::kReindex:
        return reindex();
      case LedgerAction::kRotateKey:
        return rotate_key();
    }
    return kExitInternal;
  }

 private:
  Result<int> init();
  Result<int> attest();
  Result<int> heartbeat();
  Result<int> append();
  Result<int> show();
  Result<int> prove();
  Result<int> check_proof();
  Result<int> verify();
  Result<int> checkpoint();
  Result<int> key();
  Result<int> export_copy();
  Result<int> evidence_pack();
  Result<int> reindex();
  Result<int> rotate_key();

  Result<LedgerAccess> open_to_write();
  Result<StatementWriter> open_writer();
  void tell_recovery(const ledger::Recovery& recovery);
  Result<int> record_and_tell(const ledger::Statement& statement);
  int tell(StatementWriter& writer, const ledger::Receipt& receipt);
  void warn_of(const Status& status, std::string_view what);
  Result<int> deliver(std::string_view text);
  Result<ledger::Subject> subject_of(const std::string& text) const;
  Status set_key(ledger::VerifyOptions& options) const;

  const LedgerRequest& request_;
  std::ostream& out_;
  std::ostream& err_;
};

void LedgerCommand::tell_recovery(const ledger::Recovery& recovery) {
  if (recovery.torn_bytes != 0) {
    err_ << fmt::format(
        "saiph: note: a crash left {} behind the last commit, never acknowledged and now cut off\n",
        counted(recovery.torn_bytes, "byte", "bytes"));
  }
  if (recovery.reindexed || recovery.hashes_repaired) {
    err_ << "saiph: note: the file of hashes was brought up to date\n";
  }
}

Result<LedgerAccess> LedgerCommand::open_to_write() {
  SAIPH_TRY(LedgerAccess access, open_ledger(request_.ledger, request_.passphrase_file));
  tell_recovery(access.ledger->recovery());
  return access;
}

/// Also when a running server has the ledger.
Result<StatementWriter> LedgerCommand::open_writer() {
  SAIPH_TRY(StatementWriter writer,
            StatementWriter::open(request_.ledger, request_.passphrase_file, {}));
  if (writer.access() != nullptr) tell_recovery(writer.access()->ledger->recovery());
  return writer;
}

Result<int> LedgerCommand::init() {
  const auto algorithm = crypto::parse_signature_algorithm(request_.algorithm);
  if (!algorithm) {
    return Error(ErrorCode::kInvalidArgument,
                 "--algorithm: ed25519 or ecdsa-p256-sha256, not " + request_.algorithm);
  }
  SAIPH_TRY(const crypto::SecretBytes passphrase, read_passphrase(request_.passphrase_file));
  SAIPH_TRY(
      const NewLedger made,
      create_ledger({request_.ledger, request_.origin, request_.key_file, *algorithm}, passphrase));
  const std::string& place = made.key_place;
  const ledger::VerifierKey* const verifier = &made.key;
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.member("ledger", request_.ledger);
    json.member("key_file", place);
    json.member("verifier_key", verifier->text());
    json.member("fingerprint", verifier->key().fingerprint().text());
    json.end_object();
    out_ << text << "\n";
    return kExitDone;
  }
  out_ << fmt::format(
      "ledger       {}\nprivate key  {}{}\npublic key   {}\n\n"
      "Keep the public key where nobody who can write to the ledger can change it; whoever\n"
      "verifies needs it: saiph ledger verify --key '{}'\n",
      escape_terminal(request_.ledger), escape_terminal(place),
      passphrase.empty() ? " (not sealed: --passphrase-file seals it)" : "", verifier->text(),
      verifier->text());
  return kExitDone;
}

Result<int> LedgerCommand::record_and_tell(const ledger::Statement& statement) {
  SAIPH_TRY(StatementWriter writer, open_writer());
  SAIPH_TRY(const ledger::Receipt receipt, writer.record(statement));
  return tell(writer, receipt);
}

/// The receipt, whatever fails from now on: the entry is on disk.
int LedgerCommand::tell(StatementWriter& writer, const ledger::Receipt& receipt) {
  warn_of(writer.close(), "the entry is kept, but the ledger could not be closed");
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.member("index", receipt.index);
    json.member("leaf", receipt.leaf.text());
    json.member("tree_size", receipt.tree_size);
    json.end_object();
    out_ << text << "\n";
  } else {
    out_ << fmt::format("entry {} of {} ({})\n", receipt.index, receipt.tree_size,
                        receipt.leaf.text());
  }
  return kExitDone;
}

void LedgerCommand::warn_of(const Status& status, std::string_view what) {
  if (status) return;
  err_ << "saiph: warning: " << what << ": " << escape_terminal(status.error().describe()) << "\n";
}

Result<ledger::Subject> LedgerCommand::subject_of(const std::string& text) const {
  if (text.starts_with("sha256:")) {
    const auto digest = Digest::parse(text);
    if (!digest) {
      return Error(ErrorCode::kInvalidArgument, "not a SHA-256 digest: " + text);
    }
    return ledger::Subject::of("", *digest);
  }
  auto file = FileSource::open(text);
  if (!file) {
    return Error(ErrorCode::kInvalidArgument, "--subject " + text + ": " + file.error().describe());
  }
  SAIPH_TRY(const Digest digest, crypto::sha256(**file));
  return ledger::Subject::of(to_valid_utf8(text), digest);
}

Result<int> LedgerCommand::attest() {
  if (std::find(kRoles.begin(), kRoles.end(), request_.role) == kRoles.end()) {
    return Error(ErrorCode::kInvalidArgument,
                 "--role: developer, system-operator or data-custodian");
  }
  if (request_.claim.empty() || request_.subjects.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "an attestation needs --claim TEXT and at least one --subject");
  }
  ledger::Statement statement;
  statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kAttestation);
  for (const std::string& text : request_.subjects) {
    SAIPH_TRY(ledger::Subject subject, subject_of(text));
    statement.subjects.push_back(std::move(subject));
  }
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("claim", to_valid_utf8(request_.claim));
  json.member("role", request_.role);
  json.member("time", now_text());
  json.end_object();
  return record_and_tell(statement);
}

Result<int> LedgerCommand::heartbeat() {
  SAIPH_TRY(StatementWriter writer, open_writer());
  std::shared_ptr<const ledger::Head> head;
  if (const LedgerAccess* access = writer.access()) {
    head = access->ledger->head();
  } else {
    SAIPH_TRY(const LedgerAccess reader, open_ledger_to_read(request_.ledger));
    head = reader.ledger->head();
  }
  SAIPH_TRY(const ledger::Statement statement, heartbeat_statement(*head, now_text()));
  SAIPH_TRY(const ledger::Receipt receipt, writer.record(statement));
  return tell(writer, receipt);
}

Result<int> LedgerCommand::append() {
  if (request_.arguments.size() != 1) {
    return Error(ErrorCode::kInvalidArgument, "append needs one file with an in-toto Statement");
  }
  SAIPH_TRY(const std::string text, read_text(request_.arguments.front()));
  // Read here too, so that a mistake is told with the file's name.
  if (const auto statement = ledger::decode_statement(as_bytes(text)); !statement) {
    return Error(ErrorCode::kInvalidArgument,
                 request_.arguments.front() + ": " + statement.error().describe());
  }
  SAIPH_TRY(StatementWriter writer, open_writer());
  const auto receipt = writer.record(as_bytes(text));
  if (!receipt) {
    return receipt.error().code() == ErrorCode::kInvalidArgument
               ? Error(ErrorCode::kInvalidArgument,
                       request_.arguments.front() + ": " + receipt.error().describe())
               : receipt.error();
  }
  return tell(writer, *receipt);
}

Result<int> LedgerCommand::show() {
  SAIPH_TRY(const LedgerAccess access, open_ledger_to_read(request_.ledger));
  const std::uint64_t size = access.ledger->head()->size;
  if (request_.arguments.empty()) {
    // The newest, as a list.
    constexpr std::uint64_t kRows = 20;
    SAIPH_CHECK(
        show_list(*access.ledger, size > kRows ? size - kRows : 0, size, request_.json, out_));
    return kExitDone;
  }
  SAIPH_TRY(const auto indices, parse_indices(request_.arguments, size));
  for (const std::uint64_t index : indices) {
    SAIPH_CHECK(show_entry(*access.ledger, index, request_.json, out_));
  }
  return kExitDone;
}

/// To the file of --output, or to standard output.
Result<int> LedgerCommand::deliver(std::string_view text) {
  if (request_.output.empty() || request_.output == "-") {
    out_ << text;
    return kExitDone;
  }
  std::ofstream file(request_.output, std::ios::binary | std::ios::trunc);
  file << text;
  file.flush();
  if (!file) {
    return Error(ErrorCode::kInvalidArgument,
                 "cannot write " + request_.output + "; does the folder exist?");
  }
  return kExitDone;
}

Result<int> LedgerCommand::prove() {
  if (request_.from && !request_.arguments.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "prove takes one INDEX or --from SIZE, not both: they are different proofs");
  }
  SAIPH_TRY(const LedgerAccess access, open_ledger_to_read(request_.ledger));
  const auto head = access.ledger->head();
  if (request_.from) {
    SAIPH_TRY(const auto proof, access.ledger->consistency(*request_.from, head->size));
    SAIPH_TRY(const Digest from_root, access.ledger->root_at(*request_.from));
    std::string text;
    codec::JsonWriter json(text, 2);
    json.begin_object();
    json.member("first_size", *request_.from);
    json.member("first_root", from_root.text());
    json.member("second_size", head->size);
    json.member("second_root", head->root.text());
    json.array("proof");
    for (const Digest& hash : proof) json.string(hash.text());
    json.end_array();
    json.member("checkpoint", head->checkpoint);
    json.end_object();
    text += '\n';
    return deliver(text);
  }
  SAIPH_TRY(const auto indices, parse_indices(request_.arguments, head->size));
  if (indices.size() != 1) {
    return Error(ErrorCode::kInvalidArgument, "prove needs one INDEX, or --from SIZE");
  }
  SAIPH_TRY(ledger::Inclusion inclusion, access.ledger->inclusion(indices.front()));
  ledger::EntryProof proof;
  SAIPH_TRY(Bytes entry, access.ledger->entry(indices.front()));
  proof.extra = std::move(entry);
  proof.index = indices.front();
  proof.path = std::move(inclusion.path);
  proof.checkpoint = inclusion.head->checkpoint;
  SAIPH_TRY(const std::string text, ledger::encode_entry_proof(proof));
  return deliver(text);
}

Status LedgerCommand::set_key(ledger::VerifyOptions& options) const {
  if (request_.key.empty()) return {};
  if (request_.key.find('+') != std::string::npos) {
    if (auto key = ledger::VerifierKey::parse(request_.key)) {
      options.key = std::move(*key);
      return {};
    }
  }
  auto text = read_text(request_.key);
  if (!text) {
    return Error(ErrorCode::kInvalidArgument,
                 "--key is neither a verifier key (NAME+HASH+KEY) nor a file: " + request_.key);
  }
  if (auto pem = crypto::PublicKey::from_pem(*text)) {
    options.bare_key = std::move(*pem);
    return {};
  }
  std::string line = *text;
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  auto key = ledger::VerifierKey::parse(line);
  if (!key) {
    return Error(ErrorCode::kInvalidArgument,
                 "--key: the file holds neither a public key in PEM nor a verifier key");
  }
  options.key = std::move(*key);
  return {};
}

Result<int> LedgerCommand::check_proof() {
  if (request_.arguments.size() != 1 || request_.key.empty()) {
    return Error(ErrorCode::kInvalidArgument, "check-proof needs a proof FILE and --key KEY");
  }
  ledger::VerifyOptions options;
  SAIPH_CHECK(set_key(options));
  if (!options.key) {
    return Error(ErrorCode::kInvalidArgument,
                 "check-proof needs the verifier key (NAME+HASH+KEY), which names the log; `saiph "
                 "ledger key` prints it");
  }
  SAIPH_TRY(const std::string text, read_text(request_.arguments.front()));
  const auto proof = ledger::parse_entry_proof(text);
  const std::vector<ledger::VerifierKey> keys = {*options.key};
  Result<ledger::SignedCheckpoint> checked(
      Error(ErrorCode::kMalformed, "the proof does not hold its entry"));
  if (!proof) {
    checked = proof.error();
  } else if (const auto& entry = proof->extra) {
    checked = ledger::verify_entry_proof(*proof, *entry, options.key->name(), keys);
  }
  if (!checked) {
    out_ << "disproved: " << escape_terminal(checked.error().describe()) << "\n";
    return kExitDisproved;
  }
  out_ << fmt::format("proved: the entry stands at index {} of {}, which has {}\n", proof->index,
                      escape_terminal(checked->checkpoint.origin),
                      counted(checked->checkpoint.size, "entry", "entries"));
  return kExitDone;
}

Result<int> LedgerCommand::verify() {
  ledger::VerifyOptions options;
  SAIPH_CHECK(set_key(options));
  if (!request_.trusted_checkpoint.empty()) {
    SAIPH_TRY(options.trusted_checkpoint, read_text(request_.trusted_checkpoint));
  }
  for (const std::string& text : request_.witnesses) {
    auto key = ledger::VerifierKey::parse(text);
    if (!key) {
      return Error(ErrorCode::kInvalidArgument, "--witness: " + key.error().describe());
    }
    options.witnesses.push_back(std::move(*key));
  }
  options.now = static_cast<std::uint64_t>(std::time(nullptr));
  options.max_age_seconds = request_.max_age_seconds;
  const std::string path =
      request_.arguments.empty() ? request_.ledger : request_.arguments.front();
  ledger::DiskFolder folder(path);
  SAIPH_TRY(const ledger::VerifyReport report, ledger::verify(folder, options));
  show_verification(report, path, request_.json, out_);
  if (report.disproved()) return kExitDisproved;
  return report.decided() ? kExitDone : kExitUndecided;
}

Result<int> LedgerCommand::checkpoint() {
  SAIPH_TRY(const LedgerAccess access, open_ledger_to_read(request_.ledger));
  return deliver(access.ledger->head()->checkpoint);
}

Result<int> LedgerCommand::key() {
  ledger::DiskFolder folder(request_.ledger);
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(folder));
  const ledger::VerifierKey& present = settings.keys.back();
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text, 2);
    json.begin_object();
    json.member("origin", settings.origin);
    json.member("verifier_key", present.text());
    json.member("fingerprint", present.key().fingerprint().text());
    json.member("pem", present.key().pem());
    json.array("all_keys");
    for (const ledger::VerifierKey& one : settings.keys) json.string(one.text());
    json.end_array();
    json.end_object();
    text += '\n';
    return deliver(text);
  }
  return deliver(present.text() + "\n");
}

Result<int> LedgerCommand::export_copy() {
  if (request_.output.empty()) {
    return Error(ErrorCode::kInvalidArgument, "export needs --output FOLDER");
  }
  ledger::DiskFolder source(request_.ledger);
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(source));
  ledger::DiskFolder target(request_.output);
  SAIPH_TRY(const ledger::Exported exported,
            ledger::export_ledger(
                source, settings, target,
                request_.tiles ? ledger::ExportLayout::kTiles : ledger::ExportLayout::kSegments));
  out_ << fmt::format("{} and {} in {}\n", counted(exported.entries, "entry", "entries"),
                      counted(exported.bodies, "body", "bodies"), escape_terminal(request_.output));
  return kExitDone;
}

Result<int> LedgerCommand::evidence_pack() {
  if (request_.output.empty()) {
    return Error(ErrorCode::kInvalidArgument, "evidence-pack needs --output FOLDER");
  }
  SAIPH_TRY(const LedgerAccess access, open_ledger_to_read(request_.ledger));
  SAIPH_TRY(const auto indices, parse_indices(request_.arguments, access.ledger->head()->size));
  ledger::DiskFolder target(request_.output);
  SAIPH_TRY(const std::uint64_t bodies,
            ledger::write_evidence_pack(*access.ledger, *access.folder, access.settings, indices,
                                        target));
  out_ << fmt::format("{} and {} in {}; README.md there says how to check them\n",
                      counted(indices.size(), "entry", "entries"),
                      counted(bodies, "body", "bodies"), escape_terminal(request_.output));
  return kExitDone;
}

Result<int> LedgerCommand::reindex() {
  ledger::DiskFolder folder(request_.ledger);
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(folder));
  SAIPH_TRY(const std::uint64_t entries, ledger::reindex(folder, ledger_options(settings)));
  out_ << fmt::format("{} indexed anew\n", counted(entries, "entry", "entries"));
  return kExitDone;
}

Result<int> LedgerCommand::rotate_key() {
  SAIPH_TRY(LedgerAccess access, open_to_write());
  SAIPH_TRY(const std::shared_ptr<crypto::SoftwareSigner> next,
            crypto::SoftwareSigner::generate(access.signer->public_key().algorithm()));
  SAIPH_TRY(const auto verifier,
            ledger::VerifierKey::of_log(access.settings.origin, next->public_key()));
  const std::string print = next->public_key().fingerprint().text();
  const std::string name = fmt::format("signing-{}.key", print.substr(print.find(':') + 1, 8));
  SAIPH_TRY(const crypto::SecretBytes passphrase, read_passphrase(request_.passphrase_file));
  const std::string present_place = key_place(request_.ledger, access.settings.key);
  SAIPH_CHECK(crypto::save_key_file(key_place(request_.ledger, name), *next, passphrase.view()));
  // Said before it is done, so that after a crash between the two the log decides.
  access.settings.keys.push_back(verifier);
  access.settings.next_key = name;
  SAIPH_CHECK(ledger::save_settings(*access.folder, access.settings));
  SAIPH_TRY(const Bytes entry, ledger::make_key_rotation(access.settings.origin, *access.signer,
                                                         *next, to_valid_utf8(request_.reason)));
  SAIPH_TRY(const ledger::Receipt receipt, access.ledger->rotate_key(entry, next));
  access.settings.key = name;
  access.settings.next_key.clear();
  // The log has decided; whoever opens the ledger next mends the settings.
  warn_of(ledger::save_settings(*access.folder, access.settings),
          "the key is changed, but the settings do not say so yet");
  warn_of(access.ledger->close(), "the key is changed, but the ledger could not be closed");
  out_ << fmt::format(
      "entry {}: from now on signs {}\nThe old private key signs nothing any more; destroy it: "
      "{}\n",
      receipt.index, verifier.text(), escape_terminal(present_place));
  return kExitDone;
}

}  // namespace

int run_ledger(const LedgerRequest& request, std::ostream& out, std::ostream& err) {
  try {
    const auto done = LedgerCommand(request, out, err).run();
    out << std::flush;
    if (done && !out) {
      err << "saiph ledger: the output cannot be written (disk full, pipe closed)\n";
      return *done == kExitDone ? kExitUndecided : *done;
    }
    if (done) return *done;
    err << "saiph ledger: " << escape_terminal(done.error().describe()) << "\n";
    return exit_of(done.error());
  } catch (const std::exception& thrown) {
    err << "saiph: internal error: " << escape_terminal(thrown.what()) << "\n";
    return kExitInternal;
  }
}

}  // namespace saiph::app
