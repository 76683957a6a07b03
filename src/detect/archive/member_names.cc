#include "detect/archive/member_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace saiph::detect {

namespace {

bool is_slash(char c) {
  return c == '/' || c == '\\';
}

bool is_absolute(std::string_view path) {
  if (path.empty()) return false;
  if (is_slash(path[0])) return true;
  const bool letter = (path[0] >= 'A' && path[0] <= 'Z') || (path[0] >= 'a' && path[0] <= 'z');
  return path.size() >= 3 && letter && path[1] == ':' && is_slash(path[2]);
}

// Walks the components from `depth` folders deep; true when it ever climbs above the root.
bool climbs(std::string_view path, std::int64_t& depth) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    std::size_t end = begin;
    while (end < path.size() && !is_slash(path[end])) ++end;
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "..") {
      if (--depth < 0) return true;
    } else if (!part.empty() && part != ".") {
      ++depth;
    }
    begin = end + 1;
  }
  return false;
}

}  // namespace

bool leaves_folder(std::string_view name) {
  std::int64_t depth = 0;
  return is_absolute(name) || climbs(name, depth);
}

bool link_leaves_folder(std::string_view name, std::string_view target, bool relative_to_root) {
  if (is_absolute(target)) return true;
  std::int64_t depth = 0;
  if (!relative_to_root) {
    if (climbs(name, depth)) return true;
    depth = std::max<std::int64_t>(depth - 1, 0);
  }
  return climbs(target, depth);
}

bool is_model_name(std::string_view name) {
  constexpr std::array kEndings = std::to_array<std::string_view>(
      {".pt",   ".pth",    ".bin",   ".ckpt", ".pkl",         ".pickle", ".joblib", ".h5",
       ".hdf5", ".keras",  ".onnx",  ".pb",   ".safetensors", ".gguf",   ".ggml",   ".npy",
       ".npz",  ".tflite", ".model", ".mar",  ".nemo",        ".ptl",    ".dat"});
  std::string lower(name.substr(name.size() - std::min<std::size_t>(name.size(), 16)));
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view e) { return lower.ends_with(e); });
}

}  // namespace saiph::detect
