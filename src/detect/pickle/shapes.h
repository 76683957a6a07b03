// Argument-shape rules: calls that are harmless only with certain arguments.
#pragma once

#include <optional>

#include "detect/pickle/tables.h"
#include "formats/pickle/machine.h"

namespace saiph::detect {

/// What the shape makes of one call.
struct ShapeVerdict {
  enum class Kind : std::uint8_t {
    kInert,     ///< data only
    kRebuilds,  ///< makes an instance of `subject` (a global): judge it as rebuilt
    kUses,      ///< holds `subject` for later use: judge it as data that may be called
    kBytes,     ///< loads `subject`, bytes or bytes as latin-1 text, as an artefact
    kOther,     ///< none of the harmless forms
  };
  Kind kind = Kind::kOther;
  formats::PickleValue subject;
};

/// Judges a call of a name that carries `shape`. Pure; a few look-ups.
ShapeVerdict apply_shape(PickleShape shape, const formats::PickleMachine& machine,
                         const formats::PickleCall& call);

}  // namespace saiph::detect
