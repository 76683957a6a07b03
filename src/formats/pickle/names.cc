#include "formats/pickle/names.h"

namespace saiph::formats {

PickleKnown known_pickle_name(std::string_view module, std::string_view name) {
  struct Row {
    std::string_view module, name;
    PickleKnown known;
  };
  static constexpr Row kRows[] = {
      {"numpy", "dtype", PickleKnown::kNumpyDtype},
      {"joblib.numpy_pickle", "NumpyArrayWrapper", PickleKnown::kJoblibWrapper},
      {"sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper", PickleKnown::kJoblibWrapper},
      {"copyreg", "add_extension", PickleKnown::kAddExtension},
      {"builtins", "getattr", PickleKnown::kGetattr},
      {"builtins", "str.join", PickleKnown::kStrJoin},
      {"_codecs", "encode", PickleKnown::kCodecsEncode},
      {"codecs", "encode", PickleKnown::kCodecsEncode},
      {"_codecs", "decode", PickleKnown::kCodecsDecode},
      {"codecs", "decode", PickleKnown::kCodecsDecode},
      {"builtins", "str", PickleKnown::kCodecsDecode},
      {"builtins", "bytes.decode", PickleKnown::kBytesDecode},
      {"builtins", "bytes", PickleKnown::kCodecsEncode},
      {"builtins", "str.encode", PickleKnown::kCodecsEncode},
      {"base64", "b64decode", PickleKnown::kBase64Decode},
      {"base64", "standard_b64decode", PickleKnown::kBase64Decode},
      {"binascii", "a2b_base64", PickleKnown::kBase64Decode},
      {"binascii", "unhexlify", PickleKnown::kBytesFromHex},
      {"builtins", "bytes.fromhex", PickleKnown::kBytesFromHex},
      {"operator", "add", PickleKnown::kConcat},
      {"operator", "concat", PickleKnown::kConcat},
      {"_operator", "add", PickleKnown::kConcat},
      {"_operator", "concat", PickleKnown::kConcat},
      {"builtins", "str.__add__", PickleKnown::kConcat},
      {"importlib", "import_module", PickleKnown::kImportModule},
      {"builtins", "__import__", PickleKnown::kImportModule},
  };
  for (const Row& row : kRows) {
    if (row.module == module && row.name == name) return row.known;
  }
  return PickleKnown::kNone;
}

std::optional<std::pair<std::uint32_t, bool>> PickleNames::intern(std::string_view module,
                                                                  std::string_view name,
                                                                  bool mapped) {
  key_.clear();
  key_ += mapped ? '2' : '3';
  key_ += module;
  key_ += '\n';
  key_ += name;
  const auto it = ids_.find(key_);
  if (it != ids_.end()) return std::pair(it->second, false);
  const std::size_t cost = 4 * (module.size() + name.size()) + 256;
  if (entries_.size() >= kMostNames || bytes_ + cost > kMostBytes) return std::nullopt;
  bytes_ += cost;
  Entry entry;
  entry.name.raw_module = module;
  entry.name.raw_name = name;
  if (mapped) {
    const auto [to_module, to_name] = map_python2_name(module, name);
    entry.name.module = to_module;
    entry.name.name = to_name;
  } else {
    entry.name.module = module;
    entry.name.name = name;
  }
  entry.known = known_pickle_name(entry.name.module, entry.name.name);
  const auto id = static_cast<std::uint32_t>(entries_.size());
  entries_.push_back(std::move(entry));
  ids_.emplace(key_, id);
  return std::pair(id, true);
}

}  // namespace saiph::formats
