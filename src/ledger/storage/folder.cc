#include "ledger/storage/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/file.h"

namespace saiph::ledger {

namespace {

Error system_error(std::string_view what, const std::string& path, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::kNotFound;
  if (number == EACCES || number == EPERM || number == EROFS) code = ErrorCode::kDenied;
  return {code, std::string(what) + " " + path + ": " + system_message(number)};
}

class DiskFile final : public File {
 public:
  DiskFile(FileHandle file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  std::uint64_t size() const override {
    struct stat status{};
    if (::fstat(file_.get(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.st_size);
  }

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override {
    std::size_t got = 0;
    while (got < out.size()) {
      const ::ssize_t n = ::pread(file_.get(), out.data() + got, out.size() - got,
                                  static_cast<::off_t>(offset + got));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("cannot read", path_, errno);
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    return got;
  }

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const ::ssize_t n =
          ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<::off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("cannot write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(file_.get()) != 0) return system_error("cannot sync", path_, errno);
    return {};
  }

  Status allocate(std::uint64_t size_wanted) override {
    if (size() >= size_wanted) return {};
    // Reserving is an optimisation; a file system without it only has to grow the file.
    if (::fallocate(file_.get(), 0, 0, static_cast<::off_t>(size_wanted)) == 0) return {};
    if (errno != EOPNOTSUPP && errno != ENOSYS) {
      return system_error("cannot reserve space for", path_, errno);
    }
    return truncate(size_wanted);
  }

  Status truncate(std::uint64_t size_wanted) override {
    if (::ftruncate(file_.get(), static_cast<::off_t>(size_wanted)) != 0) {
      return system_error("cannot cut", path_, errno);
    }
    return {};
  }

 private:
  FileHandle file_;
  std::string path_;
};

class DiskLock final : public FolderLock {
 public:
  explicit DiskLock(FileHandle file) : file_(std::move(file)) {}

 private:
  FileHandle file_;  // flock ends with its last descriptor
};

Status sync_names_in(const std::string& folder) {
  const FileHandle handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle.get() < 0) return system_error("cannot open the folder", folder, errno);
  if (::fsync(handle.get()) != 0) return system_error("cannot sync the folder", folder, errno);
  return {};
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

DiskFolder::DiskFolder(std::string path) : path_(std::move(path)) {
  while (path_.size() > 1 && path_.back() == '/') path_.pop_back();
}

std::string DiskFolder::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

Result<std::unique_ptr<File>> DiskFolder::open(const std::string& name, OpenMode mode) {
  // A copy that somebody sent may hold links to files of the reader's.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW;
  if (mode == OpenMode::kRead) flags |= O_RDONLY;
  if (mode == OpenMode::kWrite) flags |= O_RDWR | O_CREAT;
  if (mode == OpenMode::kCreate) flags |= O_RDWR | O_CREAT | O_TRUNC;
  FileHandle file(::open(path(name).c_str(), flags, 0600));
  if (file.get() < 0 && errno == ELOOP) {
    return Error(ErrorCode::kUnsupported, "not a regular file: " + path(name));
  }
  if (file.get() < 0) return system_error("cannot open", path(name), errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot stat", path(name), errno);
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::kUnsupported, "not a regular file: " + path(name));
  }
  return std::make_unique<DiskFile>(std::move(file), path(name));
}

Result<std::vector<std::string>> DiskFolder::list(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator it(path(folder), error);
  if (error == std::errc::no_such_file_or_directory) return names;
  for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) return system_error("cannot list", path(folder), error.value());
  std::sort(names.begin(), names.end());
  return names;
}

bool DiskFolder::exists(const std::string& name) const {
  struct stat status{};
  return ::stat(path(name).c_str(), &status) == 0;
}

Status DiskFolder::make_folder(const std::string& name) {
  const std::string whole = path(name);
  for (std::size_t end = whole.find('/', 1);; end = whole.find('/', end + 1)) {
    const std::string part = whole.substr(0, end);
    if (::mkdir(part.c_str(), 0700) == 0) {
      SAIPH_CHECK(sync_names_in(parent_of(part)));
    } else if (errno != EEXIST) {
      return system_error("cannot make the folder", part, errno);
    }
    if (end == std::string::npos) break;
  }
  struct stat status{};
  if (::stat(whole.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return Error(ErrorCode::kUnavailable, "not a folder: " + whole);
  }
  return {};
}

Status DiskFolder::rename(const std::string& from, const std::string& to) {
  if (::rename(path(from).c_str(), path(to).c_str()) != 0) {
    return system_error("cannot rename to", path(to), errno);
  }
  return {};
}

Status DiskFolder::remove(const std::string& name) {
  if (::unlink(path(name).c_str()) != 0) return system_error("cannot remove", path(name), errno);
  return {};
}

Status DiskFolder::sync_folder(const std::string& folder) {
  return sync_names_in(path(folder));
}

Result<std::unique_ptr<FolderLock>> DiskFolder::lock(const std::string& name) {
  FileHandle file(
      ::open(path(name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, 0600));
  if (file.get() < 0) return system_error("cannot open", path(name), errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      return Error(ErrorCode::kDenied, "another process writes to this ledger: " + path_);
    }
    return system_error("cannot lock", path(name), errno);
  }
  return std::make_unique<DiskLock>(std::move(file));
}

Status write_file(Folder& folder, const std::string& name, ByteView bytes, Durability durability) {
  const std::string temporary = name + ".new";
  {
    SAIPH_TRY(const auto file, folder.open(temporary, OpenMode::kCreate));
    SAIPH_CHECK(file->write_at(0, bytes));
    if (durability == Durability::kSynced) SAIPH_CHECK(file->sync());
  }
  SAIPH_CHECK(folder.rename(temporary, name));
  if (durability == Durability::kLazy) return {};
  const std::size_t slash = name.rfind('/');
  return folder.sync_folder(slash == std::string::npos ? "" : name.substr(0, slash));
}

Result<Bytes> read_file(Folder& folder, const std::string& name, std::uint64_t limit) {
  SAIPH_TRY(const auto file, folder.open(name, OpenMode::kRead));
  return read_all(*file, limit);
}

}  // namespace saiph::ledger
