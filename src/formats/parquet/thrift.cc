#include "formats/parquet/thrift.h"

#include <array>

namespace saiph::formats {

bool ThriftReader::varint(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = 0;
    if (!reader_.u8(byte)) return false;
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

bool ThriftReader::integer(std::int64_t& value) {
  std::uint64_t raw = 0;
  if (!varint(raw)) return false;
  value = static_cast<std::int64_t>(raw >> 1 ^ (~(raw & 1U) + 1));
  return true;
}

bool ThriftReader::binary(std::string_view& value) {
  std::uint64_t length = 0;
  ByteView bytes;
  if (!varint(length) || !reader_.take(length, bytes)) return false;
  value = as_text(bytes);
  return true;
}

bool ThriftReader::field(ThriftField& field) {
  std::uint8_t head = 0;
  if (!budget_->take_work(1) || !reader_.u8(head)) return false;
  if (head == 0) {
    field.type = ThriftType::kStop;
    return true;
  }
  if ((head & 0x0FU) > 13 || (head & 0x0FU) == 0) return false;
  field.type = static_cast<ThriftType>(head & 0x0FU);
  if (const std::int32_t delta = head >> 4; delta != 0) {
    if (field.id > 0x7FFF) return false;
    field.id += delta;
    return true;
  }
  std::int64_t id = 0;
  if (!integer(id) || id < -0x8000 || id > 0x7FFF) return false;
  field.id = static_cast<std::int32_t>(id);
  return true;
}

bool ThriftReader::list(ThriftList& list) {
  std::uint8_t head = 0;
  if (!reader_.u8(head) || (head & 0x0FU) > 13 || (head & 0x0FU) == 0) return false;
  list.type = static_cast<ThriftType>(head & 0x0FU);
  list.size = head >> 4;
  if (list.size == 15 && !varint(list.size)) return false;
  return list.size <= reader_.remaining();
}

bool ThriftReader::skip_scalar(ThriftType type) {
  std::uint64_t ignored = 0;
  std::string_view text;
  switch (type) {
    case ThriftType::kByte:
      return reader_.skip(1);
    case ThriftType::kI16:
    case ThriftType::kI32:
    case ThriftType::kI64:
      return varint(ignored);
    case ThriftType::kDouble:
      return reader_.skip(8);
    case ThriftType::kBinary:
      return binary(text);
    case ThriftType::kUuid:
      return reader_.skip(16);
    default:
      return false;
  }
}

bool ThriftReader::skip(ThriftType type) {
  // What is open: structs wait for their stop, lists and maps count their values down.
  struct Open {
    bool structure = false;
    ThriftField field;
    ThriftType types[2] = {ThriftType::kStop,
                           ThriftType::kStop};  // of elements, or of keys and values
    std::uint64_t left = 0;
  };
  std::array<Open, kNesting> open{};
  std::size_t depth = 0;
  // `element`: inside lists a boolean is a byte of its own, inside structs it is the field's type.
  const auto enter = [&](ThriftType inner, bool element) {
    switch (inner) {
      case ThriftType::kTrue:
      case ThriftType::kFalse:
        return !element || reader_.skip(1);
      case ThriftType::kStruct:
        if (depth == kNesting) return false;
        open[depth++] = {true, {}, {}, 0};
        return true;
      case ThriftType::kList:
      case ThriftType::kSet: {
        ThriftList inner_list;
        if (depth == kNesting || !list(inner_list)) return false;
        open[depth++] = {false, {}, {inner_list.type, inner_list.type}, inner_list.size};
        return true;
      }
      case ThriftType::kMap: {
        std::uint64_t size = 0;
        std::uint8_t types = 0;
        if (depth == kNesting || !varint(size)) return false;
        if (size == 0) return true;
        if (!reader_.u8(types) || (types >> 4) > 13 || (types & 0x0FU) > 13 ||
            size > reader_.remaining())
          return false;
        open[depth++] = {
            false,
            {},
            {static_cast<ThriftType>(types & 0x0FU), static_cast<ThriftType>(types >> 4)},
            size * 2};
        return true;
      }
      default:
        return skip_scalar(inner);
    }
  };
  if (!enter(type, false)) return false;
  while (depth != 0) {
    if (!budget_->take_work(1)) return false;
    Open& top = open[depth - 1];
    if (top.structure) {
      if (!field(top.field)) return false;
      if (top.field.type == ThriftType::kStop)
        --depth;
      else if (!enter(top.field.type, false))
        return false;
    } else if (top.left == 0) {
      --depth;
    } else {
      // Keys and values alternate; the count is even before each key.
      const ThriftType next = top.types[top.left-- % 2];
      if (!enter(next, true)) return false;
    }
  }
  return true;
}

}  // namespace saiph::formats
