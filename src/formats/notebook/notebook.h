// Jupyter notebooks as a stream of cells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// Receives the parts of a notebook in order of the file. Views live during the call only.
class NotebookHandler {
 public:
  virtual ~NotebookHandler() = default;
  /// A finished cell. `source` is cut at 1 MiB (then `whole` is false). Cells count from 1.
  virtual void on_cell(std::uint32_t number, std::string_view type, std::string_view source,
                       bool whole, std::uint64_t offset) = 0;
  /// One piece of a stored output or attachment under its MIME type; outputs of `stream` type come
  /// as "text/plain".
  virtual void on_output(std::uint32_t cell, std::string_view mime, std::string_view text,
                         std::uint64_t offset) = 0;
  /// A flag "trusted": true in any metadata.
  virtual void on_trusted(std::uint32_t cell, std::uint64_t offset) = 0;
};

struct NotebookSummary {
  std::uint32_t cells = 0;
  std::string language;  ///< of the kernel, lower case; "" when not said
  std::uint64_t duplicate_keys = 0;
};

/// Streams a notebook of nbformat 3 or 4; memory is one cell. Errors as codec::parse_json.
/// Source: nbformat 4.5 schema.
Result<NotebookSummary> read_notebook(const ByteSource& source, NotebookHandler& handler,
                                      Budget& budget);

/// True when the head of a text looks like a notebook's JSON.
bool looks_like_notebook(std::string_view head, std::string_view name);

}  // namespace saiph::formats
