// Folders as tar archives over HTTP, by way of a folder on the disk that is gone afterwards.
#pragma once

#include <string>

#include "base/result.h"
#include "server/context.h"

namespace saiph::server {

/// A folder of its own below ApiOptions::scratch_folder; removed with all that is in it when this
/// is destroyed.
class ScratchFolder {
 public:
  /// Errors: kUnavailable.
  static Result<ScratchFolder> make(const Context& context);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Sends everything in the folder as NAME.tar, file names sorted and below NAME/. The archive's end
/// is missing when something fails on the way, so that a reader sees it. Blocks as long as the
/// client takes.
void send_archive(Context& context, const ScratchFolder& folder, const std::string& name);

}  // namespace saiph::server
