# catalogue/rules/FAMILY.toml -> generated/detect/rules/FAMILY.h (one constant a rule) and
# generated/detect/rules.{h,cc} (the table of all).
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)
file(GLOB rule_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/catalogue/rules/*.toml)
set(rules_dir ${PROJECT_BINARY_DIR}/generated/detect)
set(rule_headers ${rules_dir}/rules.h)
foreach(rule_file ${rule_files})
  get_filename_component(family ${rule_file} NAME_WE)
  list(APPEND rule_headers ${rules_dir}/rules/${family}.h)
endforeach()
add_custom_command(
  OUTPUT ${rules_dir}/rules.cc ${rule_headers}
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/generate_rules.py
          --catalogue ${PROJECT_SOURCE_DIR}/catalogue/rules --out ${rules_dir}
  DEPENDS ${rule_files} ${PROJECT_SOURCE_DIR}/tools/generate_rules.py
  VERBATIM)
add_library(saiph_rules STATIC ${rules_dir}/rules.cc ${rule_headers})
target_link_libraries(saiph_rules PUBLIC saiph_flags)
