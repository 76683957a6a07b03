// A light scanner of YAML: tags, keys and plain values in order, without building a document.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// One node that was met: a scalar, or the start of a collection that carries a tag or a key.
struct YamlEvent {
  std::string_view key;    ///< the key that the value belongs to, "" in a list
  std::string_view value;  ///< a scalar without its quotes, "" for collections and blocks
  std::string tag;         ///< resolved ("tag:yaml.org,2002:python/object"), "" when none
  std::uint32_t line = 0;
  std::uint32_t indent = 0;
  std::uint64_t offset = 0;
  bool block = false;       ///< a block scalar follows; the value is its first line
  bool unresolved = false;  ///< the value is an alias of something that is no scalar, as written
};

class YamlHandler {
 public:
  virtual ~YamlHandler() = default;
  virtual void on_event(const YamlEvent& event) = 0;
};

struct YamlSummary {
  std::uint64_t keys = 0;
  std::uint64_t lines = 0;
  std::string problem;  ///< what was not understood first, "" when nothing
  std::uint64_t problem_offset = 0;
};

/// Scans all documents of a text, block and flow style, by lines and tokens; linear time, constant
/// memory. %TAG directives, percent escapes in tags, escapes in quotes, explicit keys and
/// aliases of scalars are resolved as PyYAML does; memory also holds up to 1024 anchors of 512
/// bytes. Comments, quoted text and block scalars hold no tags. Errors: kLimit. Source: YAML 1.1
/// (chapters 5 to 9), which PyYAML implements.
Result<YamlSummary> scan_yaml(std::string_view source, YamlHandler& handler, Budget& budget);

/// True for a YAML file's name, or for text whose first lines are all keys, lists or Python tags.
/// Linear in `head`.
bool looks_like_yaml(std::string_view head, std::string_view name);

}  // namespace saiph::formats
