#include "detect/keras/inspect_keras.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "codec/base64/base64.h"
#include "codec/json/json.h"
#include "codec/json/utf.h"
#include "detect/embedded/embedded.h"
#include "detect/keras/names.h"
#include "detect/rules/keras.h"

namespace saiph::detect {

namespace {

using codec::JsonKind;
using codec::JsonValue;

/// Finds out whether the document's top object is a serialised Keras object.
class Recogniser final : public codec::JsonHandler {
 public:
  bool on_object_begin(std::uint64_t) override { return enter(true); }
  bool on_array_begin(std::uint64_t) override { return enter(false); }
  bool on_object_end() override { return leave(); }
  bool on_array_end() override { return leave(); }
  bool on_key(std::string_view key, std::uint64_t) override {
    if (depth_ != 1) return true;
    class_name_ |= key == "class_name";
    config_ |= key == "config";
    return !(class_name_ && config_);
  }
  bool is_keras() const { return class_name_ && config_; }

 private:
  bool enter(bool is_object) { return ++depth_ > 1 || is_object; }
  bool leave() {
    --depth_;
    return true;
  }
  std::uint32_t depth_ = 0;
  bool class_name_ = false;
  bool config_ = false;
};

bool trusts(const Trust& trust, std::string_view module, std::string_view name) {
  const std::string full = std::string(module) + "." + std::string(name);
  for (const std::string& trusted : trust.classes) {
    if (trusted == full || trusted == name) return true;
  }
  for (const std::string& trusted : trust.modules) {
    if (module == trusted || (module.starts_with(trusted) && module.size() > trusted.size() &&
                              module[trusted.size()] == '.')) {
      return true;
    }
  }
  return false;
}

std::string_view text_of(const JsonValue& object, std::string_view key) {
  const JsonValue* value = object.find(key);
  return value == nullptr ? std::string_view() : value->string();
}

/// Marshalled code objects start with TYPE_CODE (0x63), usually with the reference flag (0xE3), and
/// five small little-endian counts (Python/marshal.c); two of them are enough to tell.
bool is_marshalled_code(ByteView bytes) {
  if (bytes.size() < 16 || (bytes[0] & 0x7FU) != 0x63) return false;
  return bytes[2] == 0 && bytes[3] == 0 && bytes[4] == 0 && bytes[6] == 0 && bytes[7] == 0 &&
         bytes[8] == 0;
}

/// Bytes of a text that holds one byte a character (raw_unicode_escape, as the oldest Keras wrote).
Bytes latin_bytes(std::string_view text) {
  Bytes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte == 0xC2 || byte == 0xC3) && i + 1 < text.size()) {
      out.push_back(static_cast<std::uint8_t>((byte & 3U) << 6U |
                                              (static_cast<std::uint8_t>(text[++i]) & 0x3FU)));
    } else {
      out.push_back(byte);
    }
  }
  return out;
}

class Walk {
 public:
  explicit Walk(Inspection& inspection) : inspection_(inspection), texts_(inspection) {}

  void run(const JsonValue& root) {
    open_.push_back({&root, "", false});
    while (!open_.empty()) {
      if (!inspection_.budget().take_work(1)) {
        inspection_.incomplete("limit", inspection_.budget().reason());
        return;
      }
      const Frame frame = std::move(open_.back());
      open_.pop_back();
      switch (frame.value->kind()) {
        case JsonKind::kObject:
          object(frame);
          break;
        case JsonKind::kArray:
          descend(frame, frame.part, frame.in_lambda);
          break;
        case JsonKind::kString:
          string(frame);
          break;
        default:
          break;
      }
    }
  }

 private:
  struct Frame {
    const JsonValue* value;
    std::string part;  ///< the nearest named object around it
    bool in_lambda;
  };

  void state(const Rule& rule, const JsonValue& at, const std::string& part, std::string detail,
             std::vector<std::string> references = {}, std::optional<Severity> severity = {}) {
    inspection_.finding(rule, {.severity = severity,
                               .offset = at.offset(),
                               .part = part,
                               .detail = std::move(detail),
                               .references = std::move(references)});
  }
  void descend(const Frame& frame, const std::string& part, bool in_lambda) {
    const auto& items = frame.value->items();
    for (std::size_t i = items.size(); i-- > 0;) {
      const JsonKind kind = items[i].kind();
      if (kind == JsonKind::kObject || kind == JsonKind::kArray || kind == JsonKind::kString) {
        open_.push_back({&items[i], part, in_lambda});
      }
    }
  }
  void object(const Frame& frame);
  void string(const Frame& frame);
  void named_class(const JsonValue& object, std::string_view name, const std::string& part);
  void named_function(const JsonValue& object, const std::string& part);
  void lambda_layer(const JsonValue& object, const std::string& part);
  void external_path(const JsonValue& config, std::string_view leaf, const std::string& part);
  void operation(const JsonValue& config, const std::string& part);

  Inspection& inspection_;
  EmbeddedTexts texts_;
  std::vector<Frame> open_;
};

void Walk::object(const Frame& frame) {
  const JsonValue& object = *frame.value;
  const std::string_view name = text_of(object, "class_name");
  if (name.empty()) {
    descend(frame, frame.part, frame.in_lambda);
    return;
  }
  const JsonValue* config = object.find("config");
  const std::string_view own = config == nullptr ? std::string_view() : text_of(*config, "name");
  const std::string part =
      shorten(std::string(name) + (own.empty() ? "" : " \"" + std::string(own) + "\""), 160);
  const std::string_view leaf = name.substr(name.rfind('>') + 1);
  bool in_lambda = frame.in_lambda;
  if (name == "function") {
    named_function(object, part);
  } else if (name == "__lambda__") {
    state(rules::kKerasLambdaCode, object, part, "a lambda is stored as bytecode");
    in_lambda = true;
  } else if (leaf == "Lambda") {
    lambda_layer(object, part);
    in_lambda = true;
  } else if (leaf == "TorchModuleWrapper") {
    state(rules::kKerasTorchModule, object, part, "the layer unpickles a PyTorch module");
  } else if (name == "__typespec__") {
    named_class(object, text_of(object, "spec_name"), part);
  } else if (!(name.starts_with("__") && name.ends_with("__"))) {
    named_class(object, name, part);
  }
  if (config != nullptr) {
    external_path(*config, leaf, part);
    operation(*config, part);
  }
  descend(frame, part, in_lambda);
}

void Walk::named_class(const JsonValue& object, std::string_view name, const std::string& part) {
  const std::string_view module = text_of(object, "module");
  const std::string_view registered = text_of(object, "registered_name");
  const std::string where =
      module.empty() ? std::string(name) : std::string(module) + "." + std::string(name);
  if (trusts(inspection_.trust(), module, name) || trusts(inspection_.trust(), "", registered))
    return;
  switch (keras_module(module)) {
    case KerasModule::kPython:
      state(rules::kKerasForeignClass, object, part,
            "the class " + shorten(where, 200) + " is not a Keras object");
      return;
    case KerasModule::kKeras:
      if (is_keras_class(name)) return;
      if (is_unsafe_keras_function(name)) {
        state(rules::kKerasUnsafeFunction, object, part,
              "the class name is " + shorten(where, 200));
        return;
      }
      break;
    case KerasModule::kNone:
      if (is_unsafe_builtin(name)) {
        state(rules::kKerasForeignClass, object, part,
              "the class name is the built-in " + shorten(where, 200));
        return;
      }
      // Keras 2 wrote its own optimizers as "Custom>Adam".
      if (name.starts_with("Custom>") && is_keras_class(name.substr(7))) return;
      // Without a module the loader looks among its own classes first.
      if (is_keras_class(name) && (registered.empty() || registered == name || module.empty()))
        return;
      break;
    case KerasModule::kCompanion:
    case KerasModule::kOther:
      break;
  }
  state(rules::kKerasCustomObject, object, part,
        "the class " + shorten(where, 200) +
            (registered.empty() ? "" : ", registered as " + shorten(registered, 120)) +
            " must be reviewed");
}

void Walk::named_function(const JsonValue& object, const std::string& part) {
  const std::string_view module = text_of(object, "module");
  const JsonValue* config = object.find("config");
  const std::string_view name = config == nullptr ? std::string_view() : config->string();
  const std::string where = shorten(
      module.empty() ? std::string(name) : std::string(module) + "." + std::string(name), 200);
  if (trusts(inspection_.trust(), module, name)) return;
  const std::string_view leaf = name.substr(name.find_last_of(".>") + 1);
  switch (keras_module(module)) {
    case KerasModule::kKeras:
      if (is_unsafe_keras_function(leaf)) {
        state(rules::kKerasUnsafeFunction, object, part,
              "the function " + where + " is not for models");
      } else if (!is_keras_function(leaf)) {
        state(rules::kKerasUnsafeFunction, object, part,
              "the function " + where + " is not known to belong in models", {}, Severity::kHigh);
      }
      return;
    case KerasModule::kNone:
      if (is_unsafe_builtin(leaf)) {
        state(rules::kKerasForeignFunction, object, part, "the function is the built-in " + where);
      } else if (!is_keras_function(leaf)) {
        state(rules::kKerasCustomObject, object, part,
              "the function " + where + " must be reviewed");
      }
      return;
    case KerasModule::kCompanion:
      state(rules::kKerasCustomObject, object, part, "the function " + where + " must be reviewed");
      return;
    case KerasModule::kPython:
      state(rules::kKerasForeignFunction, object, part,
            "the function " + where + " is imported and handed to the model");
      return;
    case KerasModule::kOther:
      // Keras writes "builtins" for functions of the user's own, so a module here was put by hand.
      state(rules::kKerasForeignFunction, object, part,
            "the function " + where + " is imported and handed to the model", {}, Severity::kHigh);
      return;
  }
}

void Walk::lambda_layer(const JsonValue& object, const std::string& part) {
  const JsonValue* config = object.find("config");
  const JsonValue* function = config == nullptr ? nullptr : config->find("function");
  if (function != nullptr && function->is_string()) {
    state(rules::kKerasLambdaName, object, part,
          "the layer calls the function \"" + shorten(function->string(), 120) + "\"");
    return;
  }
  if (function != nullptr && function->is_object() &&
      text_of(*function, "class_name") == "function") {
    return;  // judged as a function of its own
  }
  if (function == nullptr || function->kind() == JsonKind::kNull) {
    state(rules::kKerasLambdaName, object, part, "the layer's function is not in the file");
    return;
  }
  state(rules::kKerasLambdaCode, object, part, "the layer's function is stored as bytecode");
}

void Walk::external_path(const JsonValue& config, std::string_view leaf, const std::string& part) {
  constexpr auto kLookups =
      std::to_array<std::string_view>({"StringLookup", "IntegerLookup", "IndexLookup",
                                       "TextVectorization", "Hashing", "CategoryEncoding"});
  const auto state_path = [&](std::string_view key) {
    const JsonValue* value = config.find(key);
    if (value == nullptr || value->string().empty()) return;
    state(rules::kKerasExternalPath, *value, part,
          std::string(key) + " is read from \"" + shorten(value->string(), 200) + "\"");
  };
  if (std::find(std::begin(kLookups), std::end(kLookups), leaf) != std::end(kLookups)) {
    state_path("vocabulary");
    state_path("idf_weights");
    state_path("vocabulary_file");
  }
  if (leaf == "TFSMLayer") state_path("filepath");
}

void Walk::operation(const JsonValue& config, const std::string& part) {
  // TFOpLambda and its relatives keep an API path in "function", TensorFlowOpLayer a node.
  const std::string_view function = text_of(config, "function");
  if (!function.empty() && is_unsafe_tensorflow_operation(function)) {
    state(rules::kKerasGraphOperation, config, part, "the layer runs tf." + shorten(function, 120));
  }
  const JsonValue* node = config.find("node_def");
  if (node == nullptr) return;
  // The node is an object, or its text: then the operation's name stands in quotes.
  std::string_view op = text_of(*node, "op");
  if (node->is_string()) {
    const std::string_view text = node->string();
    const std::size_t at = text.find("\"op\"");
    const std::size_t open = at == std::string_view::npos ? at : text.find('"', at + 4);
    if (open != std::string_view::npos)
      op = text.substr(open + 1, text.find('"', open + 1) - open - 1);
  }
  if (!op.empty() && is_unsafe_tensorflow_operation(op)) {
    state(rules::kKerasGraphOperation, *node, part,
          "the layer runs the operation " + shorten(op, 120));
  }
}

void Walk::string(const Frame& frame) {
  const std::string_view text = frame.value->string();
  if (text.size() < 24) return;
  const bool latin =
      !text.empty() && (text[0] == 'c' || static_cast<unsigned char>(text[0]) >= 0x80);
  auto bytes =
      codec::decode_base64(text, {.url = false, .skip_space = true, .max_bytes = 8U << 20});
  if (!bytes && latin) bytes = latin_bytes(text);
  if (bytes && is_marshalled_code(*bytes)) {
    if (!frame.in_lambda) {
      state(rules::kKerasLambdaCode, *frame.value, frame.part, "a value holds marshalled bytecode");
    }
    texts_.submit(frame.part + ".bytecode", *bytes, "as:python-bytecode", frame.value->offset());
    return;
  }
  texts_.look(frame.part, text, frame.value->offset());
}

}  // namespace

void inspect_keras(Inspection& inspection) {
  const std::string_view name = inspection.name();
  const bool attribute = name.ends_with("@model_config") || name.ends_with("@training_config");
  auto converted = codec::json_in_utf8(inspection.source(), inspection.limits().string_bytes);
  if (!converted) return;  // detect/json states why
  const ByteSource& source = *converted != nullptr ? **converted : inspection.source();
  if (!attribute) {
    SourceReader reader(source);
    Recogniser recogniser;
    const auto parsed =
        codec::parse_json(reader, recogniser, inspection.budget(), {.allow_nan = true});
    if (!recogniser.is_keras()) return;
  }
  const auto document = codec::load_json(source, inspection.budget(), {.allow_nan = true});
  if (!document) {
    inspection.incomplete(document.error());
    return;
  }
  Walk(inspection).run(document->root);
}

}  // namespace saiph::detect
