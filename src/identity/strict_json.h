// The one way in which this room reads JSON from outside. For the sources of this room only.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "codec/json/json.h"

namespace saiph::identity {

/// An object in strict JSON, with no name twice in any object at any depth, nested at most 16 deep,
/// in at most 8 MiB of memory. Errors: kMalformed, kLimit; messages hold nothing of the input.
/// Any thread; linear.
Result<codec::JsonValue> parse_strict_object(ByteView json);

/// A member that is a string, or nothing; an absent member and one of another kind are the same.
std::string_view text_member(const codec::JsonValue& object, std::string_view name);

/// Whether a member is an array that holds this string.
bool lists(const codec::JsonValue& array, std::string_view text);

}  // namespace saiph::identity
