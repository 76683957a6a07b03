// Attribute messages and the global heap of variable-length values.
#include "base/checked.h"
#include "formats/hdf5/walker.h"

namespace saiph::formats {

namespace {

// Steps over global heap objects for one file: enough for a million values in full collections.
constexpr std::uint64_t kHeapSteps = 64'000'000;

std::string_view without_padding(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\0');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

bool Hdf5Walker::global_heap(std::uint64_t collection, std::uint32_t index, Bytes& out,
                             std::uint64_t& at) {
  std::uint64_t size = 0;
  if (collection == UINT64_MAX || !seek(collection) || !signature("GCOL") || !reader_.skip(4) ||
      !sized(length_bytes_, size) || !range_inside(collection, size, reader_.size())) {
    return false;
  }
  const std::uint64_t end = collection + size;
  const std::uint64_t header = 8 + std::uint64_t{length_bytes_};
  std::uint64_t position = reader_.offset();
  while (position < end && end - position >= header) {
    std::uint16_t number = 0;
    std::uint16_t references = 0;
    std::uint64_t bytes = 0;
    if (++heap_steps_ > kHeapSteps || !work(1) || !seek(position) || !reader_.u16le(number) ||
        !reader_.u16le(references) || !reader_.skip(4) || !sized(length_bytes_, bytes) ||
        bytes > end - position - header) {
      return false;
    }
    if (number == index) {
      at = reader_.offset();
      return reader_.copy(bytes, budget_.limits().string_bytes, out);
    }
    if (number == 0) return false;  // free space stands last
    const auto padded = checked_add<std::uint64_t>(bytes, 7);
    const auto next = padded ? checked_add(position + header, *padded / 8 * 8) : std::nullopt;
    if (!next) return false;
    position = *next;
  }
  return false;
}

void Hdf5Walker::attribute(const Object& object, ByteReader reader, std::uint64_t at) {
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  std::uint8_t charset = 0;
  std::uint16_t name_bytes = 0;
  std::uint16_t type_bytes = 0;
  std::uint16_t space_bytes = 0;
  const auto broken = [&] {
    unread(ErrorCode::kMalformed, "broken HDF5 attribute of " + object.path, at);
  };
  if (!reader.u8(version) || !reader.u8(flags) || !reader.u16le(name_bytes) ||
      !reader.u16le(type_bytes) || !reader.u16le(space_bytes) ||
      (version == 3 && !reader.u8(charset)) || version < 1 || version > 3) {
    broken();
    return;
  }
  const auto padded = [&](std::uint64_t n) { return version == 1 ? (n + 7) / 8 * 8 : n; };
  ByteView name_view;
  ByteView type_view;
  ByteView space_view;
  if (!reader.take(padded(name_bytes), name_view) || !reader.take(padded(type_bytes), type_view) ||
      !reader.take(padded(space_bytes), space_view)) {
    broken();
    return;
  }
  const std::string_view named = as_text(name_view);
  const std::string_view name = named.substr(0, named.find('\0'));
  if (version > 1 && (flags & 3U) != 0) {
    unread(ErrorCode::kUnsupported,
           "HDF5 attribute with a shared type: " + object.path + " " + std::string(name), at);
    return;
  }
  const auto type = datatype(ByteReader(type_view));
  std::optional<std::uint64_t> elements;
  bool overflow = false;
  dataspace(ByteReader(space_view), elements, overflow);
  if (!type || !elements || overflow) {
    broken();
    return;
  }
  const std::uint64_t values = at + reader.offset();
  if (type->kind == 3 || type->kind == 5) {
    if (type->size == 0 || *elements > reader.remaining() / type->size) {
      if (type->size != 0) broken();
      return;
    }
    for (std::uint64_t i = 0; i < *elements && work(1); ++i) {
      ByteView value;
      const std::uint64_t offset = at + reader.offset();
      if (!reader.take(type->size, value)) return broken();
      sink_.on_attribute(object.path, name, without_padding(as_text(value)), offset);
    }
    return;
  }
  if (type->kind != 9) return;
  const std::uint64_t reference_bytes = 8 + std::uint64_t{address_bytes_};
  if (*elements > reader.remaining() / reference_bytes) {
    broken();
    return;
  }
  Bytes value;
  for (std::uint64_t i = 0; i < *elements && work(1); ++i) {
    std::uint32_t size = 0;
    std::uint64_t collection = 0;
    std::uint32_t index = 0;
    if (!reader.u32le(size) || !address(reader, collection) || !reader.u32le(index))
      return broken();
    if (size == 0) continue;
    std::uint64_t offset = values;
    if (!global_heap(collection, index, value, offset)) {
      unread(
          ErrorCode::kMalformed,
          "truncated or broken HDF5 value of attribute " + std::string(name) + " of " + object.path,
          values);
      continue;
    }
    sink_.on_attribute(object.path, name, without_padding(as_text(value)), offset);
  }
}

}  // namespace saiph::formats
