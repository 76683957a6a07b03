#include <fmt/format.h>

#include <ctime>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/backup.h"
#include "app/command_end.h"
#include "app/data_folder.h"
#include "app/ledger_access.h"
#include "app/ledger_view.h"
#include "app/serve_request.h"
#include "base/escape.h"
#include "base/unix_time.h"
#include "codec/json/json_writer.h"
#include "control/change_journal.h"
#include "control/state.h"
#include "crypto/password_hash.h"
#include "crypto/sha256.h"
#include "identity/tokens.h"
#include "ledger/verify.h"

namespace saiph::app {

namespace {

class StateCommand {
 public:
  StateCommand(const StateRequest& request, std::ostream& out, std::ostream& err)
      : request_(request), out_(out), err_(err) {}

  Result<int> run() {
    switch (request_.action) {
      case StateAction::kBackup:
        return backup();
      case StateAction::kRestore:
        return restore();
      case StateAction::kCheck:
        return check();
      case StateAction::kResetLogin:
        return reset_login();
    }
    return kExitInternal;
  }

 private:
  Result<int> backup();
  Result<int> restore();
  Result<int> check();
  Result<int> reset_login();
  Status record_restoring(const BackupManifest& manifest);
  void tell(const BackupManifest& manifest, std::string_view what, const std::string& place);

  const StateRequest& request_;
  std::ostream& out_;
  std::ostream& err_;
};

void StateCommand::tell(const BackupManifest& manifest, std::string_view what,
                        const std::string& place) {
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.member("folder", place);
    json.member("created", manifest.created);
    json.member("version", manifest.version);
    json.member("origin", manifest.origin);
    json.member("entries", manifest.entries);
    json.member("files", manifest.files.size());
    json.member("with_keys", manifest.with_keys);
    json.end_object();
    out_ << text << "\n";
    return;
  }
  out_ << fmt::format("{} {}: {}, {} of the ledger {}, made {}\n", what, escape_terminal(place),
                      counted(manifest.files.size(), "file", "files"),
                      counted(manifest.entries, "entry", "entries"),
                      escape_terminal(manifest.origin), escape_terminal(manifest.created));
}

Result<int> StateCommand::backup() {
  SAIPH_TRY(const DataFolder folder, find_data_folder(request_.data));
  SAIPH_TRY(const BackupManifest manifest,
            make_backup(folder, request_.output, !request_.without_keys, now_text()));
  tell(manifest, "backup in", request_.output);
  if (!request_.json && manifest.with_keys) {
    out_ << "It holds the private keys: keep it as you keep them.\n";
  }
  if (!manifest.key_elsewhere.empty()) {
    err_ << "saiph: note: the ledger's key is not in the data folder and so not in the backup: "
         << escape_terminal(manifest.key_elsewhere) << "\n";
  }
  return kExitDone;
}

/// That the past was brought back is itself evidence.
Status StateCommand::record_restoring(const BackupManifest& manifest) {
  SAIPH_TRY(const DataFolder folder, find_data_folder(request_.data));
  SAIPH_TRY(const LedgerAccess access, open_ledger(folder.ledger(), request_.passphrase_file));
  ledger::Statement statement;
  statement.predicate_type =
      ledger::predicate_type_uri(ledger::PredicateType::kConfigurationChange);
  const auto head = access.ledger->head();
  SAIPH_TRY(const Digest digest, crypto::sha256(as_bytes(head->checkpoint)));
  statement.subjects.push_back(ledger::Subject::of("checkpoint", digest));
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("time", now_text());
  json.member("what", "state-restored");
  json.object("actor");
  json.member("kind", name_of(control::ActorKind::kCommand));
  json.key("digest");
  json.null();
  json.end_object();
  json.object("object");
  json.member("kind", "backup");
  json.member("id", manifest.created);
  json.end_object();
  json.member("tree_size", head->size);
  json.end_object();
  SAIPH_TRY([[maybe_unused]] const ledger::Receipt receipt, record(access, statement));
  return access.ledger->close();
}

Result<int> StateCommand::restore() {
  const std::string& backup = request_.arguments.front();
  SAIPH_TRY(const BackupManifest manifest, restore_backup(backup, request_.data));
  tell(manifest, "restored into", request_.data);
  if (!manifest.with_keys) {
    err_ << "saiph: note: this backup has no private keys; put state.key and the ledger's key back "
            "before the server is started\n";
    return kExitDone;
  }
  if (const Status recorded = record_restoring(manifest); !recorded) {
    err_ << "saiph: warning: restored, but that could not be recorded: "
         << escape_terminal(recorded.error().describe()) << "\n";
  }
  err_ << "saiph: note: what was recorded after this backup is gone from here. Checkpoints and "
          "copies that others kept show it, and will call this ledger rolled back or forked: keep "
          "the damaged one, and tell them\n";
  return kExitDone;
}

Result<int> StateCommand::check() {
  SAIPH_TRY(const DataFolder folder, find_data_folder(request_.data));
  const auto state = control::check_state(folder.path);
  std::vector<std::string> wrong;
  bool unreadable = false;
  if (state) {
    for (const std::string& sentence : *state) wrong.push_back("state.db: " + sentence);
  } else if (state.error().code() == ErrorCode::kMalformed) {
    wrong.push_back("state.db: " + state.error().describe());
  } else {
    unreadable = true;
    err_ << "saiph state: state.db: " << escape_terminal(state.error().describe()) << "\n";
  }
  ledger::DiskFolder ledger_folder(folder.ledger());
  ledger::VerifyOptions options;
  options.now = static_cast<std::uint64_t>(std::time(nullptr));
  const auto report = ledger::verify(ledger_folder, options);
  if (report) {
    for (const ledger::Defect& defect : report->defects) {
      wrong.push_back(fmt::format("ledger: {}{}: {} {}", ledger::defect_name(defect.kind),
                                  defect.index ? fmt::format(" at entry {}", *defect.index) : "",
                                  defect.place, defect.detail));
    }
    if (report->defect_count > report->defects.size()) wrong.emplace_back("ledger: and more");
  } else {
    unreadable = true;
    err_ << "saiph state: ledger: " << escape_terminal(report.error().describe()) << "\n";
  }
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.member("data", folder.path);
    json.member("entries", report ? report->entries : 0);
    json.member("bodies", report ? report->bodies : 0);
    json.member("complete", !unreadable);
    json.array("wrong");
    for (const std::string& sentence : wrong) json.string(sentence);
    json.end_array();
    json.end_object();
    out_ << text << "\n";
  } else {
    for (const std::string& sentence : wrong)
      out_ << "wrong: " << escape_terminal(sentence) << "\n";
    if (report) {
      out_ << fmt::format("{} and {} read\n", counted(report->entries, "entry", "entries"),
                          counted(report->bodies, "body", "bodies"));
    }
    if (wrong.empty() && !unreadable) {
      out_ << "nothing is wrong with what is here; whether it is the latest, `saiph ledger verify "
              "--trusted-checkpoint` says\n";
    }
  }
  if (!wrong.empty()) return kExitDisproved;
  return unreadable ? kExitUndecided : kExitDone;
}

Result<int> StateCommand::reset_login() {
  SAIPH_TRY(const DataFolder folder, find_data_folder(request_.data));
  auto access = open_ledger(folder.ledger(), request_.passphrase_file);
  if (!access) {
    return access.error().code() == ErrorCode::kDenied
               ? Error(ErrorCode::kInvalidArgument,
                       "a server uses this data folder; end it first: " + access.error().describe())
               : access.error();
  }
  control::LedgerJournal journal(
      [&access](const ledger::Statement& statement) -> Result<std::uint64_t> {
        SAIPH_TRY(const ledger::Receipt receipt, record(*access, statement));
        return receipt.index;
      });
  SAIPH_TRY(const auto state, control::State::open(folder.path, journal));
  SAIPH_TRY(const control::Account account,
            state->accounts().find_by_name(request_.arguments.front()));
  // As random as an API token, and of its alphabet.
  SAIPH_TRY(const identity::NewToken random, identity::new_token(identity::TokenKind::kApi));
  const std::string password(random.text().substr(random.text().rfind('_') + 1, 24));
  SAIPH_TRY(const std::string hash, crypto::hash_password(as_bytes(password)));
  const control::Actor actor{control::ActorKind::kCommand, ""};
  const UnixMillis now = now_millis();
  SAIPH_TRY([[maybe_unused]] const control::Account changed,
            state->accounts().set_password(account.id, hash, std::nullopt, actor, now));
  if (account.has_totp) {
    SAIPH_TRY([[maybe_unused]] const control::Account cleared,
              state->accounts().clear_totp(account.id, actor, now));
  }
  if (account.disabled) {
    control::AccountChange enable;
    enable.disabled = false;
    SAIPH_TRY([[maybe_unused]] const control::Account enabled,
              state->accounts().change(account.id, std::nullopt, enable, actor, now));
  }
  SAIPH_CHECK(access->ledger->close());
  if (request_.json) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.member("account", account.name);
    json.member("password", password);
    json.end_object();
    out_ << text << "\n";
  } else {
    out_ << fmt::format(
        "{} logs in with this password, without a second factor; change it then:\n"
        "{}\n",
        escape_terminal(account.name), password);
  }
  return kExitDone;
}

}  // namespace

int run_state(const StateRequest& request, std::ostream& out, std::ostream& err) {
  try {
    const auto done = StateCommand(request, out, err).run();
    out << std::flush;
    if (done && !out) {
      err << "saiph state: the output cannot be written (disk full, pipe closed)\n";
      return *done == kExitDone ? kExitUndecided : *done;
    }
    if (done) return *done;
    err << "saiph state: " << escape_terminal(done.error().describe()) << "\n";
    return exit_of(done.error());
  } catch (const std::exception& thrown) {
    err << "saiph: internal error: " << escape_terminal(thrown.what()) << "\n";
    return kExitInternal;
  }
}

}  // namespace saiph::app
