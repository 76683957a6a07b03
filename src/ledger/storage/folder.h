// Folder and File: everything that the ledger asks of a file system, small enough that tests can
// put another one in its place (one that loses what was not synced, or stops at any byte).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/result.h"

namespace saiph::ledger {

/// One open file. `size` and `read_at` (of ByteSource): any thread, also while one other thread
/// writes. The rest: one thread at a time.
/// Errors of all: kUnavailable (I/O failed, disk full), kDenied (opened for reading).
class File : public ByteSource {
 public:
  /// Writes all of `bytes` at `offset`; the file grows as needed. After an error any part of the
  /// range may have been written.
  virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;
  /// What was written is on the medium when this answers (fdatasync).
  virtual Status sync() = 0;
  /// The file is at least `size` bytes long, the new part zero, and its blocks are reserved where
  /// the file system can do so.
  virtual Status allocate(std::uint64_t size) = 0;
  /// The file is exactly `size` bytes long.
  virtual Status truncate(std::uint64_t size) = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,
  kWrite,   ///< reading and writing; made empty when it does not exist
  kCreate,  ///< reading and writing; emptied when it exists
};

/// What keeps another writer out; released when destroyed, and by the end of the process.
class FolderLock {
 public:
  virtual ~FolderLock() = default;
};

/// A folder by relative names ("segments/0.seg"). Any thread.
/// Errors of all: kNotFound, kDenied, kUnavailable, kUnsupported (not a regular file).
class Folder {
 public:
  virtual ~Folder() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode) = 0;
  /// Names (without the folder) of everything in `folder` ("" is the folder itself), sorted.
  /// A folder that does not exist is empty.
  virtual Result<std::vector<std::string>> list(const std::string& folder) const = 0;
  virtual bool exists(const std::string& name) const = 0;
  /// The folder and those above it, where they do not exist yet; mode 0700. New ones are on the
  /// medium when this answers.
  virtual Status make_folder(const std::string& name) = 0;
  /// Atomic; replaces `to`.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& name) = 0;
  /// Names made, renamed and removed in `folder` are on the medium when this answers.
  virtual Status sync_folder(const std::string& folder) = 0;
  /// The one lock of this folder, kept on the file `name`. Errors: kDenied when it is taken.
  virtual Result<std::unique_ptr<FolderLock>> lock(const std::string& name) = 0;
  /// For messages.
  virtual std::string path(const std::string& name) const = 0;
};

/// A folder of the file system. The folder itself need not exist until something is made in it.
class DiskFolder final : public Folder {
 public:
  explicit DiskFolder(std::string path);
  Result<std::unique_ptr<File>> open(const std::string& name, OpenMode mode) override;
  Result<std::vector<std::string>> list(const std::string& folder) const override;
  bool exists(const std::string& name) const override;
  Status make_folder(const std::string& name) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status remove(const std::string& name) override;
  Status sync_folder(const std::string& folder) override;
  Result<std::unique_ptr<FolderLock>> lock(const std::string& name) override;
  std::string path(const std::string& name) const override;

 private:
  std::string path_;
};

enum class Durability : std::uint8_t {
  kSynced,  ///< the file and its name survive a power cut
  kLazy,    ///< replaced at once or not at all as other processes see it; may be lost with power
};

/// Makes or replaces a whole file: written under "NAME.new", then renamed.
/// Errors: of the folder. On error the old file, if any, is as it was.
Status write_file(Folder& folder, const std::string& name, ByteView bytes, Durability durability);

/// The whole file. Errors: of the folder; kLimit when it is longer than `limit`.
Result<Bytes> read_file(Folder& folder, const std::string& name, std::uint64_t limit);

}  // namespace saiph::ledger
