#include "detect/placeholder/inspect_placeholder.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "detect/rules/executable.h"

namespace saiph::detect {

namespace {

// Files whose emptiness is their meaning.
bool is_empty_by_custom(std::string_view name) {
  constexpr std::array kNames = std::to_array<std::string_view>(
      {"__init__.py", "__init__.pyi", "py.typed", "REQUESTED", "zip-safe", "not-zip-safe",
       "dependency_links.txt", "CACHEDIR.TAG", "conftest.py", "NEWS", "AUTHORS", "ChangeLog",
       ".done", "_SUCCESS"});
  constexpr std::array kEndings =
      std::to_array<std::string_view>({".lock", ".keep", ".typed", ".stamp", ".marker"});
  return name.starts_with(".") || std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view e) { return name.ends_with(e); });
}

/// A name that only binary model files and archives carry. ".pth" and ".bin" are not among them:
/// the first is also a list of Python paths, the second anything at all unless it is Hugging Face's
/// own name.
bool is_binary_model_name(std::string_view name) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".safetensors", ".gguf",  ".pt",   ".ckpt", ".pkl", ".pickle", ".joblib",  ".h5",
       ".hdf5",        ".keras", ".onnx", ".npy",  ".npz", ".tflite", ".parquet", ".zip",
       ".gz",          ".bz2",   ".xz",   ".zst",  ".7z",  ".rar"});
  return (name.starts_with("pytorch_model") && name.ends_with(".bin")) ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view e) { return name.ends_with(e); });
}

bool is_textual(formats::FormatId type) {
  using formats::FormatId;
  switch (type) {
    case FormatId::kText:
    case FormatId::kJson:
    case FormatId::kYaml:
    case FormatId::kCsv:
    case FormatId::kJinja:
      return true;
    default:
      return false;
  }
}

std::string_view value_of(std::string_view text, std::string_view key) {
  const std::size_t at = text.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + key.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

}  // namespace

void inspect_git_lfs_pointer(Inspection& inspection) {
  // Real pointers are below 200 bytes; anything longer hides behind the first line.
  constexpr std::uint64_t kPointerBytes = 1024;
  const std::uint64_t size = inspection.source().size();
  const auto head =
      read_range(inspection.source(), 0, std::min(size, kPointerBytes), kPointerBytes);
  if (!head) {
    inspection.incomplete(head.error());
    return;
  }
  const std::string_view text = as_text(*head);
  std::string detail = "Git LFS pointer to " + std::string(value_of(text, "\noid ")) + ", " +
                       std::string(value_of(text, "\nsize ")) + " bytes";
  inspection.incomplete("not-downloaded", detail, 0);
  if (size > kPointerBytes) {
    inspection.incomplete("malformed", "longer than a Git LFS pointer can be", kPointerBytes);
  }
  inspection.finding(rules::kPlaceholderNotDownloaded, {.offset = 0, .detail = std::move(detail)});
}

void inspect_empty(Inspection& inspection) {
  // In a container the container itself vouches for the length.
  if (inspection.path().find('!') != std::string_view::npos ||
      is_empty_by_custom(inspection.name()))
    return;
  inspection.finding(rules::kPlaceholderNotDownloaded,
                     {.offset = 0, .detail = "the file is empty"});
  inspection.incomplete("empty", "zero-length file", 0);
}

void inspect_partial_download(Inspection& inspection) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".incomplete", ".part", ".partial", ".crdownload", ".download", ".opdownload"});
  if (inspection.path().find('!') != std::string_view::npos) return;
  const std::string name(inspection.name());
  const auto& types = inspection.types();
  if (!types.empty() && is_binary_model_name(name) &&
      std::all_of(types.begin(), types.end(), is_textual)) {
    inspection.finding(rules::kPlaceholderNotDownloaded,
                       {.offset = 0, .detail = "named as a binary file, but it is a text"});
    inspection.incomplete("not-downloaded",
                          "a text under the name of a binary file: an error page, a broken pointer "
                          "or a cut file",
                          0);
    return;
  }
  const bool by_name = std::any_of(kEndings.begin(), kEndings.end(),
                                   [&](std::string_view e) { return name.ends_with(e); });
  if (!by_name && !inspection.open_sibling(name + ".aria2")) return;
  inspection.finding(rules::kPlaceholderNotDownloaded,
                     {.detail = "the name or its neighbour says that the download is unfinished"});
  inspection.incomplete("not-downloaded", "unfinished download", std::nullopt);
}

}  // namespace saiph::detect
