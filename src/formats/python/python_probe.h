// Telling Python source from other text.
#pragma once

#include <string_view>

namespace saiph::formats {

/// True for a Python file's name, or for text whose first lines can hardly be anything else
/// (an interpreter line, or imports and definitions without foreign syntax). Linear in `head`.
bool looks_like_python(std::string_view head, std::string_view name, bool is_text);

}  // namespace saiph::formats
