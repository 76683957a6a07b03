# Flags for every target. Hardening stays on in release: g++ 12.2 accepts all of these.
add_library(saiph_flags INTERFACE)
target_compile_options(saiph_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wimplicit-fallthrough -Wundef -Werror=return-type -Werror=unused-result
  -march=x86-64-v2 -fno-strict-overflow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(saiph_flags INTERFACE -Wduplicated-cond -Wlogical-op)
endif()
target_compile_definitions(saiph_flags INTERFACE
  _GLIBCXX_ASSERTIONS FMT_HEADER_ONLY SAIPH_VERSION="${PROJECT_VERSION}")
target_include_directories(saiph_flags INTERFACE
  ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)

if(SAIPH_SANITIZE)
  target_compile_options(saiph_flags INTERFACE
    -fsanitize=${SAIPH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(saiph_flags INTERFACE -fsanitize=${SAIPH_SANITIZE})
  # Sanitised runs explore many inputs; -O1 keeps stacks readable and the build short.
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
else()
  target_compile_options(saiph_flags INTERFACE
    $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero)
  target_link_options(saiph_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -pie)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(SAIPH_FUZZ)
  # Coverage feedback for all of our code; the fuzz executables add the engine itself.
  target_compile_options(saiph_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
