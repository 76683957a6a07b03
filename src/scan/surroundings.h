// The files beside an artefact on disk, as far as the scanned root allows.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scan/engine.h"

namespace saiph::scan {

/// Nothing is read until asked for. A path is resolved (links too) and must end inside `root`'s
/// folder, or, in a Hugging Face cache, inside the repository that holds snapshots/ and blobs/.
/// One thread at a time.
class FolderSurroundings final : public Surroundings {
 public:
  FolderSurroundings(std::string_view file, std::string_view root) : file_(file), root_(root) {}
  /// Regular files in the artefact's own folder, without the artefact itself; at most 10,000.
  std::vector<detect::Sibling> siblings() const override;
  /// Errors: kNotFound, kDenied (leaves the root), kUnsupported (no regular file), kUnavailable.
  Result<std::shared_ptr<const ByteSource>> open(std::string_view relative) const override;

 private:
  std::string_view file_;
  std::string_view root_;
};

}  // namespace saiph::scan
