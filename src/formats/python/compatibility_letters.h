// Letters that Python reads as ASCII although they do not look like it in the bytes.
#pragma once

#include <string>
#include <string_view>

namespace saiph::formats {

/// True when every byte is below 0x80. Any thread, linear.
bool is_ascii(std::string_view text);

/// The identifier as Python sees it as far as it becomes ASCII: full-width, mathematical, super-
/// and subscript letters, ligatures and letter-like numbers are replaced by their NFKC form; every
/// other character stays. Any thread, linear. Source: PEP 3131, UAX 15 (NFKC).
std::string fold_compatibility(std::string_view text);

}  // namespace saiph::formats
