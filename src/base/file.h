// Files: opened once, read by position, never mapped (a map of a shrinking file kills the process).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/byte_source.h"
#include "base/result.h"

namespace saiph {

/// What errno value `number` means, in English. Any thread (std::strerror is not).
std::string system_message(int number);

/// Owns a file descriptor.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle();
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// A regular file as it was when opened: size is taken once, and a read that finds less is
/// kUnavailable ("file shrank"), never a silent short answer.
class FileSource final : public ByteSource {
 public:
  /// Opens without blocking (a FIFO cannot hang us) and only regular files.
  /// Errors: kNotFound, kDenied, kUnsupported (not a regular file), kUnavailable.
  static Result<std::shared_ptr<const FileSource>> open(const std::string& path);

  FileSource(FileHandle file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) const override;

 private:
  FileHandle file_;
  std::uint64_t size_;
};

/// Collects bytes of unknown length: in memory up to `memory_limit`, then in an unlinked
/// temporary file in $TMPDIR (else the system's), so that resident memory stays bounded.
/// One thread at a time until `finish()`.
class Spool {
 public:
  /// 4 MiB holds nearly all members of real containers other than tensors.
  static constexpr std::size_t kMemoryLimit = 4U << 20;
  explicit Spool(std::size_t memory_limit = kMemoryLimit) : memory_limit_(memory_limit) {}

  /// Errors: kUnavailable when no temporary file can be made or written (disk full).
  Status append(ByteView bytes);
  std::uint64_t size() const { return size_; }
  /// The collected bytes as a source; the spool is empty afterwards.
  Result<std::shared_ptr<const ByteSource>> finish();

 private:
  std::size_t memory_limit_;
  Bytes memory_;
  FileHandle file_;
  std::uint64_t size_ = 0;
};

}  // namespace saiph
