#include "app/data_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/file.h"

namespace saiph::app {

namespace {

namespace fs = std::filesystem;

Error os_error(const std::string& path) {
  const bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
  return {denied ? ErrorCode::kDenied : ErrorCode::kUnavailable,
          path + ": " + system_message(errno)};
}

Status make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return os_error(path);
}

bool is_inside(std::string_view name, std::string_view folder) {
  return folder == "/" || name == folder ||
         (name.starts_with(folder) && name.substr(folder.size()).starts_with('/'));
}

}  // namespace

Result<DataFolder> find_data_folder(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Error(ErrorCode::kNotFound, "there is no data folder " + path);
    return os_error(path);
  }
  if (!S_ISDIR(status.st_mode)) return Error(ErrorCode::kDenied, path + " is no folder");
  if (status.st_uid != ::geteuid()) {
    return Error(ErrorCode::kDenied, fmt::format("{} belongs to another user; run as that user, or "
                                                 "give it to this one",
                                                 path));
  }
  if ((status.st_mode & 077) != 0) {
    return Error(ErrorCode::kDenied,
                 fmt::format("{} holds keys and accounts, and others may enter it: chmod 700 {}",
                             path, path));
  }
  std::error_code failed;
  const fs::path absolute = fs::canonical(path, failed);
  if (failed) return Error(ErrorCode::kUnavailable, path + ": " + failed.message());
  return DataFolder{absolute.string()};
}

Result<DataFolder> make_data_folder(const std::string& path) {
  std::error_code failed;
  if (!fs::exists(path, failed)) {
    const fs::path parent = fs::path(path).parent_path();
    if (!parent.empty()) fs::create_directories(parent, failed);  // mkdir says what went wrong
    SAIPH_CHECK(make_private_folder(path));
  }
  SAIPH_TRY(DataFolder folder, find_data_folder(path));
  for (const std::string& inner :
       {folder.backups(), folder.uploads(), folder.spool(), folder.scratch()}) {
    SAIPH_CHECK(make_private_folder(inner));
  }
  // A folder on a medium that is read-only by now is noticed before anything is opened.
  const std::string probe = folder.spool() + "/probe";
  const FileHandle file(::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return os_error(path);
  if (::unlink(probe.c_str()) != 0) return os_error(path);
  return folder;
}

Status empty_passing_folders(const DataFolder& folder) {
  for (const std::string& inner : {folder.uploads(), folder.spool(), folder.scratch()}) {
    std::error_code failed;
    for (const fs::directory_entry& entry : fs::directory_iterator(inner, failed)) {
      fs::remove_all(entry.path(), failed);
      if (failed) break;
    }
    if (failed) return Error(ErrorCode::kUnavailable, inner + ": " + failed.message());
  }
  return {};
}

Status write_private_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return os_error(fresh);
  const FileHandle file(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return os_error(fresh);
  if (::write(file.get(), text.data(), text.size()) != static_cast<::ssize_t>(text.size()) ||
      ::fsync(file.get()) != 0 || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return os_error(path);
  }
  return {};
}

Result<std::vector<std::string>> resolve_roots(const std::vector<std::string>& roots,
                                               const DataFolder& folder) {
  std::vector<std::string> out;
  for (const std::string& root : roots) {
    std::error_code failed;
    const std::string name = fs::canonical(root, failed).string();
    if (failed || !fs::is_directory(name, failed)) {
      return Error(ErrorCode::kInvalidArgument, "scan root " + root + " is no folder");
    }
    if (is_inside(name, folder.path) || is_inside(folder.path, name)) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("scan root {} and the data folder {} lie one in the other: a report "
                               "could quote what is kept there",
                               root, folder.path));
    }
    out.push_back(name);
  }
  return out;
}

}  // namespace saiph::app
