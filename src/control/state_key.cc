#include "control/state_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"
#include "crypto/hmac.h"
#include "crypto/seal.h"

namespace saiph::control {

namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kFileBytes = 2 * kKeyBytes + 1;

Status write_whole(int descriptor, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Error(ErrorCode::kUnavailable, system_message(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (::fsync(descriptor) != 0) return Error(ErrorCode::kUnavailable, system_message(errno));
  return {};
}

}  // namespace

StateKey::StateKey(ByteView master)
    : master_(master),
      names_(derived("saiph state names v1").bytes),
      seals_(derived("saiph state seals v1").bytes) {}

Digest StateKey::derived(std::string_view purpose) const {
  return crypto::hmac_sha256(master_.view(), as_bytes(purpose));
}

Digest StateKey::digest(std::string_view text) const {
  return crypto::hmac_sha256(names_.view(), as_bytes(text));
}

Digest StateKey::fingerprint() const {
  return derived("saiph state fingerprint v1");
}

Result<Bytes> StateKey::seal(ByteView secret, std::string_view place) const {
  return crypto::seal(seals_.view(), secret, as_bytes(place));
}

Result<crypto::SecretBytes> StateKey::unseal(ByteView box, std::string_view place) const {
  return crypto::unseal(seals_.view(), box, as_bytes(place));
}

Result<StateKey> StateKey::load(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0) {
    const ErrorCode code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kDenied;
    return Error(code, path + ": " + system_message(errno));
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) {
    return Error(ErrorCode::kUnavailable, path + ": " + system_message(errno));
  }
  if (!S_ISREG(about.st_mode)) return Error(ErrorCode::kDenied, path + " is not a regular file");
  if ((about.st_mode & 077U) != 0) {
    return Error(ErrorCode::kDenied, path + " may be touched by others; its mode must be 0600");
  }
  crypto::SecretBytes text(kFileBytes + 1);
  const ssize_t size = ::pread(file.get(), text.mutable_view().data(), text.size(), 0);
  if (size < 0) return Error(ErrorCode::kUnavailable, path + ": " + system_message(errno));
  const Error malformed(ErrorCode::kMalformed,
                        path + " is not a key of the state: 64 hexadecimal digits and a line end");
  const ByteView digits = text.view();
  if (static_cast<std::size_t>(size) != kFileBytes || digits[kFileBytes - 1] != '\n') {
    return malformed;
  }
  crypto::SecretBytes key(kKeyBytes);
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    const int high = hex_digit(digits[2 * i]);
    const int low = hex_digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return malformed;
    key.mutable_view()[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return StateKey(key.view());
}

Result<StateKey> StateKey::create(const std::string& path) {
  crypto::SecretBytes key(kKeyBytes);
  SAIPH_CHECK(crypto::random_bytes(key.mutable_view()));
  constexpr std::string_view kDigits = "0123456789abcdef";
  crypto::SecretBytes text(kFileBytes);
  for (std::size_t i = 0; i < kKeyBytes; ++i) {
    text.mutable_view()[2 * i] = static_cast<std::uint8_t>(kDigits[key.view()[i] >> 4U]);
    text.mutable_view()[2 * i + 1] = static_cast<std::uint8_t>(kDigits[key.view()[i] & 0x0FU]);
  }
  text.mutable_view()[kFileBytes - 1] = '\n';
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  {
    const FileHandle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) {
      const ErrorCode code = errno == EEXIST ? ErrorCode::kConflict : ErrorCode::kUnavailable;
      return Error(code, path + " cannot be made: " + system_message(errno));
    }
    if (const Status written = write_whole(file.get(), text.view()); !written) {
      ::unlink(path.c_str());
      return written.error().wrap(path + " cannot be written");
    }
  }
  const FileHandle parent(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECTORY));
  if (parent.get() < 0 || ::fsync(parent.get()) != 0) {
    return Error(ErrorCode::kUnavailable, path + ": " + system_message(errno));
  }
  return StateKey(key.view());
}

}  // namespace saiph::control
