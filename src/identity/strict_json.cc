#include "identity/strict_json.h"

#include <algorithm>

#include "base/byte_source.h"
#include "base/limits.h"

namespace saiph::identity {

Result<codec::JsonValue> parse_strict_object(ByteView json) {
  Limits limits = Limits::strict();
  limits.nesting = 16;
  limits.items = 20'000;
  limits.memory_bytes = 8U << 20;
  Budget budget(limits);
  auto document = codec::load_json(ViewSource(json), budget, {.allow_bom = false});
  if (!document) {
    // The parser's message may quote the input; the reason here is for a log that quotes nothing.
    const bool limit = document.error().code() == ErrorCode::kLimit;
    return Error(limit ? ErrorCode::kLimit : ErrorCode::kMalformed,
                 limit ? "JSON that is too large or too deep" : "not strict JSON",
                 document.error().offset().value_or(0));
  }
  if (!document->duplicate_keys.empty()) {
    return Error(ErrorCode::kMalformed, "a name stands twice in one JSON object",
                 document->duplicate_keys.front().second);
  }
  if (!document->root.is_object()) return Error(ErrorCode::kMalformed, "not a JSON object");
  return std::move(document->root);
}

std::string_view text_member(const codec::JsonValue& object, std::string_view name) {
  const codec::JsonValue* const member = object.find(name);
  return member == nullptr ? std::string_view() : member->string();
}

bool lists(const codec::JsonValue& array, std::string_view text) {
  return array.is_array() &&
         std::ranges::any_of(array.items(), [text](const codec::JsonValue& item) {
           return item.is_string() && item.string() == text;
         });
}

}  // namespace saiph::identity
