#include "app/ledger_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"
#include "codec/json/json_writer.h"
#include "crypto/key_file.h"
#include "crypto/sha256.h"
#include "ledger/format/checkpoint.h"
#include "ledger/format/envelope.h"
#include "ledger/storage/segment.h"

namespace saiph::app {

namespace {

constexpr std::uint64_t kMaxPassphraseBytes = 4096;
constexpr const char* kKeyName = "signing.key";

/// kDenied is left to the lock, for which callers may wait: a wrong passphrase stays wrong.
Result<std::shared_ptr<const crypto::Signer>> open_key(const std::string& place,
                                                       const std::string& passphrase_file) {
  const auto not_of_the_lock = [](const Error& error) {
    return error.code() == ErrorCode::kDenied ? Error(ErrorCode::kInvalidArgument, error.message())
                                              : error;
  };
  const auto passphrase = read_passphrase(passphrase_file);
  if (!passphrase) return not_of_the_lock(passphrase.error());
  auto signer = crypto::open_signer(place, passphrase->view());
  if (!signer) return not_of_the_lock(signer.error());
  return std::shared_ptr<const crypto::Signer>(std::move(*signer));
}

/// Under the lock. After a crash in the middle of a rotation the log says whether it happened: the
/// new key's signature stands under the last checkpoint, or it does not.
Status settle_rotation(LedgerAccess& access) {
  if (access.settings.next_key.empty()) return {};
  SAIPH_TRY(const auto reader,
            ledger::Ledger::open_to_read(*access.folder, ledger_options(access.settings)));
  const std::vector<ledger::VerifierKey> next = {access.settings.keys.back()};
  const bool happened =
      ledger::open_checkpoint(reader->head()->checkpoint, access.settings.origin, next).has_value();
  if (happened) {
    access.settings.key = access.settings.next_key;
  } else {
    access.settings.keys.pop_back();
  }
  access.settings.next_key.clear();
  return ledger::save_settings(*access.folder, access.settings);
}

Result<ledger::Settings> load_writable_settings(ledger::Folder& folder) {
  SAIPH_TRY(ledger::Settings settings, ledger::load_settings(folder));
  if (settings.key.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "this is a copy without a key; only the ledger itself can be written to");
  }
  return settings;
}

}  // namespace

ledger::LedgerOptions ledger_options(const ledger::Settings& settings) {
  ledger::LedgerOptions options;
  options.origin = settings.origin;
  options.keys = settings.keys;
  return options;
}

std::string key_place(const std::string& ledger, const std::string& key) {
  if (key.starts_with('/') || key.starts_with("pkcs11:")) return key;
  return ledger + "/" + key;
}

Result<crypto::SecretBytes> read_passphrase(const std::string& file) {
  if (file.empty()) return crypto::SecretBytes();
  auto source = FileSource::open(file);
  if (!source) return source.error().wrap(file);
  SAIPH_TRY(Bytes bytes, read_all(**source, kMaxPassphraseBytes));
  const auto end = std::find(bytes.begin(), bytes.end(), std::uint8_t{'\n'});
  crypto::SecretBytes secret(ByteView(bytes).first(static_cast<std::size_t>(end - bytes.begin())));
  crypto::wipe(bytes);
  if (secret.empty()) return Error(ErrorCode::kInvalidArgument, "no passphrase in " + file);
  return secret;
}

Result<LedgerAccess> open_ledger_to_read(const std::string& path) {
  LedgerAccess access;
  access.folder = std::make_unique<ledger::DiskFolder>(path);
  SAIPH_TRY(access.settings, ledger::load_settings(*access.folder));
  SAIPH_TRY(access.ledger,
            ledger::Ledger::open_to_read(*access.folder, ledger_options(access.settings)));
  return access;
}

Result<LedgerAccess> open_ledger(const std::string& path, const std::string& passphrase_file) {
  LedgerAccess access;
  access.folder = std::make_unique<ledger::DiskFolder>(path);
  // Nothing is made, not even a lock, where no ledger is or in a copy.
  SAIPH_TRY(access.settings, load_writable_settings(*access.folder));
  SAIPH_TRY(auto lock, access.folder->lock(std::string(ledger::kLockFile)));
  // Again under the lock: another process may have changed the key until now.
  SAIPH_TRY(access.settings, load_writable_settings(*access.folder));
  SAIPH_CHECK(settle_rotation(access));
  SAIPH_TRY(access.signer, open_key(key_place(path, access.settings.key), passphrase_file));
  SAIPH_TRY(access.ledger, ledger::Ledger::open(*access.folder, ledger_options(access.settings),
                                                access.signer, std::move(lock)));
  return access;
}

Result<ledger::Receipt> record(const LedgerAccess& access, const ledger::Statement& statement) {
  SAIPH_TRY(const std::string text, ledger::encode_statement(statement));
  SAIPH_TRY(const std::string envelope,
            ledger::seal_envelope(ledger::kInTotoPayloadType, as_bytes(text), *access.signer));
  return access.ledger->append(as_bytes(envelope));
}

Result<NewLedger> create_ledger(const LedgerPlan& plan, const crypto::SecretBytes& passphrase) {
  ledger::DiskFolder folder(plan.path);
  if (folder.exists(std::string(ledger::kSettingsFile))) {
    return Error(ErrorCode::kDenied, "there is a ledger already: " + plan.path);
  }
  const std::string key_name =
      plan.key_file.empty() ? kKeyName : std::filesystem::absolute(plan.key_file).string();
  const std::string place = key_place(plan.path, key_name);
  // An `init` that was interrupted leaves these; so does a ledger that lost its settings.
  std::error_code unknown;
  if (folder.exists(std::string(ledger::kSegmentFolder)) ||
      (plan.key_file.empty() && std::filesystem::exists(place, unknown))) {
    return Error(ErrorCode::kDenied,
                 fmt::format("{} has no {}, but is not empty. If an `init` was interrupted there, "
                             "remove the folder and repeat it; if entries were recorded there, "
                             "bring {} back from a backup and remove nothing",
                             plan.path, ledger::kSettingsFile, ledger::kSettingsFile));
  }
  if (std::filesystem::exists(place, unknown)) {
    return Error(ErrorCode::kDenied, "--key-file: " + place +
                                         " exists, and a key file is never overwritten; name "
                                         "another, or remove it if no ledger uses it");
  }
  SAIPH_TRY(const auto signer, crypto::SoftwareSigner::generate(plan.algorithm));
  auto verifier = ledger::VerifierKey::of_log(plan.origin, signer->public_key());
  if (!verifier) return verifier.error().wrap("--origin");
  SAIPH_CHECK(folder.make_folder(""));
  const ledger::Settings settings{plan.origin, {*verifier}, key_name, ""};
  SAIPH_CHECK(crypto::save_key_file(place, *signer, passphrase.view()));
  SAIPH_CHECK(ledger::Ledger::create(folder, ledger_options(settings), *signer));
  SAIPH_CHECK(ledger::save_settings(folder, settings));
  return NewLedger{place, *verifier};
}

Result<ledger::Statement> heartbeat_statement(const ledger::Head& head, std::string_view time) {
  ledger::Statement statement;
  statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kHeartbeat);
  SAIPH_TRY(const Digest digest, crypto::sha256(as_bytes(head.checkpoint)));
  statement.subjects.push_back(ledger::Subject::of("checkpoint", digest));
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("time", time);
  json.member("tree_size", head.size);
  json.end_object();
  return statement;
}

}  // namespace saiph::app
