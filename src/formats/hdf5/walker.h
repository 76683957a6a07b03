// Hdf5Walker: the state of one walk; private to this folder.
#pragma once

#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "formats/hdf5/hdf5.h"

namespace saiph::formats {

class Hdf5Walker {
 public:
  Hdf5Walker(const ByteSource& source, Hdf5Sink& sink, Budget& budget);
  Outcome<Hdf5Summary> run();

 private:
  struct Pending {
    std::uint64_t address;
    std::string path;
    std::uint32_t depth;
  };
  struct Type {
    std::uint32_t kind = 0xFF;
    std::uint32_t size = 0;
    bool variable = false;  ///< variable-length string or sequence
  };
  /// What the messages of one object header said.
  struct Object {
    std::string path;
    std::uint32_t depth = 0;
    std::optional<Type> type;
    std::optional<std::uint64_t> elements;
    bool overflow = false;
    std::uint32_t layout = 0xFF;  ///< layout class
    std::uint64_t address = UINT64_MAX;
    std::uint64_t stored = 0;
    std::uint64_t offset = 0;  ///< of the layout message
    std::uint32_t rank = 0;    ///< of a chunk, with the element size as last dimension
    bool ordered = false;      ///< header messages carry a creation order
    bool external = false;
  };

  // superblock.cc
  bool superblock(std::uint64_t& root);

  // objects.cc
  void object(const Pending& pending);
  bool header_v1(Object& object, std::vector<std::pair<std::uint64_t, std::uint64_t>>& blocks);
  bool header_v2(Object& object, std::vector<std::pair<std::uint64_t, std::uint64_t>>& blocks);
  bool messages(Object& object, std::uint64_t at, std::uint64_t length, bool second,
                std::vector<std::pair<std::uint64_t, std::uint64_t>>& blocks);
  bool message(Object& object, std::uint32_t type, std::uint32_t flags, std::uint64_t at,
               ByteView body, std::vector<std::pair<std::uint64_t, std::uint64_t>>& blocks);
  void dataspace(ByteReader reader, std::optional<std::uint64_t>& elements, bool& overflow) const;
  static std::optional<Type> datatype(ByteReader reader);
  void filters(Object& object, ByteReader reader, std::uint64_t at);
  void external_files(Object& object, ByteReader reader, std::uint64_t at);
  void layout(Object& object, ByteReader reader, std::uint64_t at);
  void finish_dataset(Object& object);
  void chunks(Object& object);

  // groups.cc
  void symbol_table(const Object& object, std::uint64_t tree, std::uint64_t heap);
  void symbol_node(const Object& object, std::uint64_t at, std::uint64_t names);
  void link(const Object& object, ByteReader reader, std::uint64_t at);
  void child(const Object& object, std::string_view name, std::uint64_t where);
  /// Address of a local heap's data, or UINT64_MAX.
  std::uint64_t heap_data(std::uint64_t at);
  std::string name_in_heap(std::uint64_t data, std::uint64_t offset);

  // attributes.cc
  void attribute(const Object& object, ByteReader reader, std::uint64_t at);
  /// The bytes of a variable-length value, from its global heap collection.
  bool global_heap(std::uint64_t collection, std::uint32_t index, Bytes& out, std::uint64_t& at);

  bool sized(ByteReader& reader, std::uint32_t width, std::uint64_t& value) const;
  bool sized(std::uint32_t width, std::uint64_t& value);
  /// An address of the file, turned into an offset; UINT64_MAX when undefined.
  bool address(ByteReader& reader, std::uint64_t& value) const;
  bool address(std::uint64_t& value);
  bool length(ByteReader& reader, std::uint64_t& value) const {
    return sized(reader, length_bytes_, value);
  }
  std::uint64_t absolute(std::uint64_t address) const;
  bool seek(std::uint64_t offset);
  bool signature(std::string_view expected);
  bool work(std::uint64_t n);
  void unread(ErrorCode code, std::string message, std::uint64_t offset);
  void truncated(std::string_view what);
  void data(std::uint64_t offset, std::uint64_t length);
  void flush_data();

  SourceReader reader_;
  Hdf5Sink& sink_;
  Budget& budget_;
  Outcome<Hdf5Summary> outcome_;
  std::uint64_t base_ = 0;
  std::uint32_t address_bytes_ = 8;
  std::uint32_t length_bytes_ = 8;
  std::vector<Pending> pending_;
  std::uint64_t pending_bytes_ = 0;
  std::unordered_set<std::uint64_t> visited_;
  std::uint64_t heap_steps_ = 0;
  std::uint64_t run_offset_ = 0;
  std::uint64_t run_length_ = 0;
  std::uint64_t runs_ = 0;
  std::uint32_t unread_ = 0;
  bool stopped_ = false;
};

}  // namespace saiph::formats
