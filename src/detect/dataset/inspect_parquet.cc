#include <algorithm>

#include "codec/base64/base64.h"
#include "detect/dataset/cells.h"
#include "detect/dataset/inspect_dataset.h"
#include "detect/literals/pickle_shape.h"
#include "detect/literals/search_literals.h"
#include "detect/rules/dataset.h"
#include "formats/parquet/parquet.h"

namespace saiph::detect {

namespace {

using formats::ParquetChunk;
using formats::ParquetColumn;
using formats::ParquetPage;
using formats::ParquetType;
using formats::ParquetView;

constexpr std::string_view kExtensionName = "arrow.py_extension_type";

class ParquetInspector {
 public:
  ParquetInspector(Inspection& inspection, const ParquetView& view)
      : inspection_(inspection), view_(view), cells_(inspection) {}

  void look_at_footer() {
    for (const formats::ParquetProblem& problem : view_.problems)
      inspection_.finding(rules::kDatasetBrokenLayout,
                          {.offset = problem.offset, .part = "footer", .detail = problem.what});
    for (const std::string& path : view_.external_paths) {
      const bool leaves = path.starts_with('/') || path.starts_with('\\') ||
                          path.find("..") != std::string::npos ||
                          path.find(':') != std::string::npos;
      inspection_.finding(
          rules::kDatasetExternalFile,
          {.severity = leaves ? std::optional(Severity::kHigh) : std::nullopt,
           .offset = view_.footer_offset,
           .part = "footer",
           .detail = leaves ? "a column chunk names a file outside of the data set's folder"
                            : "a column chunk names another file",
           .excerpt = path});
    }
    for (const auto& [key, value] : view_.metadata) {
      look_for_extension(key, value);
      cells_.look(value, true, view_.footer_offset,
                  [&k = key] { return "metadata \"" + k.substr(0, 80) + "\""; });
    }
  }

  void look_at_pages() {
    for (const ParquetChunk& chunk : view_.chunks) {
      const ParquetColumn& column = view_.columns[chunk.column];
      if (chunk.external) {
        inspection_.incomplete("external", "column \"" + column.name + "\" stands in another file",
                               view_.footer_offset);
        continue;
      }
      if (chunk.encrypted) {
        inspection_.incomplete("encrypted", "column \"" + column.name + "\" is encrypted",
                               chunk.offset);
        continue;
      }
      if (chunk.length == 0) continue;
      const bool bytes =
          column.type == ParquetType::kByteArray || column.type == ParquetType::kFixedBytes;
      const bool unpack = inspection_.full() && bytes;
      const auto status =
          pages_.read(inspection_.source(), view_, chunk, unpack, inspection_.budget(),
                      [&](const ParquetPage& page) { look_at_page(page, chunk, column); });
      if (!status) {
        state_once(status.error());
        if (inspection_.budget().exhausted()) return;
        continue;  // the raw bytes of this chunk are left to the literal search
      }
      // Numbers are data; byte arrays were searched page by page.
      if (inspection_.full()) inspection_.data_range(chunk.offset, chunk.length);
    }
  }

 private:
  void look_at_page(const ParquetPage& page, const ParquetChunk& chunk,
                    const ParquetColumn& column) {
    const bool text = column.text;
    const auto part = [&] {
      return "column \"" + column.name + "\", row group " + std::to_string(chunk.row_group);
    };
    search_literals_in(inspection_, page.body, part(), page.offset);
    const bool good = formats::each_byte_array(
        page, column, inspection_.budget(), scratch_, [&](std::string_view value) {
          if (value.empty()) return;
          cells_.look(value, text, page.offset, part);
          // Columns without annotation hold text as often as bytes.
          if (!text && column.type == ParquetType::kByteArray)
            cells_.look(value, true, page.offset, part);
        });
    if (!good)
      state_once(
          Error(ErrorCode::kMalformed,
                "the values of a page of column \"" + column.name + "\" do not fit its bytes",
                page.offset));
  }

  void look_for_extension(const std::string& key, const std::string& value) {
    Bytes decoded;
    if (key == "ARROW:schema")
      decoded = codec::decode_base64(value, {.max_bytes = 8U << 20}).value_or(Bytes());
    const std::string_view schema = decoded.empty() ? std::string_view(value) : as_text(decoded);
    std::size_t at = schema.find(kExtensionName);
    if (at == std::string_view::npos && key != kExtensionName) return;
    inspection_.finding(rules::kDatasetPythonExtensionType,
                        {.offset = view_.footer_offset,
                         .part = "metadata \"" + key.substr(0, 80) + "\"",
                         .detail = "the schema names the extension type arrow.py_extension_type"});
    // The pickle stands in the field's metadata, before or after the name.
    int tried = 0;
    for (at = 0; (at = schema.find('\x80', at)) != std::string_view::npos && tried < kMostTries;
         ++at) {
      const std::string_view rest = schema.substr(at);
      if (rest.size() < 4 || rest[1] < 2 || rest[1] > 5) continue;
      ++tried;
      const PickleShape shape = walk_pickle(as_bytes(rest));
      if (shape.names == 0) continue;
      auto bytes = std::make_shared<const Bytes>(
          as_bytes(rest).begin(),
          as_bytes(rest).begin() + static_cast<std::ptrdiff_t>(shape.length));
      inspection_.member({"extension-type.pkl",
                          [bytes]() -> Result<std::shared_ptr<const ByteSource>> {
                            return std::shared_ptr<const ByteSource>(
                                std::make_shared<const MemorySource>(*bytes));
                          },
                          "as:pickle"});
      return;
    }
  }

  /// A file with 100,000 broken pages needs no 100,000 reasons.
  void state_once(const Error& error) {
    if (stated_++ < kMostTries) inspection_.incomplete(error);
  }

  static constexpr int kMostTries = 16;
  Inspection& inspection_;
  const ParquetView& view_;
  CellInspector cells_;
  formats::ParquetPageReader pages_;
  std::string scratch_;
  int stated_ = 0;
};

}  // namespace

void inspect_parquet(Inspection& inspection) {
  const auto outcome = formats::parse_parquet(inspection.source(), inspection.budget());
  if (outcome.state == formats::ParseState::kNotThisFormat) {
    inspection.incomplete("malformed", "the magic number of Parquet is not where it was");
    return;
  }
  if (outcome.error) inspection.incomplete(*outcome.error);
  if (outcome.view.encrypted_footer) {
    inspection.incomplete("encrypted",
                          "the footer is encrypted: nothing of the data set can be read",
                          outcome.view.footer_offset);
    return;
  }
  ParquetInspector inspector(inspection, outcome.view);
  inspector.look_at_footer();
  inspector.look_at_pages();
}

}  // namespace saiph::detect
