#include "codec/flatbuffers/flatbuffer_view.h"

#include <algorithm>
#include <array>

#include "base/byte_reader.h"
#include "base/checked.h"

namespace saiph::codec {

namespace {

std::uint64_t little_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

}  // namespace

Result<std::uint64_t> FlatbufferView::read(std::uint64_t offset, unsigned bytes) {
  if (!budget_.take_work(1)) return Error(ErrorCode::kLimit, budget_.reason(), offset);
  if (!range_inside<std::uint64_t, std::uint64_t, std::uint64_t>(offset, bytes, source_.size())) {
    return malformed("truncated flatbuffer", offset);
  }
  if (!loaded_) {
    loaded_ = true;
    bytes_ = source_.contiguous();
    if (!bytes_ && source_.size() <= kWholeBytes) {
      SAIPH_TRY(whole_, read_all(source_, kWholeBytes));
      bytes_ = ByteView(whole_);
    }
  }
  if (bytes_) return little_endian(bytes_->subspan(static_cast<std::size_t>(offset), bytes));
  return read_small(offset, bytes);
}

Result<std::uint64_t> FlatbufferView::read_small(std::uint64_t offset, unsigned bytes) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < bytes;) {
    const std::uint64_t number = (offset + i) / kPageBytes;
    const auto inside = static_cast<std::size_t>((offset + i) % kPageBytes);
    Page& page = pages_[number % kPages];
    if (page.number != number) {
      page.bytes.resize(kPageBytes);
      SAIPH_TRY(const std::size_t got, source_.read_at(number * kPageBytes, page.bytes));
      page.bytes.resize(got);
      page.number = number;
    }
    const auto step =
        std::min<std::size_t>(bytes - i, page.bytes.size() - std::min(inside, page.bytes.size()));
    if (step == 0) return malformed("truncated flatbuffer", offset);
    value |= little_endian(ByteView(page.bytes).subspan(inside, step)) << (8 * i);
    i += static_cast<unsigned>(step);
  }
  return value;
}

Result<std::uint64_t> FlatbufferView::follow(std::uint64_t offset) {
  SAIPH_TRY(const std::uint64_t distance, read(offset, 4));
  const auto target = checked_add(offset, distance);
  if (distance == 0 || !target || *target >= source_.size()) {
    return malformed("flatbuffer offset leaves the file", offset);
  }
  return *target;
}

Result<FlatTable> FlatbufferView::table_from(std::uint64_t offset) {
  SAIPH_TRY(const std::uint64_t raw, read(offset, 4));
  // The distance back to the vtable is signed: a vtable may stand behind its table.
  const auto back = static_cast<std::int32_t>(static_cast<std::uint32_t>(raw));
  const auto at = checked_cast<std::int64_t>(offset);
  if (!at || *at - back < 0) return malformed("flatbuffer vtable leaves the file", offset);
  FlatTable table;
  table.offset = offset;
  table.vtable = static_cast<std::uint64_t>(*at - back);
  SAIPH_TRY(const std::uint64_t sizes, read(table.vtable, 4));
  const std::uint64_t vtable_size = sizes & 0xFFFFU;
  const std::uint64_t table_size = sizes >> 16U;
  if (vtable_size < 4 || vtable_size % 2 != 0 || table_size < 4 ||
      !range_inside<std::uint64_t, std::uint64_t, std::uint64_t>(table.vtable, vtable_size,
                                                                 source_.size()) ||
      !range_inside<std::uint64_t, std::uint64_t, std::uint64_t>(offset, table_size,
                                                                 source_.size())) {
    return malformed("flatbuffer vtable is impossible", table.vtable);
  }
  table.fields = static_cast<std::uint16_t>((vtable_size - 4) / 2);
  table.size = static_cast<std::uint16_t>(table_size);
  return table;
}

Result<FlatTable> FlatbufferView::root(std::string_view identifier) {
  if (!identifier.empty()) {
    SAIPH_TRY(const std::uint64_t found, read(4, 4));
    if (found != little_endian(as_bytes(identifier).first(4))) {
      return malformed("flatbuffer has another identifier", 4);
    }
  }
  SAIPH_TRY(const std::uint64_t offset, follow(0));
  return table_from(offset);
}

Result<std::uint64_t> FlatbufferView::slot(const FlatTable& table, std::uint16_t slot,
                                           unsigned bytes) {
  if (slot >= table.fields) return std::uint64_t{0};
  SAIPH_TRY(const std::uint64_t relative, read(table.vtable + 4 + std::uint64_t{slot} * 2, 2));
  if (relative == 0) return std::uint64_t{0};
  if (relative < 4 || relative + bytes > table.size) {
    return malformed("flatbuffer field leaves its table", table.offset);
  }
  return table.offset + relative;
}

Result<std::uint64_t> FlatbufferView::scalar(const FlatTable& table, std::uint16_t index,
                                             unsigned bytes, std::uint64_t fallback) {
  SAIPH_TRY(const std::uint64_t at, slot(table, index, bytes));
  if (at == 0) return fallback;
  return read(at, bytes);
}

Result<std::optional<FlatTable>> FlatbufferView::table(const FlatTable& table,
                                                       std::uint16_t index) {
  SAIPH_TRY(const std::uint64_t at, slot(table, index, 4));
  if (at == 0) return std::optional<FlatTable>();
  SAIPH_TRY(const std::uint64_t target, follow(at));
  SAIPH_TRY(const FlatTable found, table_from(target));
  return std::optional<FlatTable>(found);
}

Result<std::optional<FlatVector>> FlatbufferView::vector(const FlatTable& table,
                                                         std::uint16_t index,
                                                         unsigned element_bytes) {
  SAIPH_TRY(const std::uint64_t at, slot(table, index, 4));
  if (at == 0) return std::optional<FlatVector>();
  SAIPH_TRY(const std::uint64_t target, follow(at));
  SAIPH_TRY(const std::uint64_t length, read(target, 4));
  const std::uint64_t first = target + 4;
  const auto bytes = checked_mul<std::uint64_t>(length, element_bytes);
  if (!bytes || !range_inside(first, *bytes, source_.size())) {
    return malformed("flatbuffer vector of " + std::to_string(length) + " elements leaves the file",
                     target);
  }
  return std::optional<FlatVector>(FlatVector{first, static_cast<std::uint32_t>(length)});
}

Result<std::string> FlatbufferView::string(const FlatTable& table, std::uint16_t index,
                                           std::size_t max_bytes) {
  SAIPH_TRY(const auto characters, vector(table, index, 1));
  std::string out;
  if (!characters) return out;
  const auto want = std::min<std::size_t>(characters->length, max_bytes);
  Bytes text(want);
  SAIPH_TRY(const std::size_t got, source_.read_at(characters->offset, text));
  out = as_text(ByteView(text).first(got));
  return out;
}

Result<FlatTable> FlatbufferView::table_at(const FlatVector& vector, std::uint32_t index) {
  if (index >= vector.length)
    return malformed("flatbuffer index outside its vector", vector.offset);
  SAIPH_TRY(const std::uint64_t target, follow(vector.offset + std::uint64_t{index} * 4));
  return table_from(target);
}

Result<std::uint64_t> FlatbufferView::scalar_at(const FlatVector& vector, std::uint32_t index,
                                                unsigned bytes) {
  if (index >= vector.length)
    return malformed("flatbuffer index outside its vector", vector.offset);
  return read(vector.offset + std::uint64_t{index} * bytes, bytes);
}

}  // namespace saiph::codec
