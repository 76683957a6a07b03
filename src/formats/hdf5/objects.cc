// Object headers, datasets and their storage (specification sections III.A and IV.A).
#include <algorithm>

#include "base/checked.h"
#include "formats/hdf5/walker.h"

namespace saiph::formats {

namespace {

using Blocks = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

constexpr std::size_t kBlocks = 4096;
constexpr std::uint64_t kMessageBytes = 64U << 10;
constexpr std::uint64_t kObjects = 500'000;
// Deflate reaches 1030:1; a claim beyond that was never written by storing values.
constexpr std::uint64_t kBombRatio = 1100;
constexpr std::uint64_t kBombBytes = std::uint64_t{1} << 30U;

// Built in: deflate, shuffle, fletcher32, szip, n-bit, scale-offset. h5py brings LZF (32000).
// Others are loaded as plug-in libraries.
bool known_filter(std::uint32_t id) {
  return (id >= 1 && id <= 6) || id == 32000;
}

}  // namespace

void Hdf5Walker::object(const Pending& pending) {
  if (pending.address == UINT64_MAX || !seek(pending.address)) {
    unread(ErrorCode::kMalformed, "HDF5 object outside the file: " + pending.path, reader_.size());
    return;
  }
  if (visited_.size() >= kObjects) {
    stopped_ = true;
    sink_.on_unread({ErrorCode::kLimit, "more HDF5 objects than are followed", pending.address});
    return;
  }
  if (!visited_.insert(pending.address).second) return;
  ++outcome_.view.objects;
  Object object;
  object.path = pending.path;
  object.depth = pending.depth;
  Blocks blocks;
  ByteView first;
  if (!reader_.peek(4, first)) {
    truncated("object header");
    return;
  }
  const bool second = as_text(first) == "OHDR";
  if (!(second ? header_v2(object, blocks) : header_v1(object, blocks))) {
    truncated("object header");
  }
  for (std::size_t i = 0; i < blocks.size() && work(1); ++i) {
    const auto [at, length] = blocks[i];
    if (!range_inside(at, length, reader_.size()) || !seek(at)) {
      truncated("object header continuation");
      continue;
    }
    if (second) {
      if (length < 8 || !signature("OCHK")) {
        truncated("object header continuation");
        continue;
      }
      messages(object, at + 4, length - 8, second, blocks);
    } else {
      messages(object, at, length, second, blocks);
    }
  }
  if (object.layout != 0xFF) finish_dataset(object);
}

bool Hdf5Walker::header_v1(Object& object, Blocks& blocks) {
  std::uint8_t version = 0;
  std::uint16_t count = 0;
  std::uint32_t references = 0;
  std::uint32_t size = 0;
  if (!reader_.u8(version) || version != 1 || !reader_.skip(1) || !reader_.u16le(count) ||
      !reader_.u32le(references) || !reader_.u32le(size) || !reader_.skip(4)) {
    return false;
  }
  return messages(object, reader_.offset(), size, false, blocks);
}

bool Hdf5Walker::header_v2(Object& object, Blocks& blocks) {
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  std::uint64_t size = 0;
  if (!reader_.skip(4) || !reader_.u8(version) || version != 2 || !reader_.u8(flags) ||
      ((flags & 0x20U) != 0 && !reader_.skip(16)) || ((flags & 0x10U) != 0 && !reader_.skip(4)) ||
      !sized(1U << (flags & 3U), size)) {
    return false;
  }
  object.ordered = (flags & 4U) != 0;
  return messages(object, reader_.offset(), size, true, blocks);
}

bool Hdf5Walker::messages(Object& object, std::uint64_t at, std::uint64_t length, bool second,
                          Blocks& blocks) {
  if (!range_inside(at, length, reader_.size())) return false;
  const bool ordered = second && object.ordered;
  const std::uint64_t header = second ? (ordered ? 6 : 4) : 8;
  const std::uint64_t end = at + length;
  Bytes body;
  while (end - at >= header) {
    if (!work(2) || !seek(at)) return false;
    std::uint32_t type = 0;
    std::uint16_t size = 0;
    std::uint8_t flags = 0;
    bool ok = false;
    if (second) {
      std::uint8_t narrow = 0;
      ok = reader_.u8(narrow) && reader_.u16le(size) && reader_.u8(flags);
      type = narrow;
    } else {
      std::uint16_t wide = 0;
      ok = reader_.u16le(wide) && reader_.u16le(size) && reader_.u8(flags);
      type = wide;
    }
    if (!ok) return false;
    at += header;
    if (size > end - at || !seek(at) || !reader_.copy(size, kMessageBytes, body)) return false;
    if (!message(object, type, flags, at, body, blocks)) {
      unread(ErrorCode::kMalformed,
             "broken HDF5 message of type " + std::to_string(type) + " in " + object.path, at);
    }
    at += size;
  }
  return true;
}

bool Hdf5Walker::message(Object& object, std::uint32_t type, std::uint32_t flags, std::uint64_t at,
                         ByteView body, Blocks& blocks) {
  ByteReader reader(body);
  const auto heap_stored = [&](std::string_view what) {
    unread(ErrorCode::kUnsupported, "HDF5 " + std::string(what) + " of " + object.path, at);
  };
  // Flag 2: the message stands elsewhere. Committed data types are the usual case.
  if ((flags & 2U) != 0 && (type == 1 || type == 3 || type == 0x0B || type == 0x0C)) {
    heap_stored("shared message of type " + std::to_string(type));
    return true;
  }
  switch (type) {
    case 0x01:
      dataspace(reader, object.elements, object.overflow);
      break;
    case 0x02: {
      std::uint8_t version = 0;
      std::uint8_t kind = 0;
      std::uint64_t heap = 0;
      if (!reader.u8(version) || !reader.u8(kind) || ((kind & 1U) != 0 && !reader.skip(8)) ||
          !address(reader, heap)) {
        return false;
      }
      if (heap != UINT64_MAX) heap_stored("links in a fractal heap");
      break;
    }
    case 0x03:
      object.type = datatype(reader);
      break;
    case 0x06:
      link(object, reader, at);
      break;
    case 0x07:
      external_files(object, reader, at);
      break;
    case 0x08:
      layout(object, reader, at);
      break;
    case 0x0B:
      filters(object, reader, at);
      break;
    case 0x0C:
      attribute(object, reader, at);
      break;
    case 0x10: {
      std::uint64_t where = 0;
      std::uint64_t size = 0;
      if (!address(reader, where) || !length(reader, size)) return false;
      if (blocks.size() >= kBlocks || !visited_.insert(where).second) return false;
      blocks.emplace_back(where, size);
      break;
    }
    case 0x11: {
      std::uint64_t tree = 0;
      std::uint64_t heap = 0;
      if (!address(reader, tree) || !address(reader, heap)) return false;
      symbol_table(object, tree, heap);
      break;
    }
    case 0x15: {
      std::uint8_t version = 0;
      std::uint8_t kind = 0;
      std::uint64_t heap = 0;
      if (!reader.u8(version) || !reader.u8(kind) || ((kind & 1U) != 0 && !reader.skip(2)) ||
          !address(reader, heap)) {
        return false;
      }
      if (heap != UINT64_MAX) heap_stored("attributes in a fractal heap");
      break;
    }
    default:
      break;
  }
  return true;
}

void Hdf5Walker::dataspace(ByteReader reader, std::optional<std::uint64_t>& elements,
                           bool& overflow) const {
  std::uint8_t version = 0;
  std::uint8_t rank = 0;
  std::uint8_t flags = 0;
  std::uint8_t type = 1;
  if (!reader.u8(version) || !reader.u8(rank) || !reader.u8(flags)) return;
  if (version == 1 && !reader.skip(5)) return;
  if (version == 2 && !reader.u8(type)) return;
  if (version < 1 || version > 2) return;
  if (type == 2) {
    elements = 0;
    return;
  }
  std::uint64_t product = 1;
  bool zero = false;
  for (std::uint32_t i = 0; i < rank; ++i) {
    std::uint64_t size = 0;
    if (!length(reader, size)) return;
    zero |= size == 0;
    const auto next = checked_mul(product, size);
    overflow |= !next && size != 0;
    product = next.value_or(0);
  }
  overflow = overflow && !zero;
  elements = zero ? 0 : product;
}

std::optional<Hdf5Walker::Type> Hdf5Walker::datatype(ByteReader reader) {
  std::uint8_t kind = 0;
  std::uint8_t bits = 0;
  Type type;
  if (!reader.u8(kind) || !reader.u8(bits) || !reader.skip(2) || !reader.u32le(type.size))
    return std::nullopt;
  type.kind = kind & 0x0FU;
  type.variable = type.kind == 9;
  // A variable-length sequence of numbers is not text.
  if (type.variable && (bits & 0x0FU) != 1) type.kind = 0x0F;
  return type;
}

void Hdf5Walker::filters(Object& object, ByteReader reader, std::uint64_t at) {
  std::uint8_t version = 0;
  std::uint8_t count = 0;
  if (!reader.u8(version) || !reader.u8(count) || (version == 1 && !reader.skip(6))) return;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint16_t id = 0;
    std::uint16_t name_bytes = 0;
    std::uint16_t flags = 0;
    std::uint16_t values = 0;
    if (!reader.u16le(id) || ((version == 1 || id >= 256) && !reader.u16le(name_bytes)) ||
        !reader.u16le(flags) || !reader.u16le(values)) {
      return;
    }
    ByteView name;
    const std::uint32_t padded = version == 1 ? (name_bytes + 7U) / 8U * 8U : name_bytes;
    if (!reader.take(padded, name)) return;
    if (!known_filter(id)) {
      const std::string_view text = as_text(name);
      sink_.on_problem(Hdf5Problem::kUnknownFilter, object.path, at, id,
                       text.substr(0, text.find('\0')));
    }
    if (!reader.skip(std::uint64_t{values} * 4) ||
        (version == 1 && values % 2 == 1 && !reader.skip(4)))
      return;
  }
}

void Hdf5Walker::external_files(Object& object, ByteReader reader, std::uint64_t at) {
  std::uint8_t version = 0;
  std::uint16_t slots = 0;
  std::uint16_t used = 0;
  std::uint64_t heap = 0;
  object.external = true;
  if (!reader.u8(version) || !reader.skip(3) || !reader.u16le(slots) || !reader.u16le(used) ||
      !address(reader, heap)) {
    sink_.on_problem(Hdf5Problem::kExternalStorage, object.path, at, 0, "");
    return;
  }
  const std::uint64_t names = heap_data(heap);
  for (std::uint32_t i = 0; i < std::max<std::uint32_t>(used, 1) && work(1); ++i) {
    std::uint64_t name = 0;
    if (!length(reader, name) || !reader.skip(std::uint64_t{length_bytes_} * 2)) name = UINT64_MAX;
    sink_.on_problem(Hdf5Problem::kExternalStorage, object.path, at, 0,
                     name == UINT64_MAX ? std::string() : name_in_heap(names, name));
    if (name == UINT64_MAX) return;
  }
}

void Hdf5Walker::layout(Object& object, ByteReader reader, std::uint64_t at) {
  std::uint8_t version = 0;
  std::uint8_t kind = 0;
  std::uint8_t rank = 0;
  object.offset = at;
  if (!reader.u8(version)) return;
  if (version == 1 || version == 2) {
    if (!reader.u8(rank) || !reader.u8(kind) || !reader.skip(5)) return;
    object.layout = kind;
    object.rank = rank;
    if (kind != 0 && !address(reader, object.address)) return;
    std::uint64_t size = 1;
    for (std::uint32_t i = 0; i < rank; ++i) {
      std::uint32_t dimension = 0;
      if (!reader.u32le(dimension)) return;
      size = checked_mul<std::uint64_t>(size, dimension).value_or(UINT64_MAX);
    }
    // Old writers leave the element size out of contiguous layouts.
    if (kind == 1) object.stored = UINT64_MAX;
    if (kind == 0) {
      std::uint32_t bytes = 0;
      if (!reader.u32le(bytes)) return;
      object.stored = std::min<std::uint64_t>(bytes, reader.remaining());
      object.address = at + reader.offset();
    }
    return;
  }
  if (version != 3 && version != 4) {
    unread(ErrorCode::kUnsupported,
           "HDF5 layout version " + std::to_string(version) + " in " + object.path, at);
    return;
  }
  if (!reader.u8(kind)) return;
  object.layout = kind;
  if (kind == 0) {
    std::uint16_t bytes = 0;
    if (!reader.u16le(bytes)) return;
    object.stored = std::min<std::uint64_t>(bytes, reader.remaining());
    object.address = at + reader.offset();
  } else if (kind == 1) {
    if (!address(reader, object.address) || !length(reader, object.stored)) return;
  } else if (kind == 2 && version == 3) {
    if (!reader.u8(rank) || !address(reader, object.address)) return;
    object.rank = rank;
  } else if (kind == 2) {
    // Version 4 has five chunk indexes. Their data stays in view of the literal search.
    object.stored = UINT64_MAX;
  } else if (kind == 3) {
    sink_.on_problem(Hdf5Problem::kVirtualDataset, object.path, at, 0, {});
  } else {
    unread(ErrorCode::kMalformed, "unknown HDF5 layout class in " + object.path, at);
  }
}

void Hdf5Walker::finish_dataset(Object& object) {
  ++outcome_.view.datasets;
  std::uint64_t claimed = 0;
  if (object.type && object.elements) {
    const auto bytes = checked_mul<std::uint64_t>(*object.elements, object.type->size);
    if (object.overflow || !bytes) {
      sink_.on_problem(Hdf5Problem::kSizeOverflow, object.path, object.offset, 0, {});
    } else {
      claimed = *bytes;
    }
  }
  const bool opaque = object.type && object.type->kind == 5;
  std::uint64_t stored = object.stored;
  if (object.layout <= 1) {
    if (stored == UINT64_MAX) stored = claimed;
    const bool placed = object.address != UINT64_MAX;
    if (!placed) stored = 0;
    if (placed && !object.external) {
      const std::uint64_t available =
          object.address < reader_.size() ? reader_.size() - object.address : 0;
      if (stored > available) {
        sink_.on_problem(Hdf5Problem::kOutside, object.path, object.offset, stored - available, {});
        stored = available;
      } else if (stored < claimed) {
        sink_.on_problem(Hdf5Problem::kSizeMismatch, object.path, object.offset, claimed - stored,
                         {});
      }
      if (opaque) {
        if (stored != 0) sink_.on_opaque(object.path, object.address, stored);
      } else if (object.type && !object.type->variable && object.type->kind != 3 &&
                 object.type->kind != 0x0F) {
        data(object.address, stored);
      }
    }
  } else if (object.layout == 2 && object.stored != UINT64_MAX) {
    object.stored = 0;
    if (object.address != UINT64_MAX) chunks(object);
    stored = object.stored;
  }
  if (!object.external && object.layout != 3 && claimed >= kBombBytes &&
      stored < claimed / kBombRatio) {
    sink_.on_problem(Hdf5Problem::kShapeBomb, object.path, object.offset, claimed, {});
  }
}

void Hdf5Walker::chunks(Object& object) {
  struct Node {
    std::uint64_t at;
    std::uint32_t level;
  };
  // Levels fall from parent to child, so a walk ends whatever the addresses say.
  std::vector<Node> open{{object.address, UINT32_MAX}};
  const std::uint64_t key_bytes = 8 + std::uint64_t{object.rank} * 8;
  while (!open.empty() && work(4)) {
    const Node node = open.back();
    open.pop_back();
    std::uint8_t type = 0;
    std::uint8_t level = 0;
    std::uint16_t used = 0;
    if (!visited_.insert(node.at).second) continue;
    if (!seek(node.at) || !signature("TREE") || !reader_.u8(type) || type != 1 ||
        !reader_.u8(level) || !reader_.u16le(used) ||
        !reader_.skip(std::uint64_t{address_bytes_} * 2) ||
        (node.level != UINT32_MAX && level + 1U != node.level)) {
      truncated("chunk index");
      return;
    }
    std::vector<Node> children;
    for (std::uint32_t i = 0; i < used && work(1); ++i) {
      std::uint32_t size = 0;
      std::uint64_t child = 0;
      if (!reader_.u32le(size) || !reader_.skip(key_bytes - 4) || !address(child)) {
        truncated("chunk index");
        return;
      }
      if (level != 0) {
        children.push_back({child, level});
      } else if (!range_inside<std::uint64_t>(child, std::uint64_t{size}, reader_.size())) {
        sink_.on_problem(Hdf5Problem::kOutside, object.path, object.offset, size, {});
      } else {
        object.stored = checked_add<std::uint64_t>(object.stored, size).value_or(UINT64_MAX);
        if (object.type && object.type->kind != 5) data(child, size);
      }
    }
    open.insert(open.end(), children.rbegin(), children.rend());
  }
}

}  // namespace saiph::formats
