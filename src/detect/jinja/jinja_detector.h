// Detector of chat templates.
#pragma once

#include <string_view>

#include "detect/contract/inspection.h"

namespace saiph::detect {

/// A Jinja template: a file, or the string of a configuration or GGUF header (role "as:jinja").
/// States reaches into Python objects, computed attribute names, foreign templates, instructions
/// that appear only for certain conversations, and invisible text. Linear time.
void inspect_jinja(Inspection& inspection);

}  // namespace saiph::detect
