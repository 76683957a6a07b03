# build/console (made by tools/console.sh, which tools/build.sh runs first) -> generated/server/console_assets.cc,
# the library saiph_console_assets, which implements src/server/console_assets.h.
file(GLOB_RECURSE console_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/build/console/*)
set(console_source ${PROJECT_BINARY_DIR}/generated/server/console_assets.cc)
add_custom_command(
  OUTPUT ${console_source}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/embed_console.py
          --console ${PROJECT_SOURCE_DIR}/build/console --out ${console_source}
  DEPENDS ${console_files} ${PROJECT_SOURCE_DIR}/tools/embed_console.py
  VERBATIM)
add_library(saiph_console_assets STATIC ${console_source})
target_link_libraries(saiph_console_assets PUBLIC saiph_flags)
