// Strict JSON (RFC 8259): a streaming parser in bounded memory, and a small document on top.
//
// Strictness: one value, no trailing bytes, valid UTF-8, no comments, no NaN, no control characters
// in strings, paired surrogates. Two things that other parsers hide are reported instead of chosen:
// duplicate keys (Python keeps the last, simdjson the first) and numbers that lose precision.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::codec {

/// Receives one document in order. Views are valid during the call only. Returning false stops the
/// parse at once (the outcome then says `stopped`). Offsets are byte offsets of the token's start.
class JsonHandler {
 public:
  virtual ~JsonHandler() = default;
  virtual bool on_object_begin(std::uint64_t /*offset*/) { return true; }
  virtual bool on_key(std::string_view /*key*/, std::uint64_t /*offset*/) { return true; }
  virtual bool on_object_end() { return true; }
  virtual bool on_array_begin(std::uint64_t /*offset*/) { return true; }
  virtual bool on_array_end() { return true; }
  virtual bool on_string(std::string_view /*value*/, std::uint64_t /*offset*/) { return true; }
  /// The number's own text: nothing is lost.
  virtual bool on_number(std::string_view /*text*/, std::uint64_t /*offset*/) { return true; }
  virtual bool on_bool(bool /*value*/, std::uint64_t /*offset*/) { return true; }
  virtual bool on_null(std::uint64_t /*offset*/) { return true; }
  /// A key that its object has held before; on_key follows. No repetition is missed. Keys are
  /// compared by a 64-bit hash with a per-process random seed, so a false one has odds of about
  /// 2^-64 a pair.
  virtual bool on_duplicate_key(std::string_view /*key*/, std::uint64_t /*offset*/) { return true; }
};

struct JsonStreamOptions {
  bool allow_trailing = false;  ///< stop after one value, leave the reader there (JSON Lines)
  bool allow_nan = false;       ///< NaN, Infinity, -Infinity, as Python's json writes them
  bool allow_bom = true;        ///< skip a UTF-8 byte order mark at offset 0 (RFC 8259 section 8.1)
  /// Escaped surrogates without their other half become their three bytes, which are no UTF-8;
  /// false: they are kMalformed.
  bool keep_lone_surrogates = false;
};

/// Parses one value from the reader, from its present offset. Linear time; memory is one string
/// plus 8 to 16 bytes for each key of the objects that are open. Numbers of more than 64 KiB of
/// text and objects of more than about 1.8 million keys are kLimit; elements of arrays are not
/// limited. Errors: kMalformed with offset and reason ("truncated ..." when the input just ends),
/// kLimit (nesting, string_bytes, items as keys held at once, memory_bytes, budget), kUnavailable.
/// Success with `false`: the handler stopped it. One thread at a time per reader.
Result<bool> parse_json(SourceReader& reader, JsonHandler& handler, Budget& budget,
                        JsonStreamOptions options = {});

enum class JsonKind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

/// A JSON value in memory, for configurations of bounded size. Copyable view-free value tree.
class JsonValue {
 public:
  JsonKind kind() const { return kind_; }
  bool is_object() const { return kind_ == JsonKind::kObject; }
  bool is_array() const { return kind_ == JsonKind::kArray; }
  bool is_string() const { return kind_ == JsonKind::kString; }
  /// Byte offset of the value in the document.
  std::uint64_t offset() const { return offset_; }
  /// The string, or "" for any other kind.
  std::string_view string() const {
    return kind_ == JsonKind::kString ? std::string_view(text_) : std::string_view();
  }
  /// The number's text, or "".
  std::string_view number() const {
    return kind_ == JsonKind::kNumber ? std::string_view(text_) : std::string_view();
  }
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;  ///< nothing when not a whole number in range
  std::optional<double> real() const;
  /// Elements of an array; empty for any other kind.
  const std::vector<JsonValue>& items() const { return items_; }
  /// Members of an object in document order, duplicates included; keys stand at the same index.
  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<JsonValue>& values() const { return items_; }
  /// The last member with this key (what Python sees), or nullptr.
  const JsonValue* find(std::string_view key) const;

 private:
  friend class JsonBuilder;
  JsonKind kind_ = JsonKind::kNull;
  std::uint64_t offset_ = 0;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<std::string> keys_;
};

struct JsonDocument {
  JsonValue root;
  /// Every duplicate key with its offset: ambiguity is the detector's to state.
  std::vector<std::pair<std::string, std::uint64_t>> duplicate_keys;
};

/// The whole source as a document. Memory is charged against limits().memory_bytes (about 100 bytes
/// a value): kLimit beyond it. Other errors as parse_json. Trailing bytes are kMalformed.
Result<JsonDocument> load_json(const ByteSource& source, Budget& budget,
                               JsonStreamOptions options = {});

}  // namespace saiph::codec
