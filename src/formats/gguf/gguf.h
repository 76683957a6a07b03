// GGUF: header, metadata and tensor table, streamed. No byte of tensor data is read.
//
// Source: the GGUF specification of the ggml project, versions 1 to 3, little and big endian, and
// gguf_init_from_file of its reference implementation for what loaders accept.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

// As wide as in the file.
enum class GgufValueType : std::uint32_t {  // NOLINT(performance-enum-size)
  kU8,
  kI8,
  kU16,
  kI16,
  kU32,
  kI32,
  kF32,
  kBool,
  kString,
  kArray,
  kU64,
  kI64,
  kF64,
};

enum class GgufProblem : std::uint8_t {
  kCountOverFile,     ///< tensors, keys or elements that the rest of the file cannot hold
  kLengthOverFile,    ///< a string that passes the end of the file
  kUnknownValueType,  ///< of a key
  kNestedArray,       ///< an array of arrays: legal, no loader reads it
  kBadBool,           ///< a bool other than 0 or 1
  kDuplicateKey,
  kBadAlignment,  ///< general.alignment is not a power of two of 8 or more
  kDuplicateTensor,
  kDimensions,    ///< none or more than four dimensions
  kSizeOverflow,  ///< elements or bytes of a tensor, or of all, pass 2^63
  kBlockShape,    ///< the first dimension is no multiple of the type's block
  kUnknownTensorType,
  kLongName,    ///< tensor name of 64 bytes or more: loaders refuse it
  kMisaligned,  ///< tensor offset is no multiple of the alignment
  kOutside,     ///< the tensor passes the end of the file
  kOverlap,     ///< two tensors share bytes
  kGap,         ///< bytes between tensors that padding does not explain
  kTrailing,    ///< bytes after the last tensor that padding does not explain
};

/// Receives the header in file order; overlaps, gaps and data runs come last. Views are valid
/// during the call. Offsets are file offsets.
class GgufSink {
 public:
  virtual ~GgufSink() = default;
  /// A string value, or an element of an array of strings when it is long (over 1 KiB) or its key
  /// starts with "tokenizer.chat_template".
  virtual void on_string(std::string_view key, std::string_view value, std::uint64_t offset) = 0;
  /// An integer or bool value that is not in an array; negative ones as two's complement.
  virtual void on_integer(std::string_view key, std::uint64_t value, std::uint64_t offset) = 0;
  virtual void on_tensor_name(std::string_view name, std::uint64_t offset) = 0;
  virtual void on_problem(GgufProblem problem, std::uint64_t offset, std::uint64_t amount,
                          std::string_view what) = 0;
  virtual void on_data(std::uint64_t offset, std::uint64_t length) = 0;
};

struct GgufSummary {
  std::uint32_t version = 0;
  bool big_endian = false;
  std::uint64_t tensors = 0;
  std::uint64_t keys = 0;
  std::uint64_t alignment = 32;
  std::uint64_t data_offset = 0;
};

/// Not this format without the magic number. Malformed with kMalformed, kLimit, kUnsupported
/// (version) or kUnavailable; what the sink got before is true. Cost: linear in the header, no more
/// than its bytes; arrays of fixed-width values are skipped. Memory: 24 bytes a tensor, 8 to 16 a
/// name, one string of at most Limits::string_bytes. One thread at a time per sink.
Outcome<GgufSummary> read_gguf(const ByteSource& source, GgufSink& sink, Budget& budget);

/// Bytes of a row of `elements` values of a ggml tensor type, by its block size and block bytes.
struct GgmlType {
  std::string_view name;
  std::uint64_t block = 0;  ///< elements a block; 0: unknown type
  std::uint64_t bytes = 0;  ///< bytes a block
};
/// The row of the type; block 0 for one that is unknown. Any thread.
GgmlType ggml_type(std::uint32_t type);

}  // namespace saiph::formats
