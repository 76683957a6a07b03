// What a dotted Python name can do, whoever names it: source, bytecode, a configuration's _target_.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "formats/python/python_value.h"

namespace saiph::detect {

enum class PythonRisk : std::uint8_t {
  kNone,
  kProcess,        ///< starts a program
  kDynamicCode,    ///< runs text or code objects as Python
  kDeserialise,    ///< rebuilds objects and can run code while doing so
  kNetwork,        ///< opens a connection
  kNative,         ///< loads or compiles native code
  kDynamicImport,  ///< imports a module by name
  kDelete,         ///< deletes or moves files
  kOpen,           ///< opens files
  kDuplicate,      ///< redirects standard streams (os.dup2)
  kReflection,     ///< reaches any other name (operator.attrgetter, pkgutil.resolve_name)
};

/// The risk of calling `path` ("os.system", also reached through other modules:
/// "site.os.system"). Any thread; logarithmic.
PythonRisk python_risk(std::string_view path);

/// Origins of the value behind a path: "os.environ", "requests.get()". Any thread.
formats::PythonOrigins python_path_origins(std::string_view path);

/// Why this file is a place of credentials or of automatic start, or "" when it is neither.
std::string_view credential_place(std::string_view file);
std::string_view startup_place(std::string_view file);

/// A module that is worth naming when code imports it.
bool is_capability_module(std::string_view module);

}  // namespace saiph::detect
