#include "texts.h"

#include <fstream>
#include <utility>

#include "base/byte_source.h"
#include "base/limits.h"
#include "codec/json/json.h"

namespace saiph::train {

namespace {

std::string string_of(const codec::JsonValue& object, std::string_view key) {
  const auto* value = object.find(key);
  return value == nullptr ? std::string() : std::string(value->string());
}

}  // namespace

Result<Text> read_text(const std::string& line) {
  const ViewSource source(as_bytes(line));
  Budget budget{Limits::strict()};
  SAIPH_TRY(const auto document, codec::load_json(source, budget));
  const auto& root = document.root;
  if (!root.is_object() || root.find("text") == nullptr) {
    return Error(ErrorCode::kMalformed, "no object with a text");
  }
  Text text;
  text.id = string_of(root, "id");
  text.text = string_of(root, "text");
  text.kind = string_of(root, "kind");
  text.source = string_of(root, "source");
  text.attack = string_of(root, "label") == "attack";
  if (const auto name = string_of(root, "channel"); !name.empty()) {
    const auto channel = parse_channel(name);
    if (!channel) return Error(ErrorCode::kMalformed, "unknown channel " + name);
    text.channel = *channel;
  }
  return text;
}

Result<std::vector<Text>> read_texts(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(ErrorCode::kNotFound, "cannot read " + path);
  std::vector<Text> texts;
  std::string line;
  while (std::getline(in, line)) {
    if (line.empty()) continue;
    auto text = read_text(line);
    if (!text) return text.error().wrap("line " + std::to_string(texts.size() + 1));
    texts.push_back(std::move(*text));
  }
  return texts;
}

}  // namespace saiph::train
