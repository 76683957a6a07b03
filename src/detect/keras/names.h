// What a name in a Keras configuration stands for.
#pragma once

#include <cstdint>
#include <string_view>

namespace saiph::detect {

/// Of a module path. Any thread; logarithmic.
enum class KerasModule : std::uint8_t {
  kNone,       ///< absent, "builtins" or "__main__": the loading program supplies the object
  kKeras,      ///< keras.*, tf_keras.*, tensorflow's copies of Keras
  kCompanion,  ///< keras_hub, keras_cv, keras_nlp and the like: Keras imports them in safe mode too
  kPython,     ///< a module of the Python distribution, or a known way to its interpreter
  kOther,
};
KerasModule keras_module(std::string_view module);

/// True for the leaf name of a class that Keras itself can save, of any version that we know.
bool is_keras_class(std::string_view name);
/// True for a function of activations, losses, metrics, initializers, constraints, regularizers,
/// ops.
bool is_keras_function(std::string_view name);
/// True for Keras functions that load, download, write or switch safe mode off.
bool is_unsafe_keras_function(std::string_view name);
/// True for built-in functions that run code, import, or reach files and attributes.
bool is_unsafe_builtin(std::string_view name);
/// True for TensorFlow operations (API paths or node types) that touch files or call Python.
bool is_unsafe_tensorflow_operation(std::string_view name);

}  // namespace saiph::detect
