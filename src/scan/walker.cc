#include "scan/walker.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/glob.h"

namespace saiph::scan {

namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

constexpr int kVisitsPerFolder = 8;

using FileIdentity = std::pair<dev_t, ino_t>;

struct Level {
  std::string path;
  FileIdentity identity;
  std::vector<std::string> names;  // sorted in reverse: taken from the back
};

Error problem(std::string_view what, int number) {
  ErrorCode code = ErrorCode::kUnavailable;
  if (number == ENOENT) code = ErrorCode::kNotFound;
  if (number == EACCES || number == EPERM) code = ErrorCode::kDenied;
  return {code, std::string(what) + ": " + system_message(number)};
}

Result<std::vector<std::string>> list(const std::string& path) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(path.c_str()));
  if (!folder) return problem("cannot open the folder", errno);
  std::vector<std::string> names;
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(folder.get());  // NOLINT(concurrency-mt-unsafe): own stream
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return problem("cannot read the folder", errno);
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

bool matches_any(const std::vector<std::string>& patterns, const std::string& relative) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return glob_match(pattern, relative); });
}

class Walk {
 public:
  Walk(const WalkOptions& options, const std::function<bool(WalkItem)>& visit)
      : options_(options), visit_(visit) {}

  bool run(const std::string& root) {
    root_ = root;
    levels_.clear();
    if (!enter(root, "")) return false;
    while (!levels_.empty()) {
      Level& level = levels_.back();
      if (level.names.empty()) {
        levels_.pop_back();
        continue;
      }
      std::string path = level.path;
      if (!path.ends_with('/')) path += '/';
      path += level.names.back();
      level.names.pop_back();
      if (!enter(path,
                 path.substr(std::min(path.size(), root_.size() + (root_.ends_with('/') ? 0 : 1)))))
        return false;
    }
    return true;
  }

 private:
  bool report(const std::string& path, std::optional<Error> problem) {
    return visit_({path, root_, std::move(problem)});
  }

  bool wanted(const std::string& relative, const std::string& path) const {
    // A file named on the command line is always wanted unless excluded by its own name.
    const std::string& subject = relative.empty() ? path : relative;
    if (!options_.include.empty() && !relative.empty() && !matches_any(options_.include, subject))
      return false;
    return !matches_any(options_.exclude, subject);
  }

  bool enter(const std::string& path, const std::string& relative) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      const int number = errno;
      struct stat link{};
      if (!wanted(relative, path)) return true;
      if (number == ENOENT && ::lstat(path.c_str(), &link) == 0) {
        return report(path, Error(ErrorCode::kNotFound, "symbolic link to nothing"));
      }
      if (number == ELOOP)
        return report(path, Error(ErrorCode::kMalformed, "symbolic links in a loop"));
      return report(path, problem("cannot look at it", number));
    }
    if (S_ISDIR(status.st_mode)) return enter_folder(path, relative, status);
    if (!wanted(relative, path)) return true;
    if (!S_ISREG(status.st_mode)) {
      return report(path,
                    Error(ErrorCode::kUnsupported, "not a regular file (pipe, device or socket)"));
    }
    return report(path, std::nullopt);
  }

  bool enter_folder(const std::string& path, const std::string& relative,
                    const struct stat& status) {
    if (!relative.empty() && matches_any(options_.exclude, relative)) return true;
    const FileIdentity identity{status.st_dev, status.st_ino};
    const bool loop = std::any_of(levels_.begin(), levels_.end(),
                                  [&](const Level& level) { return level.identity == identity; });
    if (loop)
      return report(path, Error(ErrorCode::kMalformed, "symbolic link back to a folder above it"));
    // Links can make a small tree look exponential: eight ways to one folder are enough.
    if (++visits_[identity] > kVisitsPerFolder) {
      return report(
          path, Error(ErrorCode::kLimit, "folder already scanned over " +
                                             std::to_string(kVisitsPerFolder) + " other paths"));
    }
    auto names = list(path);
    if (!names) return report(path, names.error());
    levels_.push_back({path, identity, std::move(*names)});
    return true;
  }

  const WalkOptions& options_;
  const std::function<bool(WalkItem)>& visit_;
  std::string root_;
  std::vector<Level> levels_;
  std::map<FileIdentity, int> visits_;
};

}  // namespace

void walk(const std::vector<std::string>& paths, const WalkOptions& options,
          const std::function<bool(WalkItem)>& visit) {
  Walk one(options, visit);
  for (const std::string& path : paths) {
    if (!one.run(path)) return;
  }
}

}  // namespace saiph::scan
