// Safetensors: the header only, streamed. No byte of tensor data is read.
//
// Source: the format text and the reference loader of the safetensors project: an 8-byte
// little-endian header length n (at most 100,000,000), n bytes of JSON that start with '{' and may
// be padded with spaces, then the data, which the tensors must cover without gap or overlap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

/// The reference loader refuses longer headers.
inline constexpr std::uint64_t kSafetensorsHeaderBytes = 100'000'000;

enum class SafetensorsProblem : std::uint8_t {
  kHeaderTooLong,    ///< over kSafetensorsHeaderBytes
  kDuplicateKey,     ///< detail: the key
  kBadTensor,        ///< not an object with exactly dtype, shape and data_offsets; detail: the name
  kUnknownDtype,     ///< detail: the name of the tensor
  kSizeMismatch,     ///< dtype and shape need another number of bytes than data_offsets give
  kSizeOverflow,     ///< the product of the shape does not fit 64 bits
  kBadOffsets,       ///< end before begin
  kMetadataNotText,  ///< `__metadata__` is no object of strings; detail: the key
  kOverlap,          ///< offset: file offset where two tensors meet; detail: name of the later one
  kGap,              ///< bytes that belong to no tensor; length says how many
  kTrailing,         ///< bytes after the last tensor; length says how many
  kOutside,          ///< tensors pass the end of the file; length says by how much
};

/// Receives what the header says, in document order; gaps, overlaps and the like come last.
/// Views are valid during the call. Offsets are file offsets.
class SafetensorsSink {
 public:
  virtual ~SafetensorsSink() = default;
  virtual void on_tensor_name(std::string_view name, std::uint64_t offset) = 0;
  virtual void on_metadata(std::string_view key, std::string_view value, std::uint64_t offset) = 0;
  virtual void on_problem(SafetensorsProblem problem, std::uint64_t offset, std::uint64_t length,
                          std::string_view detail) = 0;
  /// A run of tensor data inside the file.
  virtual void on_data(std::uint64_t offset, std::uint64_t length) = 0;
  /// One tensor that lies inside the file, by rising offset; its name is that of
  /// safetensors_name(source, name_offset).
  virtual void on_tensor_data(std::uint64_t offset, std::uint64_t length,
                              std::uint64_t name_offset) = 0;
};

struct SafetensorsSummary {
  std::uint64_t header_bytes = 0;  ///< n
  std::uint64_t tensors = 0;
};

/// The name at `name_offset` as it stands in the header, its first 120 bytes; "" where it cannot be
/// read. Any thread; one small read.
std::string safetensors_name(const ByteSource& source, std::uint64_t name_offset);

/// Cheap structural test on the first bytes: a plausible length, '{', then a string or '}'.
/// Any thread.
bool looks_like_safetensors(ByteView head, std::uint64_t file_bytes);

/// Not this format by looks_like_safetensors. Malformed with kMalformed, kLimit or kUnavailable:
/// what the sink got before is true. Cost: the header, no more; memory is 24 bytes a tensor plus
/// what codec/json needs. One thread at a time per sink.
Outcome<SafetensorsSummary> read_safetensors(const ByteSource& source, SafetensorsSink& sink,
                                             Budget& budget);

}  // namespace saiph::formats
