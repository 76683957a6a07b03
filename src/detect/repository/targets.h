// Judging a callable that a configuration names (Hydra, OmegaConf, NeMo: _target_).
#pragma once

#include <cstdint>
#include <string_view>

namespace saiph::detect {

enum class TargetVerdict : std::uint8_t {
  kKnown,      ///< of a known framework and harmless as far as known
  kUnknown,    ///< somebody's own code
  kDangerous,  ///< starts programs, runs code, loads native code or reaches any name
};

/// Any thread; linear in the name.
TargetVerdict judge_target(std::string_view target);

}  // namespace saiph::detect
