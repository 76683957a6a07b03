#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace saiph {

std::string system_message(int number) {
  return std::generic_category().message(number);
}

namespace {

Error system_error(std::string_view what, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOENT || number == ENOTDIR) code = ErrorCode::kNotFound;
  if (number == EACCES || number == EPERM) code = ErrorCode::kDenied;
  if (number == ELOOP) code = ErrorCode::kMalformed;
  return {code, std::string(what) + ": " + system_message(number)};
}

Result<FileHandle> open_temporary() {
  const char* directory = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): never set by us
  if (directory == nullptr || *directory == '\0') directory = "/tmp";
  // O_TMPFILE: the file never has a name, so nothing is left behind whatever happens to us.
  FileHandle file(::open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.get() >= 0) return file;
  std::string pattern = std::string(directory) + "/saiph-XXXXXX";
  FileHandle named(::mkostemp(pattern.data(), O_CLOEXEC));
  if (named.get() < 0) return system_error("cannot make a temporary file", errno);
  ::unlink(pattern.c_str());
  return named;
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileHandle::~FileHandle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<std::shared_ptr<const FileSource>> FileSource::open(const std::string& path) {
  FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return system_error("cannot open", errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return system_error("cannot stat", errno);
  if (!S_ISREG(status.st_mode)) {
    return Error(ErrorCode::kUnsupported, "not a regular file (pipe, device or socket)");
  }
  return std::make_shared<const FileSource>(std::move(file),
                                            static_cast<std::uint64_t>(status.st_size));
}

Result<std::size_t> FileSource::read_at(std::uint64_t offset, MutableByteView out) const {
  if (offset >= size_) return std::size_t{0};
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset));
  std::size_t got = 0;
  while (got < want) {
    const ::ssize_t n =
        ::pread(file_.get(), out.data() + got, want - got, static_cast<::off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error("read failed", errno);
    if (n == 0)
      return Error(ErrorCode::kUnavailable, "file shrank while it was read", offset + got);
    got += static_cast<std::size_t>(n);
  }
  return got;
}

Status Spool::append(ByteView bytes) {
  if (file_.get() < 0 && memory_.size() + bytes.size() <= memory_limit_) {
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
    size_ += bytes.size();
    return {};
  }
  const auto write = [this](ByteView part) -> Status {
    while (!part.empty()) {
      const ::ssize_t n = ::write(file_.get(), part.data(), part.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error("cannot write a temporary file", errno);
      part = part.subspan(static_cast<std::size_t>(n));
    }
    return {};
  };
  if (file_.get() < 0) {
    SAIPH_TRY(file_, open_temporary());
    SAIPH_CHECK(write(memory_));
    memory_ = Bytes();
  }
  SAIPH_CHECK(write(bytes));
  size_ += bytes.size();
  return {};
}

Result<std::shared_ptr<const ByteSource>> Spool::finish() {
  const std::uint64_t size = std::exchange(size_, 0);
  if (file_.get() < 0) {
    return std::shared_ptr<const ByteSource>(
        std::make_shared<const MemorySource>(std::exchange(memory_, {})));
  }
  return std::shared_ptr<const ByteSource>(
      std::make_shared<const FileSource>(std::move(file_), size));
}

}  // namespace saiph
