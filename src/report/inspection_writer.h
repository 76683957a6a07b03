// Reports of text inspection, for people and for programs. docs/formats/text-report.md describes
// the JSON.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json/json_writer.h"
#include "domain/text_inspector.h"

namespace saiph::report {

/// Which text a report is of.
struct InspectedText {
  std::string_view id;  ///< as given; empty: none was
  Channel channel = Channel::kUser;
  std::size_t bytes = 0;
  std::string_view version = {};  ///< of rules and model, where the reader cannot know; else empty
};

/// One object: id, verdict, score, findings and the rest. Holds nothing of the text but views
/// and a redacted copy, when they were asked for. Any thread.
void write_inspection(codec::JsonWriter& json, const InspectedText& text, const TextReport& report);

/// Several lines for a terminal; `text` is the text itself, of which short excerpts are shown,
/// escaped. Any thread.
std::string inspection_text(const InspectedText& about, std::string_view text,
                            const TextReport& report, bool colour);

}  // namespace saiph::report
