// Names of packages that are often imitated.
#pragma once

#include <string_view>

namespace saiph::detect {

/// The popular package whose name is one letter away from `name` (normalised), or "" when there is
/// none or the name itself is known. Any thread; constant time for names up to 40 letters.
std::string_view imitated_package(std::string_view name);

}  // namespace saiph::detect
