// SciPy distributions: classes whose state holds program text.
//
// scipy.stats.rv_generic.__setstate__ executes the text under "_parse_arg_template" of the state
// that BUILD hands over. What SciPy itself writes there is three small functions of one fixed form,
// in which only parameter names vary; anything else is an attacker's.
#pragma once

#include <string_view>

#include "formats/pickle/machine.h"

namespace saiph::detect {

/// True for the classes of scipy.stats' continuous and discrete distributions ("gamma_gen").
bool is_distribution_class(const formats::PickleName& name);

/// True when `text` has the form of SciPy's own argument parsers: six lines, known headers, and
/// between them only parameter names, commas and plain numbers, so that executing it defines three
/// functions and calls nothing. Linear.
bool is_argument_parser_text(std::string_view text);

/// True when `state` is a dict that one opcode filled with text keys and whose template has that
/// form. False whenever that cannot be told.
bool is_known_distribution_state(const formats::PickleMachine& machine, formats::PickleValue state);

}  // namespace saiph::detect
