#include <algorithm>
#include <charconv>

#include "codec/json/json.h"

namespace saiph::codec {

std::optional<bool> JsonValue::boolean() const {
  if (kind_ != JsonKind::kBool) return std::nullopt;
  return text_ == "true";
}

namespace {

template <typename T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto parsed = std::from_chars(text.begin(), text.end(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.end()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::int64_t> JsonValue::integer() const {
  return parse_number<std::int64_t>(number());
}

std::optional<double> JsonValue::real() const {
  return parse_number<double>(number());
}

const JsonValue* JsonValue::find(std::string_view key) const {
  for (std::size_t i = keys_.size(); i-- > 0;) {
    if (keys_[i] == key) return &items_[i];
  }
  return nullptr;
}

/// Builds the tree bottom-up: open containers stand on a stack and move into their parent at the
/// end.
class JsonBuilder final : public JsonHandler {
 public:
  explicit JsonBuilder(std::uint64_t memory_bytes) : memory_left_(memory_bytes) {}

  bool on_object_begin(std::uint64_t offset) override { return open(JsonKind::kObject, offset); }
  bool on_object_end() override { return close(); }
  bool on_array_begin(std::uint64_t offset) override { return open(JsonKind::kArray, offset); }
  bool on_array_end() override { return close(); }
  bool on_key(std::string_view key, std::uint64_t) override {
    if (!charge(sizeof(std::string) * 2 + heap_of(key))) return false;
    stack_.back().keys_.emplace_back(key);
    return true;
  }
  bool on_duplicate_key(std::string_view key, std::uint64_t offset) override {
    if (!charge(sizeof(std::string) * 3 + heap_of(key))) return false;
    document.duplicate_keys.emplace_back(key, offset);
    return true;
  }
  bool on_string(std::string_view value, std::uint64_t offset) override {
    return leaf(JsonKind::kString, value, offset);
  }
  bool on_number(std::string_view text, std::uint64_t offset) override {
    return leaf(JsonKind::kNumber, text, offset);
  }
  bool on_bool(bool value, std::uint64_t offset) override {
    return leaf(JsonKind::kBool, value ? "true" : "false", offset);
  }
  bool on_null(std::uint64_t offset) override { return leaf(JsonKind::kNull, "", offset); }

  JsonDocument document;

 private:
  // What std::string holds outside itself.
  static std::uint64_t heap_of(std::string_view text) {
    return text.size() > 15 ? text.size() + 17 : 0;
  }
  bool charge(std::uint64_t bytes) {
    if (bytes > memory_left_) return false;
    memory_left_ -= bytes;
    return true;
  }
  bool open(JsonKind kind, std::uint64_t offset) {
    if (!charge(sizeof(JsonValue) * 3 / 2)) return false;
    JsonValue& value = stack_.emplace_back();
    value.kind_ = kind;
    value.offset_ = offset;
    return true;
  }
  bool close() {
    JsonValue value = std::move(stack_.back());
    stack_.pop_back();
    return place(std::move(value));
  }
  bool leaf(JsonKind kind, std::string_view text, std::uint64_t offset) {
    // Half a value more for the slack of growing vectors.
    if (!charge(sizeof(JsonValue) * 3 / 2 + heap_of(text))) return false;
    JsonValue value;
    value.kind_ = kind;
    value.offset_ = offset;
    value.text_ = text;
    return place(std::move(value));
  }
  bool place(JsonValue value) {
    if (stack_.empty()) {
      document.root = std::move(value);
    } else {
      stack_.back().items_.push_back(std::move(value));
    }
    return true;
  }

  std::uint64_t memory_left_;
  std::vector<JsonValue> stack_;
};

Result<JsonDocument> load_json(const ByteSource& source, Budget& budget,
                               JsonStreamOptions options) {
  SourceReader reader(source);
  JsonBuilder builder(budget.limits().memory_bytes);
  SAIPH_TRY(const bool finished, parse_json(reader, builder, budget, options));
  if (!finished) {
    return Error(ErrorCode::kLimit,
                 "JSON document needs more than " + std::to_string(budget.limits().memory_bytes) +
                     " bytes of memory",
                 reader.offset());
  }
  return std::move(builder.document);
}

}  // namespace saiph::codec
