#include "app/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <ranges>
#include <string_view>
#include <system_error>
#include <utility>

#include "app/ledger_access.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "crypto/sha256.h"
#include "ledger/export.h"
#include "store/database.h"

namespace saiph::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormat = "saiph-backup";
constexpr std::int64_t kFormatVersion = 1;
constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{256} << 20;
constexpr std::size_t kBlock = 256U << 10;

Error os_error(const std::string& path) {
  const bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
  return {denied ? ErrorCode::kDenied : ErrorCode::kUnavailable,
          path + ": " + system_message(errno)};
}

/// A relative name that leads nowhere else.
bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > 4096 || name.front() == '/') return false;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos) {
      return false;
    }
    begin = end + 1;
  }
  return true;
}

Status make_parents(const std::string& root, const std::string& name) {
  for (std::size_t slash = name.find('/'); slash != std::string::npos;
       slash = name.find('/', slash + 1)) {
    const std::string folder = root + "/" + name.substr(0, slash);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return os_error(folder);
  }
  return {};
}

Status sync_folder(const std::string& path) {
  const FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return os_error(path);
  return {};
}

/// Names of files and folders are on the medium too, from the inside out.
Status sync_tree(const std::string& root) {
  std::vector<std::string> folders = {root};
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, failed)) {
    if (entry.is_directory(failed)) folders.push_back(entry.path().string());
  }
  if (failed) return Error(ErrorCode::kUnavailable, root + ": " + failed.message());
  for (const std::string& folder : std::views::reverse(folders)) SAIPH_CHECK(sync_folder(folder));
  return {};
}

Status write_all(int file, ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ::ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return os_error(path);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

/// Copies a file into a new one, mode 0600, synced. Answers what was copied.
Result<BackupFile> copy_private(const std::string& from, const std::string& root,
                                const std::string& name) {
  auto source = FileSource::open(from);
  if (!source) return source.error().wrap(from);
  SAIPH_CHECK(make_parents(root, name));
  const std::string to = root + "/" + name;
  const FileHandle file(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return os_error(to);
  BackupFile copied;
  copied.name = name;
  copied.size = (*source)->size();
  crypto::Sha256 hash;
  Bytes block(kBlock);
  for (std::uint64_t at = 0; at < copied.size;) {
    SAIPH_TRY(const std::size_t n, (*source)->read_at(at, block));
    if (n == 0) return Error(ErrorCode::kUnavailable, from + " shrank while it was read");
    const ByteView bytes = ByteView(block).first(n);
    hash.update(bytes);
    SAIPH_CHECK(write_all(file.get(), bytes, to));
    at += n;
  }
  if (::fsync(file.get()) != 0) return os_error(to);
  copied.digest = hash.finish();
  return copied;
}

/// Every regular file below `root`, by name, hashed.
Result<std::vector<BackupFile>> list_files(const std::string& root) {
  std::vector<BackupFile> files;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, failed)) {
    if (!entry.is_regular_file(failed)) continue;
    BackupFile file;
    file.name = fs::relative(entry.path(), root, failed).string();
    SAIPH_TRY(const auto source, FileSource::open(entry.path().string()));
    file.size = source->size();
    SAIPH_TRY(file.digest, crypto::sha256(*source));
    files.push_back(std::move(file));
  }
  if (failed) return Error(ErrorCode::kUnavailable, root + ": " + failed.message());
  std::sort(files.begin(), files.end(),
            [](const BackupFile& a, const BackupFile& b) { return a.name < b.name; });
  return files;
}

std::string encode(const BackupManifest& manifest) {
  std::string text;
  codec::JsonWriter json(text, 2);
  json.begin_object();
  json.member("format", kFormat);
  json.member("format_version", kFormatVersion);
  json.member("version", manifest.version);
  json.member("created", manifest.created);
  json.member("origin", manifest.origin);
  json.member("entries", manifest.entries);
  json.member("with_keys", manifest.with_keys);
  json.array("files");
  for (const BackupFile& file : manifest.files) {
    json.begin_object();
    json.member("name", file.name);
    json.member("size", file.size);
    json.member("digest", file.digest.text());
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text + "\n";
}

/// The ledger's copy, and its keys when they lie in its folder.
Status copy_ledger(const DataFolder& folder, const std::string& output, bool with_keys,
                   BackupManifest& manifest) {
  ledger::DiskFolder source(folder.ledger());
  SAIPH_TRY(const ledger::Settings settings, ledger::load_settings(source));
  manifest.origin = settings.origin;
  ledger::DiskFolder target(output + "/ledger");
  SAIPH_TRY(const ledger::Exported exported,
            ledger::export_ledger(source, settings, target, ledger::ExportLayout::kSegments));
  manifest.entries = exported.entries;
  // The copy says where its key is, so that restoring it gives a ledger that can be written to.
  SAIPH_CHECK(ledger::save_settings(target, settings));
  for (const std::string& key : {settings.key, settings.next_key}) {
    const bool inside = !key.empty() && is_safe_name(key) && !key.starts_with("pkcs11:");
    if (!key.empty() && !inside) manifest.key_elsewhere = key;
    if (!with_keys || !inside || !source.exists(key)) continue;
    SAIPH_TRY([[maybe_unused]] const BackupFile copied,
              copy_private(folder.ledger() + "/" + key, output + "/ledger", key));
  }
  return {};
}

Status fill_backup(const DataFolder& folder, const std::string& output, BackupManifest& manifest) {
  {
    SAIPH_TRY(const auto database,
              store::Database::open(folder.state_file(), {.read_only = false, .create = false}));
    SAIPH_CHECK(store::backup(*database, output + "/state.db"));
  }
  if (manifest.with_keys) {
    SAIPH_TRY([[maybe_unused]] const BackupFile key,
              copy_private(folder.state_key(), output, "state.key"));
  }
  SAIPH_CHECK(copy_ledger(folder, output, manifest.with_keys, manifest));
  SAIPH_TRY(manifest.files, list_files(output));
  SAIPH_CHECK(write_private_file(output + "/" + kManifestFile, encode(manifest)));
  return sync_tree(output);
}

Result<std::string> text_member(const codec::JsonValue& object, std::string_view key) {
  const codec::JsonValue* value = object.find(key);
  if (value == nullptr || !value->is_string()) {
    return Error(ErrorCode::kMalformed, fmt::format("the backup's list has no {}", key));
  }
  return std::string(value->string());
}

/// -1 when there is none.
std::int64_t integer_member(const codec::JsonValue& object, std::string_view key) {
  const codec::JsonValue* value = object.find(key);
  return value == nullptr ? -1 : value->integer().value_or(-1);
}

Result<BackupFile> parse_file(const codec::JsonValue& row) {
  BackupFile file;
  SAIPH_TRY(file.name, text_member(row, "name"));
  SAIPH_TRY(const std::string digest, text_member(row, "digest"));
  const std::int64_t bytes = integer_member(row, "size");
  const auto parsed = Digest::parse(digest);
  if (!is_safe_name(file.name) || !parsed || bytes < 0) {
    return Error(ErrorCode::kMalformed, "the backup's list has a row that is none");
  }
  file.size = static_cast<std::uint64_t>(bytes);
  file.digest = *parsed;
  return file;
}

}  // namespace

Result<BackupManifest> make_backup(const DataFolder& folder, const std::string& output,
                                   bool with_keys, const std::string& created) {
  if (::mkdir(output.c_str(), 0700) != 0) {
    if (errno == EEXIST) {
      return Error(ErrorCode::kDenied, output + " exists; a backup goes into a new folder");
    }
    return os_error(output);
  }
  BackupManifest manifest;
  manifest.version = SAIPH_VERSION;
  manifest.created = created;
  manifest.with_keys = with_keys;
  if (const Status filled = fill_backup(folder, output, manifest); !filled) {
    // Half a backup must not be taken for one.
    std::error_code ignored;
    fs::remove_all(output, ignored);
    return filled.error();
  }
  return manifest;
}

Result<BackupManifest> read_manifest(const std::string& backup) {
  const std::string place = backup + "/" + kManifestFile;
  auto source = FileSource::open(place);
  if (!source) return source.error().wrap("no backup: " + place);
  if ((*source)->size() > kMaxManifestBytes) {
    return Error(ErrorCode::kMalformed, "the backup's list is too long");
  }
  Limits limits;
  limits.memory_bytes = std::uint64_t{1} << 30;  // some 100 bytes a value; the file is ours
  Budget budget(limits);
  SAIPH_TRY(const codec::JsonDocument document, codec::load_json(**source, budget));
  const codec::JsonValue& root = document.root;
  SAIPH_TRY(const std::string format, text_member(root, "format"));
  if (format != kFormat || !document.duplicate_keys.empty()) {
    return Error(ErrorCode::kMalformed, place + " is no list of a backup");
  }
  if (integer_member(root, "format_version") != kFormatVersion) {
    return Error(ErrorCode::kUnsupported, "a later version of Saiph made this backup");
  }
  BackupManifest manifest;
  SAIPH_TRY(manifest.version, text_member(root, "version"));
  SAIPH_TRY(manifest.created, text_member(root, "created"));
  SAIPH_TRY(manifest.origin, text_member(root, "origin"));
  manifest.entries =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer_member(root, "entries")));
  const codec::JsonValue* keys = root.find("with_keys");
  manifest.with_keys = keys == nullptr || keys->boolean().value_or(true);
  const codec::JsonValue* files = root.find("files");
  if (files == nullptr || !files->is_array()) {
    return Error(ErrorCode::kMalformed, "the backup's list has no files");
  }
  for (const codec::JsonValue& row : files->items()) {
    SAIPH_TRY(BackupFile file, parse_file(row));
    manifest.files.push_back(std::move(file));
  }
  return manifest;
}

Result<BackupManifest> restore_backup(const std::string& backup, const std::string& data) {
  SAIPH_TRY(BackupManifest manifest, read_manifest(backup));
  std::error_code failed;
  if (fs::exists(data, failed) && !(fs::is_directory(data, failed) && fs::is_empty(data, failed))) {
    return Error(ErrorCode::kDenied,
                 data + " holds something; restore into a folder that does not exist yet");
  }
  if (::mkdir(data.c_str(), 0700) != 0 && errno != EEXIST) return os_error(data);
  if (::chmod(data.c_str(), 0700) != 0) return os_error(data);
  const auto copy_all = [&]() -> Status {
    for (const BackupFile& listed : manifest.files) {
      SAIPH_TRY(const BackupFile copied,
                copy_private(backup + "/" + listed.name, data, listed.name));
      if (copied.size != listed.size || copied.digest != listed.digest) {
        return Error(ErrorCode::kMalformed,
                     listed.name + " is not what the backup's list says; this backup was changed");
      }
    }
    return sync_tree(data);
  };
  if (const Status copied = copy_all(); !copied) {
    for (const fs::directory_entry& entry : fs::directory_iterator(data, failed)) {
      fs::remove_all(entry.path(), failed);
    }
    // A file that the list names and that is not there is a change, too.
    return copied.error().code() == ErrorCode::kNotFound
               ? Error(ErrorCode::kMalformed, copied.error().describe())
               : copied.error();
  }
  return manifest;
}

}  // namespace saiph::app
