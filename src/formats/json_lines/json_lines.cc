#include "formats/json_lines/json_lines.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace saiph::formats {

namespace {

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

/// One whole object on the line, by its ends: "{" and then a key or "}".
bool looks_whole(std::string_view line) {
  line = trimmed(line);
  if (line.size() < 2 || line.front() != '{' || line.back() != '}') return false;
  const std::string_view inner = trimmed(line.substr(1));
  return inner.front() == '"' || inner.front() == '}';
}

/// Skips blanks; true when at least one line end was among them.
Result<bool> skip_blanks(SourceReader& reader) {
  bool line_end = false;
  while (!reader.at_end()) {
    if (!reader.refill(1)) return reader.failure("record");
    const ByteView view = reader.buffered();
    const std::size_t blanks = std::min(as_text(view).find_first_not_of(" \t\r\n"), view.size());
    line_end = line_end || as_text(view.first(blanks)).find('\n') != std::string_view::npos;
    reader.consume_buffered(blanks);
    if (blanks < view.size()) break;
  }
  return line_end;
}

/// Skips past the next line end.
Status skip_line(SourceReader& reader) {
  while (!reader.at_end()) {
    if (!reader.refill(1)) return reader.failure("record");
    const ByteView view = reader.buffered();
    const std::size_t end = as_text(view).find('\n');
    reader.consume_buffered(end == std::string_view::npos ? view.size() : end + 1);
    if (end != std::string_view::npos) break;
  }
  return {};
}

}  // namespace

bool probe_json_lines(std::string_view head, std::string_view name) {
  const std::size_t first_end = head.find('\n');
  const std::string_view first = head.substr(0, first_end);
  const bool named =
      name.ends_with(".jsonl") || name.ends_with(".ndjson") || name.ends_with(".jsonlines");
  if (named) return trimmed(first).starts_with('{') || trimmed(first).starts_with('[');
  if (!looks_whole(first) || first_end == std::string_view::npos) return false;
  const std::string_view rest = head.substr(first_end + 1);
  const std::size_t second_end = rest.find('\n');
  // A second line that is longer than the head is known by its first character only.
  if (second_end == std::string_view::npos) return trimmed(rest).starts_with("{\"");
  return looks_whole(rest.substr(0, second_end));
}

Result<JsonLinesSummary> read_json_lines(const ByteSource& source, JsonLinesHandler& handler,
                                         Budget& budget) {
  SourceReader reader(source);
  JsonLinesSummary summary;
  ByteView mark;
  if (reader.remaining() >= 3 && reader.peek(3, mark) && as_text(mark) == "\xEF\xBB\xBF" &&
      !reader.skip(3))
    return reader.failure("record");
  const auto note = [&](Error error) {
    if (summary.broken++ == 0) summary.first_broken = std::move(error);
  };
  for (;;) {
    SAIPH_TRY(const bool ignored, skip_blanks(reader));
    static_cast<void>(ignored);
    if (reader.at_end()) return summary;
    const std::uint64_t start = reader.offset();
    if (!budget.take_work(16)) return Error(ErrorCode::kLimit, budget.reason(), start);
    handler.on_record(summary.records, start);
    const auto parsed =
        codec::parse_json(reader, handler, budget, {.allow_trailing = true, .allow_nan = true});
    if (!parsed) {
      if (parsed.error().code() != ErrorCode::kMalformed) return parsed.error();
      note(parsed.error());
      // The parser stopped somewhere in the line, or beyond it inside a string that never ended.
      if (reader.failed())
        reader = SourceReader(source, start);
      else if (!reader.seek(start))
        return reader.failure("record");
      SAIPH_CHECK(skip_line(reader));
      continue;
    }
    ++summary.records;
    SAIPH_TRY(const bool line_end, skip_blanks(reader));
    if (!line_end && !reader.at_end()) {
      note(Error(ErrorCode::kMalformed, "text follows a record on its line", reader.offset()));
      SAIPH_CHECK(skip_line(reader));
    }
  }
}

}  // namespace saiph::formats
