#include <algorithm>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/escape.h"
#include "base/python_lines.h"
#include "detect/repository/repository_detector.h"
#include "detect/rules/repository.h"

namespace saiph::detect {

namespace {

// Real path files are a few lines; this much is read of one that goes on.
constexpr std::uint64_t kMaxBytes = 1U << 20;
// Lines handed on as Python of their own.
constexpr std::uint64_t kLinesAsMembers = 16;

std::string_view leaf_of(std::string_view path) {
  const std::size_t slash = path.find_last_of("/\\!");
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// sitecustomize or usercustomize as a module, in any form that Python imports, or as a package.
bool is_startup_module(std::string_view path) {
  const std::string_view leaf = leaf_of(path);
  if (leaf.starts_with("__init__.") && path.size() > leaf.size()) {
    const std::string_view folder = leaf_of(path.substr(0, path.size() - leaf.size() - 1));
    return folder == "sitecustomize" || folder == "usercustomize";
  }
  const std::string_view stem = leaf.substr(0, leaf.find('.'));
  if (stem != "sitecustomize" && stem != "usercustomize") return false;
  return leaf.ends_with(".py") || leaf.ends_with(".pyc") || leaf.ends_with(".so") ||
         leaf.ends_with(".pyd");
}

// Python reads path files as text: what stands behind a NUL byte is data of another format, such as
// weights that have the same ending.
void inspect_path_file(Inspection& inspection) {
  const std::uint64_t size = inspection.source().size();
  const auto bytes = read_range(inspection.source(), 0, std::min(size, kMaxBytes), kMaxBytes);
  if (!bytes) return inspection.incomplete(bytes.error());
  const std::string_view whole = as_text(*bytes);
  std::string_view rest = whole.substr(0, whole.find('\0'));
  const bool ends_early = rest.size() == whole.size() && size > whole.size();
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::uint64_t number = 0;
  std::uint64_t found = 0;
  FindingDraft draft;
  while (!rest.empty()) {
    if (!inspection.budget().take_work(1))
      return inspection.incomplete("limit", inspection.budget().reason());
    ++number;
    const std::string_view line = take_python_line(rest);
    // Python's own test: at the line's begin, with a space or tab behind it.
    if (!line.starts_with("import ") && !line.starts_with("import\t")) continue;
    const auto offset = static_cast<std::uint64_t>(line.data() - whole.data());
    if (++found == 1) {
      draft.line = number;
      draft.offset = offset;
      draft.excerpt = shorten(line, 160);
    }
    if (found <= kLinesAsMembers) {
      inspection.member({.name = "line-" + std::to_string(number) + ".py",
                         .open = open_part(inspection.source_ptr(), offset, line.size())});
    }
  }
  if (found != 0) {
    draft.detail = "a path file with " + std::to_string(found) + (found == 1 ? " line" : " lines") +
                   " that Python runs when it starts";
    inspection.finding(rules::kRepositoryStartupHook, std::move(draft));
  }
  if (ends_early)
    inspection.incomplete("limit", "a path file of over 1 MiB was read to there", kMaxBytes);
}

}  // namespace

void inspect_startup_hook(Inspection& inspection) {
  if (inspection.name().ends_with(".pth")) inspect_path_file(inspection);
  if (!is_startup_module(inspection.path())) return;
  inspection.finding(rules::kRepositoryStartupHook,
                     {.severity = Severity::kMedium,
                      .detail = "Python imports a module of this name when it starts with the "
                                "folder on its path"});
}

}  // namespace saiph::detect
