#include <algorithm>

#include "base/checked.h"
#include "formats/parquet/parquet.h"
#include "formats/parquet/thrift.h"

namespace saiph::formats {

namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
constexpr std::uint64_t kTrailer = 8;
constexpr std::size_t kMostChunks = 200'000;
constexpr std::size_t kMostColumns = 50'000;
constexpr std::size_t kMostNotes = 25;
constexpr std::size_t kMetadataValueBytes = 8U << 20;

/// One node of the schema as it is written: depth first, children counted.
struct Node {
  std::optional<std::int64_t> type;
  std::int64_t type_length = 0;
  std::int64_t repetition = 0;
  std::string_view name;
  std::int64_t children = 0;
  std::int64_t converted = -1;
  bool text_logical = false;
};

class Footer {
 public:
  Footer(ByteView bytes, std::uint64_t at, ParquetView& view, Budget& budget)
      : thrift_(bytes, budget), at_(at), view_(view) {}

  std::optional<Error> read() {
    ThriftField field;
    for (;;) {
      if (!thrift_.field(field)) return fail();
      std::int64_t number = 0;
      std::string_view text;
      bool good = true;
      if (field.type == ThriftType::kStop) break;
      if (field.id == 2 && field.type == ThriftType::kList)
        good = schema();
      else if (field.id == 3 && field.type == ThriftType::kI64) {
        good = thrift_.integer(number);
        if (good && number < 0) note("a negative number of rows");
        view_.rows = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
      } else if (field.id == 4 && field.type == ThriftType::kList)
        good = row_groups();
      else if (field.id == 5 && field.type == ThriftType::kList)
        good = metadata();
      else if (field.id == 6 && field.type == ThriftType::kBinary) {
        good = thrift_.binary(text);
        view_.created_by = std::string(text.substr(0, 200));
      } else
        good = thrift_.skip(field.type);
      if (limit_) return limit_;
      if (!good) return fail();
    }
    if (!thrift_.at_end()) note("bytes follow the footer's end");
    return std::nullopt;
  }

  void note(std::string what) { note_at(at_ + thrift_.offset(), std::move(what)); }
  void note_at(std::uint64_t offset, std::string what) {
    if (view_.problems.size() < kMostNotes) view_.problems.push_back({offset, std::move(what)});
  }

 private:
  Error fail() const { return {ErrorCode::kMalformed, "broken footer", at_ + thrift_.offset()}; }

  bool node(Node& node) {
    ThriftField field;
    for (;;) {
      std::int64_t number = 0;
      if (!thrift_.field(field)) return false;
      if (field.type == ThriftType::kStop) return true;
      const bool i32 = field.type == ThriftType::kI32;
      if (field.id == 4 && field.type == ThriftType::kBinary) {
        if (!thrift_.binary(node.name)) return false;
      } else if (i32 && (field.id == 1 || field.id == 2 || field.id == 3 || field.id == 5 ||
                         field.id == 6)) {
        if (!thrift_.integer(number)) return false;
        if (field.id == 1) node.type = number;
        if (field.id == 2) node.type_length = number;
        if (field.id == 3) node.repetition = number;
        if (field.id == 5) node.children = number;
        if (field.id == 6) node.converted = number;
      } else if (field.id == 10 && field.type == ThriftType::kStruct) {
        // LogicalType is a union: STRING is 1, ENUM 4, JSON 12.
        ThriftField member;
        for (;;) {
          if (!thrift_.field(member)) return false;
          if (member.type == ThriftType::kStop) break;
          node.text_logical =
              node.text_logical || member.id == 1 || member.id == 4 || member.id == 12;
          if (!thrift_.skip(member.type)) return false;
        }
      } else if (!thrift_.skip(field.type)) {
        return false;
      }
    }
  }

  bool schema() {
    ThriftList list;
    if (!thrift_.list(list) || list.type != ThriftType::kStruct) return false;
    struct Open {
      std::int64_t children = 0;
      std::size_t name_length = 0;
      std::uint8_t definition = 0;
      std::uint8_t repetition = 0;
    };
    std::vector<Open> open;
    std::string path;
    for (std::uint64_t i = 0; i < list.size; ++i) {
      Node n;
      if (!node(n)) return false;
      if (n.children < 0 || n.children > static_cast<std::int64_t>(list.size)) return false;
      if (i == 0) {  // the root
        open.push_back({n.children, 0, 0, 0});
        continue;
      }
      while (!open.empty() && open.back().children == 0) open.pop_back();
      if (open.empty()) {
        note("more schema elements than the tree has places");
        open.push_back({static_cast<std::int64_t>(list.size), 0, 0, 0});
      }
      --open.back().children;
      path.resize(open.back().name_length);
      if (!path.empty()) path.push_back('.');
      path.append(n.name.substr(0, 200));
      auto definition = open.back().definition;
      auto repetition = open.back().repetition;
      if (n.repetition != 0) ++definition;
      if (n.repetition == 2) ++repetition;
      if (n.children > 0 || !n.type) {
        if (open.size() >= ThriftReader::kNesting || path.size() > 4096)
          return limit("schema nested too deep");
        open.push_back({n.children, path.size(), definition, repetition});
        continue;
      }
      if (*n.type < 0 || *n.type > 7) return false;
      if (view_.columns.size() == kMostColumns)
        return limit("more than " + std::to_string(kMostColumns) + " columns");
      ParquetColumn column;
      column.name = path;
      column.type = static_cast<ParquetType>(*n.type);
      column.text = n.text_logical || n.converted == 0 || n.converted == 4 || n.converted == 19;
      column.fixed_bytes = n.type_length > 0 && n.type_length <= (1 << 24)
                               ? static_cast<std::uint32_t>(n.type_length)
                               : 0;
      column.definition_levels = definition;
      column.repetition_levels = repetition;
      view_.columns.push_back(std::move(column));
    }
    return true;
  }

  bool row_groups() {
    ThriftList groups;
    if (!thrift_.list(groups) || groups.type != ThriftType::kStruct) return false;
    view_.row_groups = groups.size;
    std::uint64_t rows = 0;
    for (std::uint64_t g = 0; g < groups.size; ++g) {
      ThriftField field;
      for (;;) {
        std::int64_t number = 0;
        if (!thrift_.field(field)) return false;
        if (field.type == ThriftType::kStop) break;
        if (field.id == 1 && field.type == ThriftType::kList) {
          if (!columns_of(static_cast<std::uint32_t>(g))) return false;
        } else if (field.id == 3 && field.type == ThriftType::kI64) {
          if (!thrift_.integer(number)) return false;
          if (number < 0)
            note("a row group with a negative number of rows");
          else
            rows = checked_add(rows, static_cast<std::uint64_t>(number)).value_or(UINT64_MAX);
        } else if (!thrift_.skip(field.type)) {
          return false;
        }
      }
    }
    if (rows != view_.rows)
      note("the row groups hold " + std::to_string(rows) + " rows, the footer says " +
           std::to_string(view_.rows));
    return true;
  }

  bool columns_of(std::uint32_t group) {
    ThriftList list;
    if (!thrift_.list(list) || list.type != ThriftType::kStruct) return false;
    if (list.size != view_.columns.size())
      note("a row group has " + std::to_string(list.size) + " column chunks for " +
           std::to_string(view_.columns.size()) + " columns");
    for (std::uint64_t i = 0; i < list.size; ++i) {
      if (view_.chunks.size() == kMostChunks)
        return limit("more than " + std::to_string(kMostChunks) + " column chunks");
      ParquetChunk chunk;
      chunk.row_group = group;
      chunk.column = static_cast<std::uint32_t>(i);
      if (!chunk_of(chunk)) return false;
      if (i < view_.columns.size()) view_.chunks.push_back(chunk);
    }
    return true;
  }

  bool chunk_of(ParquetChunk& chunk) {
    ThriftField field;
    bool described = false;
    for (;;) {
      if (!thrift_.field(field)) return false;
      if (field.type == ThriftType::kStop) break;
      std::string_view path;
      if (field.id == 1 && field.type == ThriftType::kBinary) {
        if (!thrift_.binary(path)) return false;
        chunk.external = true;
        if (view_.external_paths.size() < kMostNotes)
          view_.external_paths.emplace_back(path.substr(0, 1000));
      } else if (field.id == 3 && field.type == ThriftType::kStruct) {
        described = true;
        if (!chunk_metadata(chunk)) return false;
      } else {
        if (field.id == 8 || field.id == 9) chunk.encrypted = true;
        if (!thrift_.skip(field.type)) return false;
      }
    }
    if (!described && !chunk.encrypted) note("a column chunk without a description");
    return true;
  }

  bool chunk_metadata(ParquetChunk& chunk) {
    ThriftField field;
    std::int64_t data = -1;
    std::int64_t dictionary = -1;
    std::int64_t compressed = 0;
    for (;;) {
      std::int64_t number = 0;
      if (!thrift_.field(field)) return false;
      if (field.type == ThriftType::kStop) break;
      if (field.type != ThriftType::kI32 && field.type != ThriftType::kI64) {
        if (!thrift_.skip(field.type)) return false;
        continue;
      }
      if (!thrift_.integer(number)) return false;
      switch (field.id) {
        case 1:
          if (chunk.column < view_.columns.size() &&
              number != static_cast<std::int64_t>(view_.columns[chunk.column].type))
            note("a column chunk's type is not its column's");
          break;
        case 4:
          chunk.codec = codec::page_codec(number);
          break;
        case 5:
          if (number < 0) note("a column chunk with a negative number of values");
          chunk.values = static_cast<std::uint64_t>(std::max<std::int64_t>(number, 0));
          break;
        case 7:
          compressed = number;
          break;
        case 9:
          data = number;
          break;
        case 11:
          dictionary = number;
          break;
        default:
          break;
      }
    }
    // Some writers put 0 where there is no dictionary.
    const std::int64_t start =
        dictionary > 0 && (data < 0 || dictionary < data) ? dictionary : data;
    const bool inside = start >= 4 && compressed >= 0 &&
                        range_inside(static_cast<std::uint64_t>(start),
                                     static_cast<std::uint64_t>(compressed), view_.footer_offset);
    if (!inside && !chunk.external) {
      note("a column chunk at " + std::to_string(start) + " with " + std::to_string(compressed) +
           " bytes lies outside of the data");
    } else if (!chunk.external) {
      chunk.offset = static_cast<std::uint64_t>(start);
      chunk.length = static_cast<std::uint64_t>(compressed);
    }
    return true;
  }

  bool metadata() {
    ThriftList list;
    if (!thrift_.list(list) || list.type != ThriftType::kStruct) return false;
    std::size_t held = 0;
    for (std::uint64_t i = 0; i < list.size; ++i) {
      ThriftField field;
      std::string_view key;
      std::string_view value;
      for (;;) {
        if (!thrift_.field(field)) return false;
        if (field.type == ThriftType::kStop) break;
        if (field.id == 1 && field.type == ThriftType::kBinary) {
          if (!thrift_.binary(key)) return false;
        } else if (field.id == 2 && field.type == ThriftType::kBinary) {
          if (!thrift_.binary(value)) return false;
        } else if (!thrift_.skip(field.type)) {
          return false;
        }
      }
      held += key.size() + value.size();
      if (held > kMetadataValueBytes)
        return limit("key-value metadata over " + std::to_string(kMetadataValueBytes) + " bytes");
      view_.metadata.emplace_back(key, value);
    }
    return true;
  }

  bool limit(std::string what) {
    limit_ = Error(ErrorCode::kLimit, std::move(what), at_ + thrift_.offset());
    return false;
  }

  ThriftReader thrift_;
  std::uint64_t at_;
  ParquetView& view_;
  std::optional<Error> limit_;
};

void find_overlaps(ParquetView& view, Footer& footer) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> extents;
  extents.reserve(view.chunks.size());
  for (const ParquetChunk& chunk : view.chunks) {
    if (chunk.length != 0) extents.emplace_back(chunk.offset, chunk.length);
  }
  std::sort(extents.begin(), extents.end());
  for (std::size_t i = 1; i < extents.size(); ++i) {
    if (extents[i].first - extents[i - 1].first < extents[i - 1].second)
      footer.note_at(extents[i].first, "two column chunks overlap");
  }
}

}  // namespace

bool probe_parquet(ByteView head) {
  const std::string_view front = as_text(head).substr(0, 4);
  return front == kMagic || front == kEncryptedMagic;
}

Outcome<ParquetView> parse_parquet(const ByteSource& source, Budget& budget) {
  Outcome<ParquetView> outcome;
  const auto malformed = [&](std::string what, std::uint64_t offset) {
    outcome.state = ParseState::kMalformed;
    outcome.error = Error(ErrorCode::kMalformed, std::move(what), offset);
    return outcome;
  };
  const std::uint64_t size = source.size();
  auto head = read_range(source, 0, std::min<std::uint64_t>(size, 4), 4);
  if (!head || head->size() < 4) return outcome;
  const bool encrypted = as_text(*head) == kEncryptedMagic;
  if (as_text(*head) != kMagic && !encrypted) return outcome;
  if (size < 4 + kTrailer) return malformed("truncated file: no footer", size);
  auto trailer = read_range(source, size - kTrailer, kTrailer, kTrailer);
  if (!trailer) return malformed(trailer.error().message(), size - kTrailer);
  ByteReader reader(*trailer);
  std::uint32_t length = 0;
  ByteView magic;
  if (!reader.u32le(length) || !reader.take(4, magic)) return malformed("truncated footer", size);
  if (as_text(magic) != as_text(*head))
    return malformed("truncated file: the end does not carry the magic number", size - 4);
  if (length > size - kTrailer - 4)
    return malformed("the footer is said to be longer than the file", size - kTrailer);
  ParquetView& view = outcome.view;
  view.footer_length = length;
  view.footer_offset = size - kTrailer - length;
  view.encrypted_footer = encrypted;
  outcome.state = ParseState::kParsed;
  if (encrypted) return outcome;
  auto bytes = read_range(source, view.footer_offset, length, budget.limits().string_bytes);
  if (!bytes) {
    outcome.state = ParseState::kMalformed;
    outcome.error =
        Error(bytes.error().code(), "footer: " + bytes.error().message(), view.footer_offset);
    return outcome;
  }
  Footer footer(*bytes, view.footer_offset, view, budget);
  if (auto error = footer.read()) {
    outcome.state = ParseState::kMalformed;
    outcome.error = budget.exhausted()
                        ? Error(ErrorCode::kLimit, budget.reason(), view.footer_offset)
                        : std::move(*error);
  }
  find_overlaps(view, footer);
  return outcome;
}

}  // namespace saiph::formats
