# saiph_name_table(LIST VARIABLE HEADER): a file of names, one a line, sorted by byte, # for
# comments, becomes generated/HEADER with one sorted constexpr array saiph::detect::VARIABLE.
function(saiph_name_table list variable header)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  file(STRINGS ${list} names REGEX "^[^#]")
  list(LENGTH names count)
  list(JOIN names "\",\n    \"" rows)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/${header} CONTENT
"// Generated from the catalogue by cmake/name_table.cmake. Do not edit.
#pragma once

#include <array>
#include <string_view>

namespace saiph::detect {

inline constexpr std::array<std::string_view, @count@> @variable@ = {
    \"@rows@\"};

}  // namespace saiph::detect
" @ONLY)
endfunction()
