// HDF5: groups, attributes and where the data of datasets lies. Data itself is not decoded.
//
// Source: HDF5 File Format Specification, version 3.0 (The HDF Group). Read: superblocks 0 to 3 at
// any of their places, object headers 1 and 2 with continuations, symbol-table groups, link
// messages, attributes 1 to 3 of fixed and variable-length strings and opaque bytes, layouts 1 to 4
// (version-1 chunk trees). Stated as unread: dense links and attributes (fractal heaps), shared
// messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

enum class Hdf5Problem : std::uint8_t {
  kExternalLink,     ///< what: the file that it names
  kExternalStorage,  ///< raw data in another file; what: its name
  kVirtualDataset,   ///< a dataset composed of other files' data
  kUserLink,         ///< a link class that needs a registered handler
  kUnknownFilter,    ///< amount: the filter's id; what: its name
  kSizeOverflow,     ///< the size of the dataset does not fit 64 bits
  kSizeMismatch,     ///< contiguous storage smaller than the shape needs
  kShapeBomb,        ///< shape needs far more bytes than are stored; amount: bytes claimed
  kOutside,          ///< raw data passes the end of the file; amount: by how much
};

/// Receives the file depth-first. Views are valid during the call; paths are "/a/b", cut when very
/// long. Offsets are file offsets.
class Hdf5Sink {
 public:
  virtual ~Hdf5Sink() = default;
  /// A string or opaque attribute, once an element; `value` without trailing NULs.
  virtual void on_attribute(std::string_view path, std::string_view name, std::string_view value,
                            std::uint64_t offset) = 0;
  /// Raw bytes of a dataset of opaque elements, contiguous or compact.
  virtual void on_opaque(std::string_view path, std::uint64_t offset, std::uint64_t length) = 0;
  virtual void on_problem(Hdf5Problem problem, std::string_view path, std::uint64_t offset,
                          std::uint64_t amount, std::string_view what) = 0;
  /// A part that exists and was not read; the walk goes on behind it.
  virtual void on_unread(const Error& error) = 0;
  /// Raw numeric data.
  virtual void on_data(std::uint64_t offset, std::uint64_t length) = 0;
};

struct Hdf5Summary {
  std::uint64_t superblock = 0;  ///< its offset; more than 0 means a user block before it
  std::uint32_t version = 0;
  std::uint64_t objects = 0;
  std::uint64_t datasets = 0;
};

/// Offset of the superblock's signature (0, 512, 1024, doubling), or UINT64_MAX. Reads 8 bytes at
/// each place. Any thread.
std::uint64_t find_hdf5(const ByteSource& source, ByteView head);

/// Not this format without a signature. Malformed when nothing useful could be read; damage inside
/// the tree goes to on_unread and the rest is read. Cost: linear in the metadata, no object twice.
/// Memory: one attribute (Limits::string_bytes) and the open objects' paths.
Outcome<Hdf5Summary> read_hdf5(const ByteSource& source, Hdf5Sink& sink, Budget& budget);

}  // namespace saiph::formats
