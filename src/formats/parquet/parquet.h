// Apache Parquet (parquet-format 2.10: README.md, parquet.thrift): footer and pages.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"
#include "codec/page/page.h"
#include "formats/outcome.h"

namespace saiph::formats {

enum class ParquetType : std::uint8_t {
  kBoolean = 0,
  kInt32,
  kInt64,
  kInt96,
  kFloat,
  kDouble,
  kByteArray,
  kFixedBytes
};

/// A leaf of the schema.
struct ParquetColumn {
  std::string name;  ///< dotted path
  ParquetType type = ParquetType::kBoolean;
  bool text = false;  ///< annotated as UTF-8, JSON or ENUM
  std::uint32_t fixed_bytes = 0;
  std::uint8_t definition_levels = 0;
  std::uint8_t repetition_levels = 0;
};

struct ParquetChunk {
  std::uint32_t row_group = 0;
  std::uint32_t column = 0;  ///< index into columns
  codec::PageCodec codec = codec::PageCodec::kNone;
  bool encrypted = false;
  bool external = false;  ///< stands in another file: see external_paths
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t values = 0;
};

struct ParquetProblem {
  std::uint64_t offset = 0;
  std::string what;
};

struct ParquetView {
  bool encrypted_footer = false;
  std::uint64_t footer_offset = 0;
  std::uint64_t footer_length = 0;
  std::uint64_t rows = 0;
  std::uint64_t row_groups = 0;
  std::string created_by;
  std::vector<ParquetColumn> columns;
  std::vector<ParquetChunk> chunks;
  std::vector<std::pair<std::string, std::string>> metadata;
  std::vector<std::string> external_paths;  ///< at most 25
  /// Extents outside of the data, overlaps, impossible counts; at most 25.
  std::vector<ParquetProblem> problems;
};

/// True when the head carries the magic number. A file without it at its end too is truncated, not
/// another format.
bool probe_parquet(ByteView head);

/// Reads the footer. Memory: the footer (at most Limits::string_bytes) and the view (at most
/// 200,000 chunks). Malformed views keep what was read. Linear time; any thread with its own
/// budget.
Outcome<ParquetView> parse_parquet(const ByteSource& source, Budget& budget);

/// One decompressed page. Views are valid during the call only.
struct ParquetPage {
  std::uint64_t offset = 0;  ///< of the page header
  bool dictionary = false;
  ByteView body;    ///< levels and values
  ByteView values;  ///< without the levels
  enum class Encoding : std::uint8_t {
    kPlain,
    kIndexes,
    kDeltaLength,
    kDeltaStrings,
    kOther
  } encoding = Encoding::kOther;
};

/// Buffers that pages share.
class ParquetPageReader {
 public:
  /// Larger pages are refused as kLimit. Writers aim at 1 MiB; one huge value makes a page larger.
  static constexpr std::uint64_t kPageBytes = 16U << 20;

  /// Every page of a chunk in order. `unpack` false: headers and extents only. Stops with the first
  /// error: kMalformed, kLimit, kUnsupported, kUnavailable, with its offset.
  Status read(const ByteSource& source, const ParquetView& view, const ParquetChunk& chunk,
              bool unpack, Budget& budget, const std::function<void(const ParquetPage&)>& visit);

 private:
  Bytes header_;
  Bytes packed_;
  Bytes plain_;
};

/// Every value of a page of byte arrays or fixed-length bytes, in order; dictionary indexes have
/// none. False when the lengths do not fit the page. `scratch` is reused for values that are put
/// together.
bool each_byte_array(const ParquetPage& page, const ParquetColumn& column, Budget& budget,
                     std::string& scratch, const std::function<void(std::string_view)>& visit);

}  // namespace saiph::formats
