// The catalogue of names, compiled in: what pickles of data use, what they must not, known
// packages.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace saiph::detect {

/// Rules on arguments that a row of the catalogue can ask for ("special:NAME"); see shapes.cc.
enum class PickleShape : std::uint8_t {
  kNone,
  kReconstructor,
  kNewobj,
  kGetattr,
  kPartial,
  kFactory,
  kEncode,
  kZone,
  kPath,
  kRegex,
  kLogger,
  kDtype,
  kNdarray,
  kScalar,
  kUfunc,
  kDtypename,
  kBitgenerator,
  kUnpickle,
  kFromtype,
  kLoadbytes,
};

struct AllowedName {
  std::uint8_t uses = 0;  ///< PickleTraits bits
  PickleShape shape = PickleShape::kNone;
  bool core = false;  ///< from the hand-kept file, which no deny row overrides
};

struct DeniedName {
  std::string_view why;         ///< "runs commands"
  std::string_view references;  ///< comma list of advisory ids, may be empty
};

enum class PackageKind : std::uint8_t { kUnknown, kStandard, kFramework };

/// Exact rows; numpy._core is looked up as numpy.core. Any thread, logarithmic.
std::optional<AllowedName> find_allowed(std::string_view module, std::string_view name);
/// The row of the name, of a class that holds it, of its module, or of a package above it.
std::optional<DeniedName> find_denied(std::string_view module, std::string_view name);
/// Of the top-level package of a module.
PackageKind package_kind(std::string_view module);

}  // namespace saiph::detect
