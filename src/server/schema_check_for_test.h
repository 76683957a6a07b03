// Validates an answer against openapi.json, as far as this document goes: $ref, type, enum, oneOf,
// required, additionalProperties, items, limits. Patterns are left to tests/server/api_test.py.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "server/api_server.h"
#include "server/input.h"

namespace saiph::server {

class SchemaCheck {
 public:
  SchemaCheck() : document_(*parse(openapi_document())) {}

  static std::optional<codec::JsonDocument> parse(std::string_view text) {
    Budget budget(Limits::strict());
    auto document = codec::load_json(ViewSource(as_bytes(text)), budget);
    if (!document) return std::nullopt;
    return std::move(*document);
  }

  const codec::JsonValue& root() const { return document_.root; }

  /// What is wrong with an answer; empty: nothing.
  std::string complaint(std::string_view operation_id, int status, std::string_view content_type,
                        std::string_view body) const {
    const codec::JsonValue* operation = find_operation(operation_id);
    if (operation == nullptr) return "no such operation";
    const codec::JsonValue* responses = operation->find("responses");
    const codec::JsonValue* response = responses->find(std::to_string(status));
    if (response == nullptr) return "status " + std::to_string(status) + " is not in the document";
    response = resolve(response);
    const codec::JsonValue* content = response->find("content");
    if (content == nullptr) return body.empty() ? "" : "a body where the document has none";
    const std::string_view media = content_type.substr(0, content_type.find(';'));
    const codec::JsonValue* type = content->find(media);
    if (type == nullptr) return "content type " + std::string(content_type);
    if (!media.ends_with("json")) return "";
    const auto value = parse(body);
    if (!value) return "no JSON: " + std::string(body.substr(0, 80));
    return check(*type->find("schema"), value->root, "");
  }

  const codec::JsonValue* find_operation(std::string_view id) const {
    for (const codec::JsonValue& path : document_.root.find("paths")->values()) {
      for (const codec::JsonValue& operation : path.values()) {
        if (operation.find("operationId")->string() == id) return &operation;
      }
    }
    return nullptr;
  }

  const codec::JsonValue* resolve(const codec::JsonValue* value) const {
    while (const codec::JsonValue* ref = value->find("$ref")) {
      const codec::JsonValue* place = &document_.root;
      std::string_view rest = ref->string().substr(2);
      while (!rest.empty()) {
        const std::string_view step = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(step.size() + 1, rest.size()));
        place = place->find(step);
      }
      value = place;
    }
    return value;
  }

 private:
  static bool is_kind(std::string_view name, const codec::JsonValue& value) {
    using enum codec::JsonKind;
    switch (value.kind()) {
      case kNull:
        return name == "null";
      case kBool:
        return name == "boolean";
      case kNumber:
        return name == "number" ||
               (name == "integer" && value.number().find_first_of(".eE") == std::string_view::npos);
      case kString:
        return name == "string";
      case kArray:
        return name == "array";
      case kObject:
        return name == "object";
    }
    return false;
  }

  std::string check(const codec::JsonValue& given, const codec::JsonValue& value,
                    const std::string& place) const {
    const codec::JsonValue& schema = *resolve(&given);
    if (const auto* one_of = schema.find("oneOf")) {
      int good = 0;
      for (const codec::JsonValue& choice : one_of->items()) {
        good += check(choice, value, place).empty() ? 1 : 0;
      }
      return good == 1 ? "" : place + ": " + std::to_string(good) + " of oneOf fit";
    }
    if (const auto* type = schema.find("type")) {
      bool fits = type->is_string() && is_kind(type->string(), value);
      for (const codec::JsonValue& name : type->items()) fits |= is_kind(name.string(), value);
      if (!fits) return place + ": wrong type";
    }
    if (value.kind() == codec::JsonKind::kNull) return "";
    if (const auto* words = schema.find("enum")) {
      bool found = false;
      for (const codec::JsonValue& word : words->items()) found |= word.string() == value.string();
      if (!found) return place + ": " + std::string(value.string()) + " is no such word";
    }
    if (value.is_string()) return check_text(schema, value.string(), place);
    if (value.is_array()) return check_array(schema, value, place);
    if (value.is_object()) return check_object(schema, value, place);
    return "";
  }

  static std::string check_text(const codec::JsonValue& schema, std::string_view text,
                                const std::string& place) {
    const std::size_t length = count_characters(text).value_or(0);
    const auto limit = [&](const char* name, std::int64_t otherwise) {
      const auto* value = schema.find(name);
      return static_cast<std::size_t>(value ? value->integer().value_or(otherwise) : otherwise);
    };
    if (length < limit("minLength", 0) || length > limit("maxLength", INT64_MAX)) {
      return place + ": length " + std::to_string(length);
    }
    return "";
  }

  std::string check_array(const codec::JsonValue& schema, const codec::JsonValue& value,
                          const std::string& place) const {
    if (const auto* most = schema.find("maxItems")) {
      if (value.items().size() > static_cast<std::size_t>(*most->integer())) {
        return place + ": too many";
      }
    }
    const auto* items = schema.find("items");
    for (std::size_t i = 0; items != nullptr && i < value.items().size(); ++i) {
      std::string wrong = check(*items, value.items()[i], place + "/" + std::to_string(i));
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  std::string check_object(const codec::JsonValue& schema, const codec::JsonValue& value,
                           const std::string& place) const {
    const auto* properties = schema.find("properties");
    if (const auto* required = schema.find("required")) {
      for (const codec::JsonValue& name : required->items()) {
        if (value.find(name.string()) == nullptr) {
          return place + ": no " + std::string(name.string());
        }
      }
    }
    const auto* additional = schema.find("additionalProperties");
    for (std::size_t i = 0; i < value.keys().size(); ++i) {
      const std::string& key = value.keys()[i];
      const auto* property = properties == nullptr ? nullptr : properties->find(key);
      if (property == nullptr) {
        if (additional != nullptr && additional->boolean() == false) {
          return place + ": unknown member " + key;
        }
        continue;
      }
      std::string wrong = check(*property, value.values()[i], place + "/" + key);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  codec::JsonDocument document_;
};

}  // namespace saiph::server
