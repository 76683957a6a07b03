// JSON Lines: one JSON value a line (the layout that data sets call .jsonl or .ndjson).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "codec/json/json.h"

namespace saiph::formats {

/// True when the first two lines of a text each hold one whole object, or when the name says so and
/// the text starts like JSON. Any thread; looks at `head` only.
bool probe_json_lines(std::string_view head, std::string_view name);

struct JsonLinesSummary {
  std::uint64_t records = 0;
  std::uint64_t broken = 0;           ///< lines that are not one JSON value
  std::optional<Error> first_broken;  ///< why, and where
};

/// Streams every record to the handler; `on_record` comes before each. A broken line is counted and
/// the next one is read. Errors: kLimit (budget, nesting, string), kUnavailable. Memory as
/// codec::parse_json.
class JsonLinesHandler : public codec::JsonHandler {
 public:
  virtual void on_record(std::uint64_t /*index*/, std::uint64_t /*offset*/) {}
};
Result<JsonLinesSummary> read_json_lines(const ByteSource& source, JsonLinesHandler& handler,
                                         Budget& budget);

}  // namespace saiph::formats
