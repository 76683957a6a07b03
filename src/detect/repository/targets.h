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
/// The verdict on `value` under a key of a configuration: Hydra's _target_, LightningCLI's
/// class_path, torchtune's _component_ and the like; kKnown under any other key. Any thread;
/// linear.
TargetVerdict judge_target_of(std::string_view key, std::string_view value);

}  // namespace saiph::detect
