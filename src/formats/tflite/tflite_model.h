// TensorFlow Lite models: operators, tensors and buffers, verified while they are walked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "formats/outcome.h"

namespace saiph::formats {

struct TfliteOperatorCode {
  std::int32_t builtin = 0;
  std::string custom;  ///< at most 256 bytes; empty for built-in operators
  std::uint64_t offset = 0;
  std::uint64_t uses = 0;
};

struct TfliteBuffer {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// A statement about the file that no loader should accept silently.
struct TfliteProblem {
  enum class Kind : std::uint8_t { kReference, kRange, kSize, kOverflow };
  Kind kind = Kind::kReference;
  std::string what;
  std::uint64_t offset = 0;
};

class TfliteVisitor {
 public:
  virtual ~TfliteVisitor() = default;
  /// Bytes of a buffer (weights, or metadata when a name is given) inside the file.
  virtual void buffer(std::uint32_t /*index*/, std::string_view /*metadata*/,
                      TfliteBuffer /*bytes*/) {}
  /// Options of a custom operator.
  virtual void custom_options(const TfliteOperatorCode& /*code*/, TfliteBuffer /*bytes*/) {}
};

struct TfliteModel {
  std::uint32_t version = 0;
  std::string description;
  std::vector<TfliteOperatorCode> operator_codes;
  std::uint64_t subgraphs = 0;
  std::uint64_t tensors = 0;
  std::uint64_t operators = 0;
  std::uint64_t buffers = 0;
  std::vector<std::string> metadata;    ///< names
  std::vector<std::string> signatures;  ///< keys
  std::vector<TfliteProblem> problems;  ///< the first 100
};

/// Walks the whole model. kNotThisFormat without "TFL3" at 4. Errors in a Malformed outcome are
/// those of codec::FlatbufferView plus kLimit (items over limits().items in all tables together,
/// buffers over 1,000,000). Cost: O(structure); weights are not read. One thread at a time.
/// Source: schema.fbs of TensorFlow Lite, version 3c.
Outcome<TfliteModel> parse_tflite(const ByteSource& source, Budget& budget, TfliteVisitor& visitor);

}  // namespace saiph::formats
