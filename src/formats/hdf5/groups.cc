// Groups: symbol tables (version-1 trees, local heaps) and link messages.
#include "base/checked.h"
#include "base/escape.h"
#include "formats/hdf5/walker.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::uint64_t kNameBytes = 4096;
constexpr std::size_t kPathBytes = 512;

}  // namespace

std::uint64_t Hdf5Walker::heap_data(std::uint64_t at) {
  std::uint64_t size = 0;
  std::uint64_t free_list = 0;
  std::uint64_t data = UINT64_MAX;
  if (at == UINT64_MAX || !seek(at) || !signature("HEAP") || !reader_.skip(4) ||
      !sized(length_bytes_, size) || !sized(length_bytes_, free_list) || !address(data)) {
    truncated("local heap");
    return UINT64_MAX;
  }
  return data;
}

std::string Hdf5Walker::name_in_heap(std::uint64_t data, std::uint64_t offset) {
  const auto at = data == UINT64_MAX ? std::nullopt : checked_add(data, offset);
  ByteView name;
  if (!at || !seek(*at) || !reader_.take_until(0, kNameBytes, name)) {
    truncated("name");
    return "?";
  }
  return std::string(as_text(name));
}

void Hdf5Walker::child(const Object& object, std::string_view name, std::uint64_t where) {
  if (visited_.contains(where)) return;
  if (object.depth + 1 >= budget_.limits().nesting) {
    unread(ErrorCode::kLimit, "HDF5 groups nested too deep", where);
    return;
  }
  std::string path = object.path == "/" ? "/" : object.path + "/";
  path = shorten(path + std::string(name), kPathBytes);
  const std::uint64_t cost = path.size() + sizeof(Pending);
  if (pending_bytes_ + cost > budget_.limits().memory_bytes / 4) {
    unread(ErrorCode::kLimit, "more HDF5 links than can be held", where);
    return;
  }
  pending_bytes_ += cost;
  pending_.push_back({where, std::move(path), object.depth + 1});
}

void Hdf5Walker::symbol_table(const Object& object, std::uint64_t tree, std::uint64_t heap) {
  const std::uint64_t names = heap_data(heap);
  struct Node {
    std::uint64_t at;
    std::uint32_t level;
  };
  std::vector<Node> open{{tree, UINT32_MAX}};
  while (!open.empty() && work(4)) {
    const Node node = open.back();
    open.pop_back();
    if (node.level == 0) {
      symbol_node(object, node.at, names);
      continue;
    }
    if (!visited_.insert(node.at).second) continue;
    std::uint8_t type = 0;
    std::uint8_t level = 0;
    std::uint16_t used = 0;
    if (node.at == UINT64_MAX || !seek(node.at) || !signature("TREE") || !reader_.u8(type) ||
        type != 0 || !reader_.u8(level) || !reader_.u16le(used) ||
        !reader_.skip(std::uint64_t{address_bytes_} * 2) ||
        (node.level != UINT32_MAX && level + 1U != node.level)) {
      truncated("group index");
      return;
    }
    std::vector<Node> children;
    for (std::uint32_t i = 0; i < used && work(1); ++i) {
      std::uint64_t where = 0;
      if (!reader_.skip(length_bytes_) || !address(where)) {
        truncated("group index");
        return;
      }
      // A level-0 node's children are symbol nodes; others are nodes one level down.
      children.push_back({where, level});
    }
    open.insert(open.end(), children.rbegin(), children.rend());
  }
}

void Hdf5Walker::symbol_node(const Object& object, std::uint64_t at, std::uint64_t names) {
  std::uint16_t count = 0;
  if (!visited_.insert(at).second) return;
  if (!seek(at) || !signature("SNOD") || !reader_.skip(2) || !reader_.u16le(count)) {
    truncated("group node");
    return;
  }
  const std::uint64_t entry_bytes = std::uint64_t{address_bytes_} * 2 + 24;
  for (std::uint32_t i = 0; i < count && work(2); ++i) {
    std::uint64_t name = 0;
    std::uint64_t where = 0;
    std::uint32_t cache = 0;
    if (!seek(at + 8 + i * entry_bytes) || !sized(address_bytes_, name) || !address(where) ||
        !reader_.u32le(cache)) {
      truncated("group node");
      return;
    }
    // Cache type 2 is a soft link: a path inside this file, which is visited under its own name.
    if (cache != 2) child(object, name_in_heap(names, name), where);
  }
}

void Hdf5Walker::link(const Object& object, ByteReader reader, std::uint64_t at) {
  std::uint8_t version = 0;
  std::uint8_t flags = 0;
  std::uint8_t type = 0;
  std::uint64_t name_bytes = 0;
  ByteView name;
  std::uint16_t value_bytes = 0;
  ByteView value;
  if (!reader.u8(version) || !reader.u8(flags) || ((flags & 8U) != 0 && !reader.u8(type)) ||
      ((flags & 4U) != 0 && !reader.skip(8)) || ((flags & 0x10U) != 0 && !reader.skip(1)) ||
      !sized(reader, 1U << (flags & 3U), name_bytes) || !reader.take(name_bytes, name)) {
    unread(ErrorCode::kMalformed, "broken HDF5 link in " + object.path, at);
    return;
  }
  if (type == 0) {
    std::uint64_t where = 0;
    if (address(reader, where)) {
      child(object, as_text(name), where);
    } else {
      unread(ErrorCode::kMalformed, "broken HDF5 link in " + object.path, at);
    }
    return;
  }
  if (type == 1) return;  // soft: see symbol_node
  std::string target;
  if (type == 64 && reader.u16le(value_bytes) && reader.take(value_bytes, value) &&
      value_bytes > 1) {
    const std::string_view text = as_text(value).substr(1);
    target = text.substr(0, text.find('\0'));
  }
  sink_.on_problem(type == 64 ? Hdf5Problem::kExternalLink : Hdf5Problem::kUserLink, object.path,
                   at, type, target);
}

}  // namespace saiph::formats
