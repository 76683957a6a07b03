// Delimited text (RFC 4180 and what spreadsheets and data tools make of it), read as a stream.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// The delimiter (comma, tab, semicolon or bar) that divides at least three lines of `head` into
/// the same number of fields, two or more; nothing for other texts. `head` starts at a line. Any
/// thread.
std::optional<char> sniff_delimiter(std::string_view head);
/// True when a text of this leaf name and head is to be read as a table.
bool probe_csv(std::string_view head, std::string_view name);

/// Receives the table in order. Views are valid during the call only.
class CsvHandler {
 public:
  virtual ~CsvHandler() = default;
  /// One field, quotes undone. `offset`: where it starts in the artefact; row and column from 0.
  virtual void on_field(std::string_view value, std::uint64_t offset, std::uint64_t row,
                        std::uint64_t column) = 0;
  /// After the last field of a row.
  virtual void on_row(std::uint64_t fields, std::uint64_t row, std::uint64_t offset) = 0;
};

struct CsvSummary {
  char delimiter = ',';
  std::uint64_t rows = 0;
  /// Fields longer than kFieldBytes: handed on in pieces of that size.
  std::uint64_t long_fields = 0;
  /// Text between a closing quote and the next delimiter; the field is kept as it stands.
  std::uint64_t stray_quotes = 0;
  std::optional<std::uint64_t> first_stray;
  std::uint64_t nul_bytes = 0;
};

/// A field is held up to this size; real cells end at 32,767 characters (spreadsheets) or hold a
/// document.
inline constexpr std::size_t kFieldBytes = 1U << 20;

/// Reads the whole source. Empty lines are no rows. Memory: one window and one field. Linear time.
/// Errors: kMalformed (a quoted field without end, UTF-16), kLimit (budget), kUnavailable. What
/// came before the error has been handed on. One thread at a time.
Result<CsvSummary> read_csv(const ByteSource& source, CsvHandler& handler, Budget& budget);

}  // namespace saiph::formats
