// Names that pickles import: interned, with the Python 2 mapping of the loader applied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace saiph::formats {

/// A name as the loader resolves it. `module`/`name` are after the mapping; the raw ones as
/// written.
struct PickleName {
  std::string module;
  std::string name;  ///< may be dotted: "Outer.Inner"
  std::string raw_module;
  std::string raw_name;
  bool mapped() const { return module != raw_module || name != raw_name; }
};

/// What the observer knows of a name; asked once per distinct name and stream set.
struct PickleTraits {
  enum : std::uint8_t { kImport = 1, kRebuild = 2, kCall = 4 };
  /// Values that hold it carry taint: calls and states that receive it are reported.
  bool tainted = true;
  /// Uses that need no event as long as the arguments carry no taint.
  std::uint8_t inert = 0;
};

/// Names with a meaning for the interpreter itself.
enum class PickleKnown : std::uint8_t {
  kNone,
  kNumpyDtype,
  kJoblibWrapper,
  kAddExtension,
  kGetattr,
  kStrJoin,
  kCodecsEncode,
  kCodecsDecode,
  kBytesDecode,
  kBase64Decode,
  kBytesFromHex,
  kConcat,
  kImportModule,
};

/// The Python 2 to 3 mapping of names (CPython Lib/_compat_pickle.py), applied by the loader to
/// streams of protocol 0 to 2. Answers the mapped pair.
std::pair<std::string_view, std::string_view> map_python2_name(std::string_view module,
                                                               std::string_view name);

PickleKnown known_pickle_name(std::string_view module, std::string_view name);

/// Interned names. Bounded: beyond kMostNames or kMostBytes `intern` answers nothing.
class PickleNames {
 public:
  static constexpr std::size_t kMostNames = 100'000;
  static constexpr std::size_t kMostBytes = 8U << 20;
  struct Entry {
    PickleName name;
    PickleTraits traits;
    PickleKnown known = PickleKnown::kNone;
  };

  /// The id, and whether it is new. `mapped` applies the Python 2 mapping.
  std::optional<std::pair<std::uint32_t, bool>> intern(std::string_view module,
                                                       std::string_view name, bool mapped);
  const Entry& at(std::uint32_t id) const { return entries_[id]; }
  Entry& at(std::uint32_t id) { return entries_[id]; }
  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::string key_;
  std::size_t bytes_ = 0;
};

}  // namespace saiph::formats
