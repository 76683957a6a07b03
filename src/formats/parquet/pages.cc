#include <algorithm>
#include <bit>

#include "base/checked.h"
#include "formats/parquet/parquet.h"
#include "formats/parquet/thrift.h"

namespace saiph::formats {

namespace {

// A page header holds statistics, whose values have no bound of their own.
constexpr std::uint64_t kHeaderBytes = 256U << 10;
// Lengths of one page; with runs of equal lengths they cost no bytes, so they need a bound.
constexpr std::uint64_t kMostValues = 2U << 20;

struct PageHeader {
  std::int64_t type = -1;
  std::int64_t plain_size = -1;
  std::int64_t packed_size = -1;
  std::int64_t values = 0;
  std::int64_t encoding = -1;
  std::int64_t definition_encoding = 3;
  std::int64_t repetition_encoding = 3;
  std::int64_t definition_bytes = 0;
  std::int64_t repetition_bytes = 0;
  bool packed = true;
  std::uint64_t size = 0;
};

/// The integers of DataPageHeader (5), DictionaryPageHeader (7) and DataPageHeaderV2 (8).
bool read_inner(ThriftReader& thrift, std::int32_t which, PageHeader& header) {
  ThriftField field;
  for (;;) {
    if (!thrift.field(field)) return false;
    if (field.type == ThriftType::kStop) return true;
    if (which == 8 && field.id == 7 &&
        (field.type == ThriftType::kTrue || field.type == ThriftType::kFalse)) {
      header.packed = field.type == ThriftType::kTrue;
      continue;
    }
    if (field.type != ThriftType::kI32) {
      if (!thrift.skip(field.type)) return false;
      continue;
    }
    std::int64_t number = 0;
    if (!thrift.integer(number)) return false;
    if (field.id == 1) header.values = number;
    if (which == 8) {
      if (field.id == 4) header.encoding = number;
      if (field.id == 5) header.definition_bytes = number;
      if (field.id == 6) header.repetition_bytes = number;
    } else {
      if (field.id == 2) header.encoding = number;
      if (field.id == 3) header.definition_encoding = number;
      if (field.id == 4) header.repetition_encoding = number;
    }
  }
}

bool read_header(ByteView bytes, Budget& budget, PageHeader& header) {
  ThriftReader thrift(bytes, budget);
  ThriftField field;
  for (;;) {
    if (!thrift.field(field)) return false;
    if (field.type == ThriftType::kStop) break;
    if (field.type == ThriftType::kI32 && field.id >= 1 && field.id <= 3) {
      std::int64_t number = 0;
      if (!thrift.integer(number)) return false;
      (field.id == 1   ? header.type
       : field.id == 2 ? header.plain_size
                       : header.packed_size) = number;
    } else if (field.type == ThriftType::kStruct &&
               (field.id == 5 || field.id == 7 || field.id == 8)) {
      if (!read_inner(thrift, field.id, header)) return false;
    } else if (!thrift.skip(field.type)) {
      return false;
    }
  }
  header.size = thrift.offset();
  return header.type >= 0 && header.plain_size >= 0 && header.packed_size >= 0;
}

/// Passes over one kind of levels at the start of a version 1 page.
bool skip_levels(ByteReader& reader, std::int64_t encoding, std::uint8_t most,
                 std::int64_t values) {
  if (most == 0) return true;
  constexpr std::int64_t kBitPacked = 4;
  if (encoding == kBitPacked) {
    const auto bits =
        checked_mul<std::uint64_t>(static_cast<std::uint64_t>(std::max<std::int64_t>(values, 0)),
                                   static_cast<std::uint64_t>(std::bit_width(most)));
    return bits && reader.skip(*bits / 8 + (*bits % 8 != 0 ? 1 : 0));
  }
  std::uint32_t length = 0;
  return reader.u32le(length) && reader.skip(length);
}

ParquetPage::Encoding encoding_of(std::int64_t number) {
  switch (number) {
    case 0:
      return ParquetPage::Encoding::kPlain;
    case 2:
    case 8:
      return ParquetPage::Encoding::kIndexes;
    case 6:
      return ParquetPage::Encoding::kDeltaLength;
    case 7:
      return ParquetPage::Encoding::kDeltaStrings;
    default:
      return ParquetPage::Encoding::kOther;
  }
}

bool varint(ByteReader& reader, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = 0;
    if (!reader.u8(byte)) return false;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

bool zigzag(ByteReader& reader, std::uint64_t& value) {
  if (!varint(reader, value)) return false;
  value = value >> 1 ^ (~(value & 1U) + 1);
  return true;
}

/// DELTA_BINARY_PACKED (parquet-format, Encodings.md) of numbers that are lengths. Sums wrap as the
/// format says; a length that is not one fails later against the bytes.
bool read_lengths(ByteReader& reader, Budget& budget, std::vector<std::uint32_t>& out) {
  std::uint64_t block = 0;
  std::uint64_t minis = 0;
  std::uint64_t total = 0;
  std::uint64_t value = 0;
  if (!varint(reader, block) || !varint(reader, minis) || !varint(reader, total) ||
      !zigzag(reader, value))
    return false;
  if (total > kMostValues || minis == 0 || minis > 512 || block == 0 || block > 65536 ||
      block % minis != 0 || block / minis % 8 != 0)
    return false;
  const std::uint64_t each = block / minis;
  out.clear();
  if (total == 0) return true;
  out.push_back(static_cast<std::uint32_t>(value));
  while (out.size() < total) {
    std::uint64_t least = 0;
    ByteView widths;
    if (!budget.take_work(block) || !zigzag(reader, least) || !reader.take(minis, widths))
      return false;
    for (std::uint64_t m = 0; m < minis && out.size() < total; ++m) {
      const std::uint64_t width = widths[static_cast<std::size_t>(m)];
      ByteView packed;
      if (width > 64 || !reader.take(each / 8 * width, packed)) return false;
      std::uint64_t bit = 0;
      for (std::uint64_t i = 0; i < each && out.size() < total; ++i) {
        std::uint64_t delta = 0;
        for (std::uint64_t b = 0; b < width; ++b, ++bit)
          delta |= std::uint64_t{packed[static_cast<std::size_t>(bit / 8)] >> (bit % 8) & 1U} << b;
        value += least + delta;
        out.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX)));
      }
    }
  }
  return true;
}

}  // namespace

Status ParquetPageReader::read(const ByteSource& source, const ParquetView& view,
                               const ParquetChunk& chunk, bool unpack, Budget& budget,
                               const std::function<void(const ParquetPage&)>& visit) {
  const ParquetColumn& column = view.columns[chunk.column];
  std::uint64_t at = chunk.offset;
  const std::uint64_t end = chunk.offset + chunk.length;
  std::uint64_t values = 0;
  while (at < end) {
    if (!budget.take_work(32)) return Error(ErrorCode::kLimit, budget.reason(), at);
    PageHeader header;
    // Nearly all headers are under 128 bytes.
    bool good = false;
    for (const std::uint64_t window : {std::uint64_t{512}, kHeaderBytes}) {
      header_.resize(static_cast<std::size_t>(std::min(window, end - at)));
      SAIPH_TRY(const std::size_t got, source.read_at(at, header_));
      header = {};
      good = read_header(ByteView(header_).first(got), budget, header);
      if (good) break;
    }
    if (!good)
      return Error(ErrorCode::kMalformed, "broken page header in column \"" + column.name + "\"",
                   at);
    const std::uint64_t body = at + header.size;
    if (static_cast<std::uint64_t>(header.packed_size) > end - body)
      return Error(ErrorCode::kMalformed, "a page passes the end of its column chunk", at);
    const std::uint64_t next = body + static_cast<std::uint64_t>(header.packed_size);
    const bool data = header.type == 0 || header.type == 3;
    if (data)
      values =
          checked_add(values, static_cast<std::uint64_t>(std::max<std::int64_t>(header.values, 0)))
              .value_or(UINT64_MAX);
    if (unpack && (data || header.type == 2)) {
      if (static_cast<std::uint64_t>(header.packed_size) > kPageBytes)
        return Error(ErrorCode::kLimit,
                     "a page of " + std::to_string(header.packed_size) +
                         " bytes is over the limit of " + std::to_string(kPageBytes),
                     at);
      packed_.resize(static_cast<std::size_t>(header.packed_size));
      SAIPH_TRY(const std::size_t got, source.read_at(body, packed_));
      if (got != packed_.size()) return Error(ErrorCode::kUnavailable, "the file shrank", body);
      ByteReader packed(packed_);
      // Version 2 keeps the levels outside of the compressed part.
      if (header.type == 3) {
        const auto levels =
            static_cast<std::uint64_t>(std::max<std::int64_t>(header.definition_bytes, 0)) +
            static_cast<std::uint64_t>(std::max<std::int64_t>(header.repetition_bytes, 0));
        if (levels > static_cast<std::uint64_t>(header.plain_size) || !packed.skip(levels))
          return Error(ErrorCode::kMalformed, "the levels pass the end of their page", at);
        header.plain_size -= static_cast<std::int64_t>(levels);
      }
      ByteView rest;
      if (!packed.take(packed.remaining(), rest)) return packed.failure("page");
      const auto codec = header.type == 3 && !header.packed ? codec::PageCodec::kNone : chunk.codec;
      if (auto done = codec::unpack_page(codec, rest, static_cast<std::uint64_t>(header.plain_size),
                                         kPageBytes, budget, plain_);
          !done)
        return Error(done.error().code(), done.error().message(), at);
      ByteReader reader(plain_);
      if (header.type == 0 && (!skip_levels(reader, header.repetition_encoding,
                                            column.repetition_levels, header.values) ||
                               !skip_levels(reader, header.definition_encoding,
                                            column.definition_levels, header.values)))
        return Error(ErrorCode::kMalformed, "the levels pass the end of their page", at);
      ParquetPage page;
      page.offset = at;
      page.dictionary = header.type == 2;
      page.body = plain_;
      if (!reader.take(reader.remaining(), page.values)) return reader.failure("page");
      // A dictionary is plain; its encoding says 0 or, in old files, 2.
      page.encoding =
          page.dictionary ? ParquetPage::Encoding::kPlain : encoding_of(header.encoding);
      visit(page);
    }
    at = next;
  }
  if (values != chunk.values && !chunk.encrypted)
    return Error(ErrorCode::kMalformed,
                 "the pages of column \"" + column.name + "\" hold " + std::to_string(values) +
                     " values, its description says " + std::to_string(chunk.values),
                 chunk.offset);
  return {};
}

bool each_byte_array(const ParquetPage& page, const ParquetColumn& column, Budget& budget,
                     std::string& scratch, const std::function<void(std::string_view)>& visit) {
  if (page.encoding == ParquetPage::Encoding::kIndexes) return true;
  ByteReader reader(page.values);
  ByteView value;
  if (page.encoding == ParquetPage::Encoding::kPlain) {
    while (!reader.at_end()) {
      std::uint32_t length = column.fixed_bytes;
      if (column.type == ParquetType::kByteArray && !reader.u32le(length)) return false;
      if (!budget.take_work(1) || !reader.take(length, value)) return false;
      if (column.type == ParquetType::kFixedBytes && length == 0) return false;
      visit(as_text(value));
    }
    return true;
  }
  if (page.encoding == ParquetPage::Encoding::kOther) return false;
  std::vector<std::uint32_t> prefixes;
  std::vector<std::uint32_t> lengths;
  if (page.encoding == ParquetPage::Encoding::kDeltaStrings &&
      !read_lengths(reader, budget, prefixes))
    return false;
  if (!read_lengths(reader, budget, lengths)) return false;
  if (page.encoding == ParquetPage::Encoding::kDeltaLength) {
    for (const std::uint32_t length : lengths) {
      if (!budget.take_work(1) || !reader.take(length, value)) return false;
      visit(as_text(value));
    }
    return true;
  }
  if (prefixes.size() != lengths.size()) return false;
  scratch.clear();
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (prefixes[i] > scratch.size() || !reader.take(lengths[i], value)) return false;
    scratch.resize(prefixes[i]);
    scratch.append(as_text(value));
    // Values share prefixes, so together they may be far longer than the page.
    if (scratch.size() > ParquetPageReader::kPageBytes ||
        !budget.take_work(1 + scratch.size() / 16))
      return false;
    visit(scratch);
  }
  return true;
}

}  // namespace saiph::formats
