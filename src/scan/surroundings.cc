#include "scan/surroundings.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/file.h"

namespace saiph::scan {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSiblingsListed = 10'000;

fs::path folder_of(std::string_view file) {
  const fs::path folder = fs::path(file).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

/// The folder that neighbours may come from: the scanned folder (or the file's own), widened to the
/// repository when it lies in a Hugging Face cache, whose snapshots are links into blobs/.
fs::path allowed_folder(std::string_view file, std::string_view root, std::error_code& error) {
  fs::path base = fs::canonical(
      fs::is_directory(fs::path(root), error) ? fs::path(root) : folder_of(file), error);
  for (fs::path at = base; at.has_relative_path(); at = at.parent_path()) {
    if (at.filename() == "snapshots") return at.parent_path();
  }
  return base;
}

bool inside(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

std::vector<detect::Sibling> FolderSurroundings::siblings() const {
  std::vector<detect::Sibling> found;
  std::error_code error;
  const fs::path own = fs::path(file_).filename();
  for (fs::directory_iterator it(folder_of(file_), error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (found.size() == kSiblingsListed || it->path().filename() == own ||
        !it->is_regular_file(ignored))
      continue;
    const auto size = it->file_size(ignored);
    found.push_back({it->path().filename().string(), ignored ? 0 : size});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

Result<std::shared_ptr<const ByteSource>> FolderSurroundings::open(
    std::string_view relative) const {
  const fs::path wanted(relative);
  const bool climbs = std::find(wanted.begin(), wanted.end(), fs::path("..")) != wanted.end();
  if (wanted.is_absolute() || climbs)
    return Error(ErrorCode::kDenied, "the path leaves the folder");
  std::error_code error;
  const fs::path resolved = fs::canonical(folder_of(file_) / wanted, error);
  if (error) return Error(ErrorCode::kNotFound, "no such file beside it");
  const fs::path allowed = allowed_folder(file_, root_, error);
  if (error || !inside(resolved, allowed))
    return Error(ErrorCode::kDenied, "the path leaves the scanned folder");
  SAIPH_TRY(auto file, FileSource::open(resolved.string()));
  return std::shared_ptr<const ByteSource>(std::move(file));
}

}  // namespace saiph::scan
